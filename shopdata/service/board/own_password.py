"""People change the password that they sign in with.

Answered in the reactor's thread, as the page to sign in by is: whoever gives a wrong password waits here too, and is
counted there. Whoever finds a browser signed in could guess it here otherwise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as twisted_reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET

from shopdata.ledger.acts import Act
from shopdata.service.acts import note
from shopdata.service.board.answers import Answer, redirect
from shopdata.service.board.rendering import RenderedPage, Renderer
from shopdata.service.board.visit import Tokens, Visit
from shopdata.service.door import Door
from shopdata.service.door.cookies import set_token, token_in
from shopdata.service.door.decisions import Refused
from shopdata.service.door.sign_in import Credentials
from shopdata.service.door.site import GuardedRequest
from shopdata.service.door.way_in import is_https
from shopdata.service.people.passwords import weakness_of
from shopdata.service.people.roles import Visitor
from shopdata.service.people.users import Users
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)
reactor: Any = twisted_reactor

_LONGEST = 1000
#: What the page may be told; `told.changed` is no trouble.
TOLD = ("changed", "wrong", "too_many", "busy", "differ", "weak", "not_kept")

Send = Callable[[GuardedRequest, Answer], None]


class OwnPassword:
    """Answers `password` and `do/password`.

    Args:
        send: writes an answer with all that every answer of the board has.
    """

    def __init__(
        self, door: Door, users: Users, workspace: Workspace, renderer: Renderer, tokens: Tokens, send: Send
    ) -> None:
        self._door = door
        self._users = users
        self._workspace = workspace
        self._renderer = renderer
        self._tokens = tokens
        self._send = send

    def takes(self, visit: Visit, method: bytes) -> bool:
        """True for what is answered here."""
        return visit.is_allowed and visit.path == (("do", "password") if method == b"POST" else ("password",))

    def render(self, request: GuardedRequest, visit: Visit) -> int:
        """Answers, now or when the password has been looked at."""
        is_foreign = request.getHeader("Sec-Fetch-Site") in ("cross-site", "same-site")
        if request.method != b"POST":
            self._send(request, self._page(visit, visit.query.get("told", "")))
        elif is_foreign or not self._tokens.fits(visit.form.get("token", ""), visit.user, visit.nonce):
            self._send(request, Answer(self._renderer.trouble(visit, "token", ""), 403))
        elif visit.user == self._users.single:
            self._send(request, self._page(visit, status=409))
        else:
            self._change(request, visit)
        return NOT_DONE_YET

    def _page(self, visit: Visit, told: str = "", status: int = 200) -> Answer:
        values = {"told_kind": told if told in TOLD else "", "is_single": visit.user == self._users.single}
        page = RenderedPage("password", visit.texts("password.title"), "", values)
        return Answer(self._renderer.page(visit, page), status)

    def _change(self, request: GuardedRequest, visit: Visit) -> None:
        new = visit.form.get("new", "")
        if new != visit.form.get("again", ""):
            self._send(request, self._page(visit, "differ", 409))
        elif len(new) > _LONGEST or weakness_of(visit.user, new):
            self._send(request, self._page(visit, "weak", 409))
        else:
            gone: list[object] = []
            request.notifyFinish().addErrback(gone.append)
            given = Credentials(visit.user, visit.form.get("current", "")[:_LONGEST])
            found = self._door.check(given, visit.address)
            checked = found if isinstance(found, Deferred) else succeed(found)
            checked.addCallback(self._decided, request, visit, new, gone)
            checked.addErrback(self._failed, request, visit, gone)

    def _decided(
        self, found: Visitor | Refused, request: GuardedRequest, visit: Visit, new: str, gone: list[object]
    ) -> Deferred[None] | None:
        if isinstance(found, Refused):
            kind = {401: "wrong", 429: "too_many"}.get(found.status, "busy")
            status = 403 if found.status == 401 else int(found.status)
            reactor.callLater(found.after_seconds, self._refuse, found, request, self._page(visit, kind, status), gone)
            return None
        # All browsers that have signed in with the old one are signed out by this; this one goes on.
        kept = deferToThread(self._users.set_password, visit.user, new)
        return kept.addCallback(lambda _: self._done(request, visit, gone))

    def _done(self, request: GuardedRequest, visit: Visit, gone: list[object]) -> None:
        act = Act(user=visit.user, code="own_password", via="board", address=visit.address)
        deferToThread(note, self._workspace, act).addErrback(
            lambda failure: logger.error("an act could not be noted: %s", failure.getErrorMessage())
        )
        if gone:
            return
        if visit.visitor.has_session and self._door.browsers is not None:
            token = self._door.browsers.begin(visit.user, token_in(request.requestHeaders))
            set_token(request, token, is_secure=is_https(request.requestHeaders, request.peer))
        self._send(request, redirect(visit.link("password", told="changed")))

    def _refuse(self, refused: Refused, request: GuardedRequest, answer: Answer, gone: list[object]) -> None:
        if refused.guesser:
            self._door.guesses.answered(refused.guesser)
        if not gone:
            self._send(request, answer)

    def _failed(self, failure: Failure, request: GuardedRequest, visit: Visit, gone: list[object]) -> None:
        logger.error("%s could not change their password: %s", visit.user, failure.getErrorMessage())
        if not gone:
            self._send(request, self._page(visit, "not_kept", 503))
