"""Plain requests go by the proxy that the network's description names; Scrapy's own middleware knows another rule."""

from __future__ import annotations

import functools
import re

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError

from shopdata.exceptions import PortalError
from shopdata.network import Network, Proxy, current_network
from shopdata.network.pools import not_reached, refused_by


class ProxyMiddleware:
    """Sets the proxy of each request, and tells the proxy's failures from those of the portal behind it.

    The browser has been told when it was started.
    """

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

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Raises PortalError where it is the proxy that failed."""
        proxy = self._proxy_of(request)
        if proxy is None:
            return
        host = re.sub(r"^\w+://|[/?#].*$", "", request.url)
        if isinstance(exception, TunnelError):
            status = re.search(r"'status': (\d{3})", str(exception))
            trouble = refused_by(proxy, int(status[1]) if status else 0, host)
        elif isinstance(exception, DownloadConnectionRefusedError):
            trouble = not_reached(proxy, "a refused connection", host)
        elif isinstance(exception, CannotResolveHostError):
            trouble = not_reached(proxy, "no address for its host name", host)
        else:
            return
        shop = request.meta.get("shopdata_shop")
        where = f"shop {shop!r}, {host}" if shop else host
        raise PortalError(trouble.what, where=where, found=trouble.found, todo=trouble.todo)

    def _proxy_of(self, request: Request) -> Proxy | None:
        return None if request.meta.get("playwright") else self._network.proxy_for(request.url)
