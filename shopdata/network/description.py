"""Reads what the environment says about the network: the only place that does, for every part that goes out.

The rule: `https_proxy` (or `HTTPS_PROXY`) for https addresses, `http_proxy` for http, `all_proxy` for what has none of
its own; a variable in small letters counts before the one in capitals. `no_proxy` names what is reached without, and
this machine is never reached by a proxy. Where no variable names a proxy, Windows and macOS are asked for theirs.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from shopdata.exceptions import ConfigError, UsageError
from shopdata.network.authorities import (
    authorities_in,
    installed_by_hand,
    mistake_in,
    public_authorities,
    published_authorities,
)
from shopdata.network.hosts import Exemption, stays_here
from shopdata.network.proxy import Proxy

_PORTS = {"https": 443, "http": 80}
#: What names further authorities: to OpenSSL, to OpenSSL, to the library requests.
_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_ALL = (*(n for v in ("http", "https", "all", "no") for n in (f"{v}_proxy", f"{v}_proxy".upper())), *_AUTHORITIES)
#: Where the proxies of Windows and macOS are told.
_SYSTEM = "the system's settings"


@dataclass(frozen=True)
class Network:
    """What was found."""

    #: By the scheme of the address that is asked: http, https.
    proxies: Mapping[str, Proxy] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()
    #: Variable and path of each file or folder with authorities that are believed beside the system's.
    authority_paths: tuple[tuple[str, Path], ...] = ()
    #: The system's own exceptions, where its proxies are used.
    is_exempt_by_system: Callable[[str], object] | None = field(default=None, repr=False)

    @property
    def is_of_system(self) -> bool:
        """True if the proxies are those of Windows or macOS, and not of variables."""
        return self.is_exempt_by_system is not None

    def proxy_for(self, url: str) -> Proxy | None:
        """The proxy by which an address is asked; None: without."""
        parts = urlsplit(url)
        proxy = self.proxies.get(parts.scheme)
        host = (parts.hostname or "").rstrip(".")
        if proxy is None or not host or stays_here(host):
            return None
        if self.is_exempt_by_system is not None:
            return None if self.is_exempt_by_system(host) else proxy
        port = parts.port or _PORTS.get(parts.scheme, 0)
        return None if any(exemption.covers(host, port) for exemption in self.exemptions) else proxy

    @functools.cached_property
    def authorities(self) -> tuple[bytes, ...]:
        """The certificates (DER) of `authority_paths` that this system does not believe anyhow."""
        return tuple(dict.fromkeys(der for der in self._named() if der not in public_authorities()))

    @functools.cached_property
    def company_authorities(self) -> tuple[bytes, ...]:
        """Those (DER) that are on no public list, named by variables or added to the system: for Chromium, which asks
        neither."""
        found = dict.fromkeys((*self._named(), *installed_by_hand()))
        return tuple(der for der in found if der not in published_authorities())

    def _named(self) -> Iterator[bytes]:
        for _, path in self.authority_paths:
            yield from authorities_in(path)


#: Set while the environment is written anew for a library that reads it by itself.
_held: list[Network] = []


@contextlib.contextmanager
def hold_as_current(network: Network) -> Iterator[None]:
    """Makes this the current network, whatever the environment says meanwhile."""
    _held.append(network)
    try:
        yield
    finally:
        _held.remove(network)


def current_network() -> Network:
    """What this process's environment says.

    Raises:
        ConfigError: with every mistake in it.
    """
    if _held:
        return _held[-1]
    return _read_once(tuple((name, os.environ[name]) for name in _ALL if name in os.environ))


@functools.lru_cache(maxsize=4)
def _read_once(variables: tuple[tuple[str, str], ...]) -> Network:
    network, problems = read_network(dict(variables))
    if problems:
        raise ConfigError(problems)
    return network


def read_network(environ: Mapping[str, str]) -> tuple[Network, list[UsageError]]:
    """What these variables say, and everything that is wrong with them."""
    problems: list[UsageError] = []
    named = {scheme: _variable(environ, f"{scheme}_proxy") for scheme in _PORTS}
    rest = _variable(environ, "all_proxy")
    proxies = {}
    for scheme in _PORTS:
        variable, value = named[scheme] or rest or ("", "")
        if value:
            try:
                proxies[scheme] = Proxy.read(variable, value)
            except UsageError as problem:
                # ALL_PROXY stands for both schemes, and is told once.
                problems += [problem] if problem.where not in [told.where for told in problems] else []
    exemptions, mistakes = _exemptions(environ)
    problems += mistakes
    paths = tuple(_authority_paths(environ))
    # Several variables often name one file, of hundreds of authorities.
    mistaken = {path: mistake_in(path) for path in dict.fromkeys(path for _, path in paths)}
    problems += [_no_authorities(variable, mistaken[path]) for variable, path in paths if mistaken[path]]
    if not any(named.values()) and not rest:
        of_system, is_exempt = _of_system(problems)
        return Network(of_system, exemptions, paths, is_exempt if of_system else None), problems
    return Network(proxies, exemptions, paths), problems


def _variable(environ: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Name and value of the variable that counts; an empty one in small letters switches the other off."""
    for written in (name, name.upper()):
        if written in environ:
            return (written, environ[written]) if environ[written] else None
    return None


def _exemptions(environ: Mapping[str, str]) -> tuple[tuple[Exemption, ...], list[UsageError]]:
    variable, value = _variable(environ, "no_proxy") or ("", "")
    found, problems = [], []
    for text in filter(None, re.split(r"[,;\s]+", value)):
        exemption = Exemption.read(text)
        if exemption is not None:
            found.append(exemption)
            continue
        problems.append(
            UsageError(
                "this names no host",
                where=f"environment variable {variable}",
                found=repr(text.rpartition("@")[2][:80]),
                expected="example.com, .example.com, host:port, 10.0.0.0/8, fd00::/8 or *, with commas between",
                todo="Fix it, or take it out.",
            )
        )
    return tuple(found), problems


def _authority_paths(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    for variable in _AUTHORITIES:
        value = environ.get(variable)
        for part in (value or "").split(os.pathsep) if variable.endswith("_DIR") else [value]:
            if part:
                yield variable, Path(part)


def _no_authorities(variable: str, found: str) -> UsageError:
    return UsageError(
        "there are no certificates there",
        where=f"environment variable {variable}",
        found=found,
        expected="certificates in PEM form (-----BEGIN CERTIFICATE-----)",
        todo="Fix the path, or unset it.",
    )


def _of_system(problems: list[UsageError]) -> tuple[dict[str, Proxy], Callable[[str], object] | None]:
    """The proxies that Windows or macOS know, and their own test for exceptions."""
    proxies: dict[str, Proxy] = {}
    for asks, exempts in (
        ("getproxies_registry", "proxy_bypass_registry"),
        ("getproxies_macosx_sysconf", "proxy_bypass_macosx_sysconf"),
    ):
        ask = getattr(urllib.request, asks, None)
        if ask is None:
            continue
        for scheme, value in ask().items():
            if scheme in _PORTS and not value.startswith("socks"):
                try:
                    # Some versions write `https://` for the proxy of https addresses; it is the same proxy.
                    proxies[scheme] = Proxy.read(_SYSTEM, "http://" + value.rpartition("://")[2])
                except UsageError as problem:
                    problems.append(problem)
        return proxies, getattr(urllib.request, exempts)
    return proxies, None
