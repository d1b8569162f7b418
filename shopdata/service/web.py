"""scrapyd's site with our pages: the board in front, and no button for other sites to press."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from scrapyd.website import Root as ScrapydRoot
from twisted.web import http
from twisted.web.pages import errorPage
from twisted.web.server import Request

from shopdata.exceptions import ArgumentError
from shopdata.service.configuration import ServiceConfig
from shopdata.service.webservices import Refusal, check_names

logger = logging.getLogger(__name__)


class Root(ScrapydRoot):  # type: ignore[misc]
    """Made by scrapyd, which also puts user name and password before all of it."""

    def __init__(self, config: ServiceConfig, app: Any) -> None:
        #: Our webservices, made by the parent, ask for it.
        self.inside = config.inside
        super().__init__(config, app)
        try:
            from shopdata.service.board.site import Board
        except ImportError as error:
            logger.warning("no board: %s is missing; scrapyd's own page is in front", error.name)
            return
        board = Board(config.inside.workspace, config.inside)
        self.putChild(b"", board)
        self.putChild(b"board", board)

    def getChildWithDefault(self, path: bytes, request: Request) -> Any:
        """A browser that is signed in here sends its password with a form of whatever site it looks at."""
        if request.method not in (b"GET", b"HEAD", b"OPTIONS") and _is_foreign(request):
            return errorPage(http.FORBIDDEN, "Forbidden", "This form came from another site.")
        page = path.decode("ascii", "replace")
        if page.endswith(".json"):
            try:
                check_names(page, request.args or {})
            except ArgumentError as problem:
                return Refusal(self, problem)
        return super().getChildWithDefault(path, request)


def _is_foreign(request: Request) -> bool:
    site = request.getHeader("Sec-Fetch-Site")
    if site is not None:
        # No page can write it. Browsers leave it out where there is no TLS, but for this machine.
        return site not in ("same-origin", "none")
    origin, host = request.getHeader("Origin"), request.getHeader("Host")
    return bool(origin) and urlsplit(str(origin)).netloc != host
