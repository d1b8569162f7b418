"""Which hosts are reached without a proxy: this machine always, and what NO_PROXY names."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

_Net = ipaddress.IPv4Network | ipaddress.IPv6Network

#: What never goes by a proxy, as Chromium and requests write it.
LOOPBACK = ("localhost", "*.localhost", "127.0.0.0/8", "[::1]")


def is_loopback(host: str) -> bool:
    """True for localhost and the addresses that never leave this machine."""
    if host == "localhost":
        return True
    address = as_address(host)
    return address is not None and address.is_loopback


def as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address written as such, with or without brackets; None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def stays_here(host: str) -> bool:
    """True for whatever never goes by a proxy; names below localhost are this machine to a browser too."""
    return is_loopback(host) or host.endswith(".localhost")


@dataclass(frozen=True)
class Exemption:
    """One entry of NO_PROXY: a domain and all below it, addresses, a pattern with `*`, or all; perhaps on one port."""

    text: str
    #: Lower case, without a leading dot; empty for addresses.
    name: str = ""
    addresses: _Net | None = None
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> Exemption | None:
        """Reads `example.com`, `.example.com`, `*.example.com`, `host:8443`, `10.0.0.0/8`, `[fd00::1]:9000`, `*` …

        Returns:
            None for what is none of these.
        """
        addresses = _network(text)
        if addresses is not None:
            return cls(text, addresses=addresses)
        try:
            # A whole address is taken for its host.
            parts = urlsplit(text if "://" in text else f"//{text}")
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return None
        if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
            return None
        addresses = _network(host)
        if addresses is not None:
            return cls(text, addresses=addresses, port=port)
        name = host.removeprefix("*").removeprefix(".") if host != "*" else "*"
        if not re.fullmatch(r"[\w*][\w.*-]*", name):
            return None
        return cls(text, name=name, port=port)

    def covers(self, host: str, port: int) -> bool:
        """True if this host (lower case, no brackets) is reached without a proxy."""
        if self.port is not None and self.port != port:
            return False
        if self.addresses is not None:
            address = as_address(host)
            return address is not None and address.version == self.addresses.version and address in self.addresses
        if "*" in self.name:
            return fnmatch.fnmatchcase(host, self.name)
        return host == self.name or host.endswith(f".{self.name}")

    def for_chromium(self) -> Iterator[str]:
        """As rules of Chromium's, to which `example.com` is that host alone."""
        tail = "" if self.port is None else f":{self.port}"
        if self.addresses is not None:
            one = self.addresses.num_addresses == 1
            host = f"[{self.addresses[0]}]" if self.addresses.version == 6 else str(self.addresses[0])
            yield f"{host}{tail}" if one else str(self.addresses)
        else:
            yield f"{self.name}{tail}"
            if "*" not in self.name:
                yield f"*.{self.name}{tail}"

    def for_requests(self) -> Iterator[str]:
        """As the library requests reads NO_PROXY: no patterns, no brackets, and without the dot half a name too."""
        tail = "" if self.port is None else f":{self.port}"
        if self.addresses is not None:
            one = self.addresses.num_addresses == 1
            yield f"{self.addresses[0]}{tail}" if one else str(self.addresses)
        elif self.name == "*":
            yield "*"
        elif "*" not in self.name:
            yield f".{self.name}{tail}"
            if tail:
                yield f"{self.name}{tail}"


def _network(text: str) -> _Net | None:
    address, slash, bits = text.strip("[]").partition("/")
    address = address.strip("[]")
    # `169.254/16` is a habit of macOS.
    if slash and re.fullmatch(r"\d+(\.\d+){0,2}", address):
        address += ".0" * (3 - address.count("."))
    try:
        return ipaddress.ip_network(f"{address}{slash}{bits}", strict=False)
    except ValueError:
        return None
