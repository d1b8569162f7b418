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

#: Where administrators put authorities: Debian, Red Hat, SUSE, Arch.
_ADDED = (
    Path("/usr/local/share/ca-certificates"),
    Path("/etc/pki/ca-trust/source/anchors"),
    Path("/etc/pki/trust/anchors"),
    Path("/etc/ca-certificates/trust-source/anchors"),
)
#: Where Debian keeps what it ships.
_DISTRIBUTED = Path("/usr/share/ca-certificates")
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


@functools.cache
def installed_by_hand() -> tuple[bytes, ...]:
    """What somebody has added to this system's authorities (DER), as companies do; Chromium is not told of it."""
    files = (file for folder in _ADDED if folder.is_dir() for file in sorted(folder.rglob("*")) if file.is_file())
    return tuple(dict.fromkeys(der for file in files for der in authorities_in(file)))


@functools.cache
def published_authorities() -> frozenset[bytes]:
    """Those of public lists: certifi's and the distribution's. Chromium has a list of its own, and its reasons where
    that differs."""
    files = [Path(certifi.where()), *(_DISTRIBUTED.rglob("*.crt") if _DISTRIBUTED.is_dir() else ())]
    return frozenset(der for file in files for der in authorities_in(file))


def context_trusting(authorities: Iterable[bytes]) -> ssl.SSLContext:
    """A client's context that believes the public authorities and these (DER)."""
    context = ssl.create_default_context(cadata=b"".join({*public_authorities(), *authorities}))
    # Python 3.13 began to refuse authorities that lack a key identifier, as companies' often do. Neither Chromium nor
    # OpenSSL by itself does, and one rule is for all.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
