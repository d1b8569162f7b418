"""The description of the network for the library requests, where another library calls it without asking us."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from shopdata.network.authorities import context_trusting, public_authorities
from shopdata.network.description import Network, current_network, hold_as_current
from shopdata.network.hosts import LOOPBACK
from shopdata.network.proxy import Proxy

_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
#: The environment is one for all threads.
_lock = threading.Lock()


@contextlib.contextmanager
def environment_for_requests(host: str = "") -> Iterator[Network]:
    """Puts the description into the variables that requests reads, for libraries that call it without asking us.

    Args:
        host: whom they are about to ask, where one knows: what requests can't express about it is decided here.
    """
    with _lock, tempfile.TemporaryDirectory(prefix="shopdata-trust-") as folder:
        network = current_network()
        wanted = {f"{scheme}_proxy": _with_password(proxy) for scheme, proxy in network.proxies.items()}
        if wanted and not network.is_of_system:
            exempt = [rule for exemption in network.exemptions for rule in exemption.for_requests()]
            if host and network.proxies and not any(network.proxy_for(f"{s}://{host}") for s in network.proxies):
                exempt.append(host.strip("[]"))
            here = [rule.removeprefix("*").strip("[]") for rule in LOOPBACK]
            wanted["no_proxy"] = ",".join([*here, *exempt])
        if network.authorities:
            bundle = Path(folder) / "authorities.pem"
            ders = (*network.authorities, *public_authorities())
            bundle.write_text("".join(map(ssl.DER_cert_to_PEM_cert, ders)), "ascii")
            wanted |= dict.fromkeys(_BUNDLES, str(bundle))
        changed = set(wanted) | ({n for v in _VARIABLES for n in (v, v.upper())} if network.proxies else set())
        before = {name: os.environ.get(name) for name in changed}
        with hold_as_current(network), _adapters_trusting(network.authorities):
            try:
                _set({name: wanted.get(name) for name in changed})
                yield network
            finally:
                _set(before)


@contextlib.contextmanager
def _adapters_trusting(authorities: tuple[bytes, ...]) -> Iterator[None]:
    """What requests makes of its own accord believes these too, by the one rule of `context_trusting`.

    A bundle of certificates is not enough: with it, Python 3.13 refuses the authorities of many companies.
    """
    if not authorities:
        yield
        return

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options | {"ssl_context": context_trusting(authorities)})

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            return super().proxy_manager_for(proxy, **options | {"ssl_context": context_trusting(authorities)})

    # Each session takes the class by this name when it is made.
    names = vars(requests.sessions)
    before, names["HTTPAdapter"] = names["HTTPAdapter"], Adapter
    try:
        yield
    finally:
        names["HTTPAdapter"] = before


def _set(variables: dict[str, str | None]) -> None:
    # Taken out before any is set: to Windows, capitals are the same variable.
    for name in variables:
        os.environ.pop(name, None)
    os.environ.update({name: value for name, value in variables.items() if value is not None})


def _with_password(proxy: Proxy) -> str:
    if not proxy.username:
        return proxy.url
    # requests sends Latin-1; what it makes of these are the bytes of UTF-8, as all our parts send them.
    username, password = (quote(text.encode().decode("latin-1"), safe="") for text in (proxy.username, proxy.password))
    return proxy.url.replace("://", f"://{username}:{password}@", 1)
