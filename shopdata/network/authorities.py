"""Whose certificates are believed: the system's authorities, certifi's, and those that the operator names."""

from __future__ import annotations

import contextlib
import functools
import re
import ssl
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import certifi

_PEM = re.compile(r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----.+?-----END (?:TRUSTED )?CERTIFICATE-----", re.DOTALL)


def mistake_in(path: Path) -> str:
    """What is wrong with a file or folder of authorities, as it was found; empty if nothing is."""
    if not path.exists():
        return f"no file {path}"
    if path.is_file():
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except (OSError, ssl.SSLError):
            return f"no certificate that can be read in {path}"
    return ""


def authorities_in(path: Path) -> Iterator[bytes]:
    """The certificates (DER) of a PEM file, or of all of a folder's files."""
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    files = sorted({file.resolve() for file in path.iterdir()}) if path.is_dir() else [path]
    for file in files:
        try:
            text = file.read_text("ascii", "replace")
        except OSError:
            continue  # a folder within, or a link that leads nowhere
        for pem in _PEM.findall(text):
            if "TRUSTED" not in pem:
                with contextlib.suppress(ValueError):  # SSLError is one: not to be read
                    der = ssl.PEM_cert_to_DER_cert(pem)
                    probe.load_verify_locations(cadata=der)
                    yield der


@functools.cache
def public_authorities() -> tuple[bytes, ...]:
    """Whom the system believes (DER), whatever variables say, and certifi's list: some systems believe nobody."""
    paths = ssl.get_default_verify_paths()
    files = [Path(path) for path in (paths.openssl_cafile, paths.openssl_capath, certifi.where()) if path]
    found = [der for file in files if file.exists() for der in authorities_in(file)]
    if sys.platform == "win32":
        found += [der for der, kind, _ in ssl.enum_certificates("ROOT") if kind == "x509_asn"]
    return tuple(dict.fromkeys(found))


def context_trusting(authorities: Iterable[bytes]) -> ssl.SSLContext:
    """A client's context that believes the public authorities and these (DER)."""
    context = ssl.create_default_context(cadata=b"".join({*public_authorities(), *authorities}))
    # Python 3.13 began to refuse authorities that lack a key identifier, as companies' often do. Neither Chromium nor
    # OpenSSL by itself does, and one rule is for all.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
