"""The names that the service goes by.

A page of another site can let its own name lead to this machine (DNS rebinding); its scripts then speak with us as if
we were that site. What gives it away is the name that the browser asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from shopdata.exceptions import ArgumentError
from shopdata.network import is_loopback

_NAME = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?|[0-9a-f:]+", re.IGNORECASE)


class Hosts:
    """Loopback, the address that is listened on, and names of the operator's own.

    Args:
        names: `x` is that name, `.x` a domain and all below it.
    """

    def __init__(self, bind: str, names: Iterable[str] = ()) -> None:
        self._bind = bind.lower()
        self._names = frozenset(name.lower() for name in names)

    def know(self, header: str, address: str) -> bool:
        """True if a browser may ask for us by this `Host` header.

        Args:
            address: of this machine, by which the connection came in.
        """
        host = host_of(header)
        if host is None:
            return False
        return is_loopback(host) or host in (self._bind, address) or self.are_named(host)

    def are_named(self, host: str | None) -> bool:
        """True for a name that the operator has given, and no other."""
        if host is None:
            return False
        return host in self._names or any(name.startswith(".") and f".{host}".endswith(name) for name in self._names)


def host_of(header: str) -> str | None:
    """The host of a `Host` header, in lower case; None if it is not one."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return None
    is_host = parts.netloc == header and parts.username is None and parts.hostname
    return parts.hostname.rstrip(".") if is_host and parts.hostname else None


def read_names(text: str, where: str) -> tuple[str, ...]:
    """Names with commas between. Raises ArgumentError."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if not _NAME.fullmatch(name):
            raise ArgumentError(
                "invalid host name",
                where=where,
                found=repr(name),
                expected="names with commas between, without https:// and port, for example board.example.com",
                todo="Fix it.",
            )
    return names
