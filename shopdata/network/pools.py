"""Connections of urllib3 that keep to the description of the network, and what a proxy on the way said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as http

from shopdata.network.authorities import authorities_in, context_trusting
from shopdata.network.description import current_network
from shopdata.network.proxy import Proxy

#: How long a proxy may take to open a way, when it is asked what was wrong.
TUNNEL_SECONDS = 5.0


def pool_for(
    url: str,
    *,
    ca_file: Path | None = None,
    direct: type[urllib3.PoolManager] = urllib3.PoolManager,
    proxied: type[urllib3.ProxyManager] = urllib3.ProxyManager,
    **options: Any,
) -> urllib3.PoolManager:
    """A pool for one server: by its proxy, if it has one, and with our authorities.

    Args:
        url: any address of the server.
        ca_file: an authority that is believed for this server beside the others.
        direct, proxied: classes to make it of.
        options: urllib3's.

    Raises:
        ConfigError: the environment's description of the network is broken.
    """
    network = current_network()
    if urlsplit(url).scheme == "https":
        options["ssl_context"] = context_trusting([*network.authorities, *(authorities_in(ca_file) if ca_file else ())])
    proxy = network.proxy_for(url)
    if proxy is None:
        return direct(**options)
    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else None
    return proxied(proxy.url, proxy_headers=headers, **options)


@dataclass(frozen=True)
class ProxyTrouble:
    """What the proxy, and not the server behind it, is at fault for: parts of a sentence."""

    #: What it did: `refuses …`.
    did: str
    found: str
    todo: str
    is_about_password: bool = False

    @property
    def what(self) -> str:
        """The same as a whole clause."""
        return f"the proxy on the way {self.did}"


def trouble_with_proxy(url: str, error: object = None, status: int | None = None) -> ProxyTrouble | None:
    """What a proxy has to do with it that `url` was not reached; None if it was asked without, or is not at fault.

    Args:
        error: urllib3's.
        status: the answer's, where there was one; a proxy's own, for an address without TLS.
    """
    if error is None and status != 407:
        return None
    proxy = current_network().proxy_for(url)
    if proxy is None:
        return None
    host = urlsplit(url).hostname or ""
    if status == 407:
        return refused_by(proxy, status, host)
    reason = error.reason if isinstance(error, http.MaxRetryError) else error
    if not isinstance(reason, http.ProxyError):
        return None
    cause = reason.original_error
    refusal = re.search(r"Tunnel connection failed: (\d{3})", str(cause))
    if refusal:
        return refused_by(proxy, int(refusal[1]), host)
    if isinstance(cause, http.NameResolutionError):
        return not_reached(proxy, "no address for its host name", host)
    if isinstance(cause, http.NewConnectionError):
        return not_reached(proxy, getattr(cause.__cause__, "strerror", None) or "no connection", host)
    if isinstance(cause, http.TimeoutError | TimeoutError):
        return not_reached(proxy, "no answer in time", host)
    # urllib3 says so of every connection by a proxy that breaks off: it may be the server behind.
    return None


def reason_of(error: Exception) -> Exception:
    """What went wrong last, without urllib3's wrappings."""
    reason = error.reason if isinstance(error, http.MaxRetryError) and error.reason else error
    return reason.original_error if isinstance(reason, http.ProxyError) else reason


def tunnel_trouble(proxy: Proxy, url: str) -> ProxyTrouble | None:
    """What the proxy says when it is asked for a way to an address, by which nothing is sent; None if it opens one."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    connection = HTTPConnection(proxy.host, proxy.port, timeout=TUNNEL_SECONDS)
    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
    connection.set_tunnel(host, port, headers)
    try:
        connection.connect()
    except (OSError, HTTPException) as error:
        refusal = re.search(r"Tunnel connection failed: (\d{3})", str(error))
        return refused_by(proxy, int(refusal[1]), host) if refusal else not_reached(proxy, "no connection", host)
    finally:
        connection.close()
    return None


def refused_by(proxy: Proxy, status: int, host: str) -> ProxyTrouble:
    """The proxy answered, and did not connect."""
    if status == 407:
        has_user = bool(proxy.username)
        return ProxyTrouble(
            "refuses its user name or password" if has_user else "wants a user name and a password",
            f"HTTP 407 from {proxy.url}",
            f"Fix {'them' if has_user else 'it'} in {proxy.variable} (http://user:password@host:port).",
            is_about_password=True,
        )
    return ProxyTrouble(
        "does not connect us",
        f"HTTP {status} from {proxy.url}" if status else f"a refusal from {proxy.url}",
        f"See that {host} is right and that the proxy may reach it; if it is reached without, add it to NO_PROXY.",
    )


def not_reached(proxy: Proxy, found: str, host: str) -> ProxyTrouble:
    """The proxy itself can't be reached."""
    return ProxyTrouble(
        "can't be reached",
        f"{found} at {proxy.url}",
        f"Fix {proxy.variable}, or, if {host} is reached without, add it to NO_PROXY.",
    )
