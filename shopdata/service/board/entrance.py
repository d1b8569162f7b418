"""The page to sign in by, and the way out.

It is answered in the reactor's thread: whoever has typed a wrong password waits, and holds nobody's place meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twisted.internet import reactor as twisted_reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThread
from twisted.web.server import NOT_DONE_YET

from shopdata.ledger.acts import Act
from shopdata.service.acts import note
from shopdata.service.board.answers import Answer, redirect
from shopdata.service.board.rendering import RenderedPage, Renderer
from shopdata.service.board.visit import NONCE_COOKIE, Tokens, Visit
from shopdata.service.door import Door
from shopdata.service.door.cookies import drop_cookie, drop_token, set_token, token_in
from shopdata.service.door.decisions import Refused
from shopdata.service.door.sign_in import Credentials
from shopdata.service.door.site import GuardedRequest
from shopdata.service.door.way_in import is_https, within
from shopdata.service.people.roles import NOBODY, Visitor
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)
reactor: Any = twisted_reactor

_LONGEST = 1000
#: What the page may be told.
TOLD = ("expired", "signed_out", "wrong", "too_many", "busy")

Send = Callable[[GuardedRequest, Answer], None]


class Entrance:
    """Answers `login`, `do/login` and `do/logout`.

    Args:
        send: writes an answer with all that every answer of the board has.
    """

    def __init__(self, door: Door, workspace: Workspace, renderer: Renderer, tokens: Tokens, send: Send) -> None:
        self._door = door
        self._workspace = workspace
        self._renderer = renderer
        self._tokens = tokens
        self._send = send

    def takes(self, visit: Visit, method: bytes) -> bool:
        """True for what is answered here."""
        if method == b"POST":
            return visit.path in (("do", "login"), ("do", "logout"))
        return visit.path == ("login",)

    def render(self, request: GuardedRequest, visit: Visit) -> int:
        """Answers, now or when the password has been looked at."""
        if request.method != b"POST":
            self._send(request, self._page_or_on(request, visit))
        elif not self._is_ours(request, visit):
            self._send(request, self._page(visit, "expired", 403))
        elif visit.path == ("do", "login"):
            self._sign_in(request, visit)
        else:
            self._sign_out(request, visit)
        return NOT_DONE_YET

    def _page_or_on(self, request: GuardedRequest, visit: Visit) -> Answer:
        if visit.visitor.has_session:
            return redirect(_on(visit, visit.query.get("next", "")))
        if request.getHeader("Sec-Fetch-Site") == "cross-site" and "again" not in visit.query:
            # A link from another site brings no strict cookie along. Asked for by a page of ours, it comes.
            return Answer(self._renderer.part(visit, "bounce", {"target": visit.here(again="1")}))
        return self._page(visit, visit.query.get("told", ""))

    def _page(self, visit: Visit, told: str = "", status: int = 200) -> Answer:
        wanted = within((visit.form or visit.query).get("next", ""))
        values = {
            "told_kind": told if told in TOLD else "",
            "next": wanted,
            "name": visit.form.get("name", "")[:_LONGEST],
        }
        page = RenderedPage("login", visit.texts("login.title"), "", values)
        # Also where somebody is signed in already: the page is for whoever comes next.
        return Answer(self._renderer.page(replace(visit, visitor=NOBODY), page), status)

    def _is_ours(self, request: GuardedRequest, visit: Visit) -> bool:
        is_foreign = request.getHeader("Sec-Fetch-Site") in ("cross-site", "same-site")
        return not is_foreign and self._tokens.fits(visit.form.get("token", ""), visit.user, visit.nonce)

    def _sign_in(self, request: GuardedRequest, visit: Visit) -> None:
        given = Credentials(visit.form.get("name", "")[:_LONGEST].strip(), visit.form.get("password", "")[:_LONGEST])
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)
        found = self._door.check(given, visit.address)
        checked = found if isinstance(found, Deferred) else succeed(found)
        checked.addCallback(self._decided, request, visit, gone)
        checked.addErrback(lambda failure: logger.error("somebody could not sign in: %s", failure.getErrorMessage()))

    def _decided(self, found: Visitor | Refused, request: GuardedRequest, visit: Visit, gone: list[object]) -> None:
        if isinstance(found, Refused):
            kind = {401: "wrong", 429: "too_many"}.get(found.status, "busy")
            status = 403 if found.status == 401 else int(found.status)
            reactor.callLater(found.after_seconds, self._refuse, found, request, self._page(visit, kind, status), gone)
        elif not gone:
            assert self._door.browsers is not None
            token = self._door.browsers.begin(found.name, token_in(request.requestHeaders))
            set_token(request, token, is_secure=is_https(request.requestHeaders, request.peer))
            self._note(visit, found.name, "signed_in")
            self._send(request, redirect(_on(visit, visit.form.get("next", ""))))

    def _refuse(self, refused: Refused, request: GuardedRequest, answer: Answer, gone: list[object]) -> None:
        if refused.guesser:
            self._door.guesses.answered(refused.guesser)
        if not gone:
            self._send(request, answer)

    def _sign_out(self, request: GuardedRequest, visit: Visit) -> None:
        token = token_in(request.requestHeaders)
        if token and self._door.browsers is not None:
            self._door.browsers.end(token)
            self._note(visit, visit.user, "signed_out")
        drop_token(request)
        # What its pages hold is worth nothing any more.
        drop_cookie(request, NONCE_COOKIE)
        self._send(request, redirect(visit.link("login", told="signed_out")))

    def _note(self, visit: Visit, user: str, code: str) -> None:
        act = Act(user=user, code=code, via="board", address=visit.address)
        deferToThread(note, self._workspace, act).addErrback(
            lambda failure: logger.error("an act could not be noted: %s", failure.getErrorMessage())
        )


def _on(visit: Visit, wanted: str) -> str:
    """Where somebody wanted to go before they had to sign in; the front page as a rule."""
    front = visit.mount.rpartition("/")[0]
    return f"{front}/{within(wanted)}" if front else f"./{within(wanted)}"
