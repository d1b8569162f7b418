"""The board as a resource of twisted.web: which address is which page, and what all answers have in common."""

from __future__ import annotations

import contextlib
import importlib.resources
import logging
from collections.abc import Callable
from datetime import datetime

from isal import igzip
from twisted.internet.threads import deferToThread
from twisted.protocols.basic import FileSender
from twisted.python.failure import Failure
from twisted.web.http import Request as HttpRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from shopdata.exceptions import ShopdataError, UsageError
from shopdata.periods import SHANGHAI, today
from shopdata.service.acts import note
from shopdata.service.board import actions
from shopdata.service.board.acts import act_of
from shopdata.service.board.answers import Answer, BadFormError, PageNotFoundError
from shopdata.service.board.entrance import Entrance
from shopdata.service.board.live import Live
from shopdata.service.board.live_recording import LiveRecording
from shopdata.service.board.live_sign_in import LiveSignIn
from shopdata.service.board.own_password import OwnPassword
from shopdata.service.board.pages import (
    activity,
    cell,
    days,
    downloads,
    history,
    live,
    nodes,
    partition,
    record,
    runs,
    schedule,
    sessions,
    shops,
    trend,
    trends,
    users,
)
from shopdata.service.board.pages import today as front_page
from shopdata.service.board.rendering import RenderedPage, Renderer
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import LANGUAGE_COOKIE, NONCE_COOKIE, Tokens, Visit, read_visit
from shopdata.service.control import Control
from shopdata.service.door import Door
from shopdata.service.door.headers import HEADERS
from shopdata.service.door.site import GuardedRequest
from shopdata.service.later import answer_later
from shopdata.service.people.users import Users
from shopdata.service.recordings.desk import RecordingsDesk
from shopdata.service.recordings.recordings import Recordings
from shopdata.service.sign_ins.desk import Desk
from shopdata.service.sign_ins.sign_ins import SignIns
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_STATIC_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_LANGUAGE_SECONDS = 365 * 86400


#: Addresses below the board's mount, part by part.
PAGES: tuple[tuple[tuple[str, ...], Callable[..., RenderedPage | Answer]], ...] = (
    ((), front_page.page),
    (("days",), days.first),
    (("days", "*"), days.page),
    (("trends",), trends.page),
    (("trends", "*"), trend.page),
    (("trends", "*", "*"), history.page),
    (("cell", "*", "*", "*"), cell.page),
    (("cell", "*", "*", "*", "raw"), downloads.raw),
    (("cell", "*", "*", "*", "rejected"), downloads.rejected),
    (("partition", "*", "*"), partition.page),
    (("partition", "*", "*", "workbook"), downloads.workbook),
    (("partition", "*", "*", "workbook", "*"), downloads.volume),
    (("partition", "*", "*", "parquet"), downloads.parquet),
    (("partition", "*", "*", "receipt"), downloads.receipt),
    (("runs",), runs.page),
    (("runs", "*"), runs.one),
    (("runs", "*", "log"), downloads.log),
    (("nodes",), nodes.page),
    (("sessions",), sessions.page),
    (("sessions", "*", "live"), live.page),
    (("sessions", "*", "screenshot"), downloads.screenshot),
    (("record",), record.page),
    (("record", "*"), record.one),
    (("record", "*", "files.zip"), record.files),
    (("schedule",), schedule.page),
    (("shops",), shops.page),
    (("shops", "_new"), shops.new),
    (("shops", "_workbook"), shops.workbook),
    (("shops", "*"), shops.one),
    (("activity",), activity.page),
    (("users",), users.page),
)


