"""scrapyd's site with our pages: the board in front, in place of scrapyd's own pages."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from scrapyd.website import File
from scrapyd.website import Root as ScrapydRoot
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import Request

from shopdata.exceptions import ArgumentError
from shopdata.service import api_acts
from shopdata.service.answers import NotAllowed, Refusal, methods_of
from shopdata.service.configuration import ServiceConfig
from shopdata.service.webservices import check_names

logger = logging.getLogger(__name__)


class Root(ScrapydRoot):  # type: ignore[misc]
    """Made by scrapyd. Who may come in, and who may do what, the door has looked at."""

    def __init__(self, config: ServiceConfig, app: Any) -> None:
        #: Our webservices, made by the parent, ask for it.
        self.inside = config.inside
        super().__init__(config, app)
        self.putChild(b"logs", Logs(self.logs_dir))
        try:
            from shopdata.service.board.site import Board
        except ImportError as error:
            logger.warning("no board: %s is missing; scrapyd's own page is in front", error.name)
            return
        inside = config.inside
        board = Board(
            inside.workspace,
            inside,
            config.door,
            users=config.options.users,
            sign_ins=inside.sign_ins,
            recordings=inside.recordings,
        )
        self.putChild(b"", board)
        self.putChild(b"board", board)
        # scrapyd's has a button that asks nobody, and needs scripts in the page to do so.
        self.putChild(b"jobs", Elsewhere(b"board/runs"))

    def getChildWithDefault(self, path: bytes, request: Request) -> Any:
        """Names and methods are checked here, whatever webservice they are for."""
        page = path.decode("ascii", "replace")
        if page.endswith(".json"):
            try:
                check_names(page, request.args or {})
            except ArgumentError as problem:
                return Refusal(self, problem)
        found = super().getChildWithDefault(path, request)
        api_acts.watch(request, page, self.inside.workspace)
        allowed = methods_of(found) if page.endswith(".json") else ()
        if allowed and request.method.decode("ascii", "replace") not in allowed:
            return NotAllowed(self, page, request.method, allowed)
        return found


class Logs(File):  # type: ignore[misc]
    """Every file is plain text, whatever it is called and holds."""

    contentTypes: ClassVar[dict[str, str]] = {}
    contentEncodings: ClassVar[dict[str, str]] = {}

    def __init__(self, path: str, defaultType: str = "text/plain; charset=utf-8", *rest: Any) -> None:
        super().__init__(path, defaultType, *rest)
        self.indexNames: list[str] = []


class Elsewhere(Resource):
    """An address of scrapyd's whose page is ours now. The way there is relative: a proxy may stand before us."""

    isLeaf = True

    def __init__(self, target: bytes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._target = target

    def render_GET(self, request: Request) -> bytes:
        request.setResponseCode(http.SEE_OTHER)
        request.setHeader("Location", b"../" * len(request.postpath or ()) + self._target)
        request.setHeader("Content-Type", "text/plain")
        return b""
