"""Plain requests take the way out that the network's description names, and its failures are told from a portal's."""

from __future__ import annotations

import asyncio
import functools
import re
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)

from shopdata.exceptions import ProxyError, UntrustedError
from shopdata.middlewares.retry import send_again
from shopdata.network import Network, Proxy, current_network
from shopdata.network.pools import not_reached, refused_by, tunnel_trouble
from shopdata.sessions.sign_in.way_out import proxy_error, untrusted

#: What OpenSSL, and the check of the name, say about a certificate.
_CERTIFICATE = re.compile(r"certificate verify failed|VerificationError|unknown ca", re.IGNORECASE)


class NetworkMiddleware:
    """Sets the proxy of each request; the browser has been told of it when it was started."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> NetworkMiddleware:
        return cls(crawler)

    @functools.cached_property
    def _network(self) -> Network:
        return current_network()

    def process_request(self, request: Request) -> None:
        request.meta.pop("proxy", None)
        request.headers.pop("Proxy-Authorization", None)
        proxy = self._proxy_of(request)
        if proxy is not None:
            request.meta["proxy"] = proxy.url
            if proxy.authorization:
                request.headers["Proxy-Authorization"] = proxy.authorization

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Raises ProxyError or UntrustedError where that is what failed, and asking again does not help."""
        if request.meta.get("playwright"):
            return None
        error = await self._trouble(request, exception)
        return None if error is None else await send_again(self._crawler, request, error)

    async def _trouble(self, request: Request, exception: Exception) -> ProxyError | UntrustedError | None:
        host = urlsplit(request.url).netloc.rpartition("@")[2]
        shop = request.meta.get("shopdata_shop")
        where = f"shop {shop!r}, {host}" if shop else host
        if isinstance(exception, DownloadFailedError) and _CERTIFICATE.search(str(exception)):
            return untrusted(where)
        proxy = self._proxy_of(request)
        if proxy is None:
            return None
        if isinstance(exception, TunnelError):
            status = re.search(r"'status': (\d{3})", str(exception))
            return proxy_error(refused_by(proxy, int(status[1]) if status else 0, host), where)
        if isinstance(exception, DownloadConnectionRefusedError):
            return proxy_error(not_reached(proxy, "a refused connection", host), where)
        if isinstance(exception, CannotResolveHostError):
            return proxy_error(not_reached(proxy, "no address for its host name", host), where)
        if isinstance(exception, DownloadTimeoutError | DownloadFailedError):
            # Who of the two is silent, only the proxy can tell.
            trouble = await asyncio.to_thread(tunnel_trouble, proxy, request.url)
            if trouble is not None:
                return proxy_error(trouble, where)
        return None

    def _proxy_of(self, request: Request) -> Proxy | None:
        return None if request.meta.get("playwright") else self._network.proxy_for(request.url)