class Board(Resource):
    """Every page and button. Put it under `""` (the front page) and under `mount` of the site's root.

    Args:
        door: who has signed in, and how.
        users: who may.
        sign_ins, recordings: where shops can be signed in, and exports be shown, from here.
        mount: the name that it has there. Links are relative, so that a reverse proxy may put all of it below a path.
        now: the clock, for tests.
    """

    isLeaf = True

    def __init__(
        self,
        workspace: Workspace,
        control: Control,
        door: Door,
        *,
        users: Users,
        sign_ins: SignIns | None = None,
        recordings: Recordings | None = None,
        mount: str = "board",
        now: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sources = Sources(
            workspace,
            control,
            Desk(sign_ins) if sign_ins is not None else None,
            users,
            RecordingsDesk(recordings) if recordings is not None else None,
        )
        self._renderer = Renderer(self._sources.has_nodes)
        self._tokens = Tokens()
        self._live: list[Live] = []
        if sign_ins is not None:
            self._live.append(LiveSignIn(sign_ins, self._renderer, self._tokens, _send))
        if recordings is not None:
            self._live.append(LiveRecording(recordings, self._renderer, self._tokens, _send))
        self._of_the_door = (
            Entrance(door, workspace, self._renderer, self._tokens, _send),
            OwnPassword(door, users, workspace, self._renderer, self._tokens, _send),
        )
        self._mount = mount
        self._language = workspace.group_texts.code
        self._now = now
        # The first visitor shall not wait for spiders and configuration to be read.
        deferToThread(self._warm_up).addErrback(_log)

    def _warm_up(self) -> None:
        with contextlib.suppress(ShopdataError):
            self._sources.expected(today(self._now()))

    def render(self, request: GuardedRequest) -> int:
        visit = read_visit(request, self._mount, self._tokens, self._now(), self._language)
        if visit is None or request.method not in (b"GET", b"HEAD", b"POST"):
            _send(request, Answer(status=404 if visit is None else 405, content_type="text/plain"))
            return NOT_DONE_YET
        for picture in self._live if visit.is_allowed else ():
            if picture.takes(visit.path):
                return picture.render(request, visit)
        _set_cookies(request, visit)
        for part in self._of_the_door:
            if part.takes(visit, request.method):
                return part.render(request, visit)
        is_foreign = request.getHeader("Sec-Fetch-Site") in ("cross-site", "same-site")
        accepts_gzip = "gzip" in (request.getHeader("Accept-Encoding") or "")
        answer = deferToThread(self._answer, visit, request.method == b"POST", is_foreign, accepts_gzip)
        return answer_later(request, answer, lambda answer: _send(request, answer), _drop)

    def _answer(self, visit: Visit, is_post: bool, is_foreign: bool, accepts_gzip: bool) -> Answer:
        """Runs in a thread. Whatever goes wrong becomes a page."""
        try:
            if not visit.is_allowed:
                answer = self._forbid(visit, is_post)
            else:
                answer = self._act(visit, is_foreign) if is_post else self._show(visit)
        except PageNotFoundError:
            answer = self._trouble(visit, 404, "not_found")
        except BadFormError as error:
            answer = self._trouble(visit, 400, "bad_form", error)
        except UsageError as error:
            answer = self._trouble(visit, 409, "usage", error)
        except ShopdataError as error:
            answer = self._trouble(visit, 503, "failed", error)
        except Exception:
            logger.exception("The board failed at /%s", "/".join(visit.path))
            answer = self._trouble(visit, 500, "bug")
        if accepts_gzip and answer.file is None and len(answer.body) > 1000:
            headers = {**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return Answer(igzip.compress(answer.body, 1), answer.status, answer.content_type, headers)
        return answer

    def _show(self, visit: Visit) -> Answer:
        if visit.path[:1] == ("static",):
            return _static(visit)
        page, arguments = _page_at(visit.path)
        return self._answer_of(visit, page(self._sources, visit, *arguments))

    def _answer_of(self, visit: Visit, made: RenderedPage | Answer) -> Answer:
        return made if isinstance(made, Answer) else Answer(self._renderer.page(visit, made))

    def _forbid(self, visit: Visit, is_post: bool) -> Answer:
        """Somebody's role does not go so far; where there is nothing, nobody may go there."""
        if not is_post:
            _page_at(visit.path)
        elif len(visit.path) != 2 or visit.path[1] not in actions.ACTIONS:
            raise PageNotFoundError
        return self._trouble(visit, 403, "forbidden")

    def _act(self, visit: Visit, is_foreign: bool) -> Answer:
        if is_foreign or not self._tokens.fits(visit.form.get("token", ""), visit.user, visit.nonce):
            return self._trouble(visit, 403, "token")
        made = actions.act(self._sources, visit)
        done = act_of(visit) if isinstance(made, Answer) or made.is_done else None
        if done is not None:
            note(self._sources.workspace, done)
        return self._answer_of(visit, made)

    def _trouble(self, visit: Visit, status: int, kind: str, error: ShopdataError | None = None) -> Answer:
        return Answer(self._renderer.trouble(visit, kind, "" if error is None else str(error)), status)


def _page_at(path: tuple[str, ...]) -> tuple[Callable[..., RenderedPage | Answer], list[str]]:
    """The page of an address, and the parts of it that tell which one. Raises PageNotFoundError."""
    for pattern, page in PAGES:
        if len(pattern) == len(path) and all(p in ("*", v) for p, v in zip(pattern, path, strict=True)):
            return page, [value for part, value in zip(pattern, path, strict=True) if part == "*"]
    raise PageNotFoundError


def _static(visit: Visit) -> Answer:
    name = visit.path[-1]
    kind = _STATIC_TYPES.get(name.rpartition(".")[2])
    file = importlib.resources.files("shopdata.service.board") / "static" / name
    if len(visit.path) != 2 or kind is None or "/" in name or "\\" in name or not file.is_file():
        raise PageNotFoundError
    # The address holds a sum of the content: what is kept is never old.
    lasting = {"Cache-Control": "private, max-age=31536000, immutable"} if "v" in visit.query else {}
    return Answer(file.read_bytes(), content_type=kind, headers=lasting)


def _set_cookies(request: HttpRequest, visit: Visit) -> None:
    # From another site no cookie comes along: a new one would take the place of that.
    if request.getCookie(NONCE_COOKIE.encode()) is None and request.getHeader("Sec-Fetch-Site") != "cross-site":
        request.addCookie(NONCE_COOKIE, visit.nonce, path="/", httpOnly=True, sameSite="strict")
    if visit.is_language_chosen:
        request.addCookie(LANGUAGE_COOKIE, visit.texts.code, path="/", max_age=str(_LANGUAGE_SECONDS), sameSite="lax")


def _send(request: HttpRequest, answer: Answer) -> None:
    request.setResponseCode(answer.status)
    request.setHeader("Content-Type", answer.content_type)
    for name, value in {**HEADERS, **answer.headers}.items():
        request.setHeader(name, value)
    if answer.file is None or request.method == b"HEAD":
        request.setHeader("Content-Length", str(answer.size_bytes or len(answer.body)))
        _drop(answer)
        request.write(answer.body)
        request.finish()
        return
    file = answer.file
    request.setHeader("Content-Length", str(answer.size_bytes))
    sent = FileSender().beginFileTransfer(file, request)
    sent.addBoth(lambda result: file.close() or result)
    # A browser that has gone away is no trouble of ours.
    sent.addCallbacks(lambda _: request.finish(), lambda _: None)


def _log(failure: Failure) -> None:
    logger.error("The board could not answer: %s", failure.getErrorMessage())


def _drop(answer: Answer) -> None:
    if answer.file is not None:
        answer.file.close()
