"""Plain requests take the way out that the network's description names, and its failures are told from a portal's."""

from __future__ import annotations

import asyncio
import functools
import re
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)

from shopdata.network import Network, Proxy, current_network
from shopdata.network.pools import not_reached, refused_by, tunnel_trouble
from shopdata.sessions.sign_in.way_out import proxy_error, untrusted

#: What OpenSSL, and the check of the name, say about a certificate.
_CERTIFICATE = re.compile(r"certificate verify failed|VerificationError|unknown ca", re.IGNORECASE)


class NetworkMiddleware:
    """Sets the proxy of each request; the browser has been told of it when it was started."""

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

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Raises ProxyError or UntrustedError where that is what failed."""
        if request.meta.get("playwright"):
            return
        host = urlsplit(request.url).netloc.rpartition("@")[2]
        shop = request.meta.get("shopdata_shop")
        where = f"shop {shop!r}, {host}" if shop else host
        if isinstance(exception, DownloadFailedError) and _CERTIFICATE.search(str(exception)):
            raise untrusted(where)
        proxy = self._proxy_of(request)
        if proxy is None:
            return
        if isinstance(exception, TunnelError):
            status = re.search(r"'status': (\d{3})", str(exception))
            raise proxy_error(refused_by(proxy, int(status[1]) if status else 0, host), where)
        if isinstance(exception, DownloadConnectionRefusedError):
            raise proxy_error(not_reached(proxy, "a refused connection", host), where)
        if isinstance(exception, CannotResolveHostError):
            raise proxy_error(not_reached(proxy, "no address for its host name", host), where)
        if isinstance(exception, DownloadTimeoutError | DownloadFailedError):
            # Who of the two is silent, only the proxy can tell.
            trouble = await asyncio.to_thread(tunnel_trouble, proxy, request.url)
            if trouble is not None:
                raise proxy_error(trouble, where)

    def _proxy_of(self, request: Request) -> Proxy | None:
        return None if request.meta.get("playwright") else self._network.proxy_for(request.url)
