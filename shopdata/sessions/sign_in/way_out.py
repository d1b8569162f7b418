"""What keeps a portal from being reached at all: the company's proxy, or a certificate that is not believed."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shopdata.config import Shop
from shopdata.exceptions import PortalError, ProxyError, UntrustedError
from shopdata.network import current_network
from shopdata.network.pools import ProxyTrouble, refused_by, tunnel_trouble
from shopdata.sessions.sign_in.steps import browser_failed

if TYPE_CHECKING:
    from playwright.async_api import Error as PlaywrightError

#: What Chromium says, and where; never the query.
_NET_ERROR = re.compile(r"net::(ERR_\w+)(?: at (https?://[^\s?#]+))?")
#: What it says when a proxy refuses, or is not there. The last one it says of other empty answers too.
_OF_PROXIES = frozenset(
    {
        "ERR_PROXY_CONNECTION_FAILED",
        "ERR_TUNNEL_CONNECTION_FAILED",
        "ERR_INVALID_AUTH_CREDENTIALS",
        "ERR_PROXY_AUTH_REQUESTED",
        "ERR_PROXY_AUTH_UNSUPPORTED",
        "ERR_UNEXPECTED_PROXY_AUTH",
        "ERR_HTTP_RESPONSE_CODE_FAILURE",
    }
)


async def why_not(shop: Shop, error: PlaywrightError) -> PortalError | UntrustedError:
    """Why the browser did not open a page: a proxy, a certificate, or what it says itself."""
    found = _NET_ERROR.search(error.message)
    code, url = (found[1], found[2] or "") if found else ("", "")
    host = re.sub(r"^https?://|/.*", "", url)
    where = f"shop {shop.id!r}{f', {host}' if host else ''}"
    if code.startswith("ERR_CERT_"):
        return untrusted(where, f"net::{code}")
    proxy = current_network().proxy_for(url) if url and code in _OF_PROXIES else None
    if proxy is None:
        return browser_failed(shop, error)
    # The browser keeps to itself what the proxy said.
    trouble = await asyncio.to_thread(tunnel_trouble, proxy, url)
    if trouble is None and code == "ERR_HTTP_RESPONSE_CODE_FAILURE":
        return browser_failed(shop, error)
    return proxy_error(trouble or refused_by(proxy, 0, host), where)


async def silent_proxy(shop: Shop, url: str) -> ProxyError | None:
    """Whether it is the proxy on the way to an address that does not answer in time; None without one."""
    proxy = current_network().proxy_for(url)
    trouble = await asyncio.to_thread(tunnel_trouble, proxy, url) if proxy is not None else None
    return proxy_error(trouble, f"shop {shop.id!r}, {urlsplit(url).netloc}") if trouble is not None else None


def proxy_error(trouble: ProxyTrouble, where: str) -> ProxyError:
    """The error for what a proxy did.

    Args:
        where: shop and host.
    """
    error = ProxyError(f"the proxy on the way {trouble.did}", where=where, found=trouble.found, todo=trouble.todo)
    error.is_final = trouble.is_about_password
    return error


def untrusted(where: str, found: str = "") -> UntrustedError:
    """The error for a certificate; `found` is what was said about it."""
    if "DATE_INVALID" in found:
        return UntrustedError(
            "the certificate is not of today",
            code="certificate_out_of_date",
            where=where,
            found=found,
            todo="Set the clock of this machine; if it is right, whoever is in charge of that host renews it.",
        )
    if "COMMON_NAME" in found:
        return UntrustedError(
            "the certificate is another host's",
            code="certificate_of_other_host",
            where=where,
            found=found,
            todo="Somebody else answers for this host: ask who is in charge of the network.",
        )
    return UntrustedError(
        "the certificate is from nobody whom we believe",
        where=where,
        found=found,
        todo="Where the company looks into TLS, point SSL_CERT_FILE at its root certificate (docs/operate.md, In a "
        "company network); elsewhere somebody may be listening.",
    )
