"""What the page of a sign-in asks for all the time: pictures, what has changed, and where the person's hand goes.

It is answered in the reactor's thread: a browser that waits for the next picture would hold one of the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as twisted_reactor
from twisted.web.server import NOT_DONE_YET, Request

from shopdata.service.board.answers import Answer
from shopdata.service.board.pages.live import part_values
from shopdata.service.board.rendering import Renderer
from shopdata.service.board.visit import Tokens, Visit
from shopdata.service.sign_ins.points import MOST_INPUT_BYTES, OddInputError, read_input
from shopdata.service.sign_ins.sign_in import SignIn
from shopdata.service.sign_ins.sign_ins import SignIns

reactor: Any = twisted_reactor

_GET = ("frame", "state", "qr.png")

Send = Callable[[Request, Answer], None]


class Live:
    """Answers below `sessions/SHOP/live/`.

    Args:
        send: writes an answer with all that every answer of the board has.
    """

    def __init__(self, sign_ins: SignIns, renderer: Renderer, tokens: Tokens, send: Send) -> None:
        self._sign_ins = sign_ins
        self._renderer = renderer
        self._tokens = tokens
        self._send = send

    def takes(self, path: tuple[str, ...]) -> bool:
        """True for what is answered here."""
        return len(path) == 4 and (path[0], path[2]) == ("sessions", "live") and path[3] in (*_GET, "input")

    def render(self, request: Request, visit: Visit) -> int:
        """Answers, now or when there is something."""
        sign_in = self._sign_ins.of(visit.path[1])
        if sign_in is None or not _is_theirs(sign_in, visit):
            # Another browser has it now, or it is over since long: the page finds out which.
            self._send(request, Answer(b"", 404, "text/plain"))
            return NOT_DONE_YET
        sign_in.seen()
        if visit.path[3] == "input":
            self._send(request, self._input(request, visit, sign_in))
        elif request.method not in (b"GET", b"HEAD"):
            self._send(request, Answer(b"", 405, "text/plain"))
        elif visit.path[3] == "qr.png":
            self._send(request, Answer(sign_in.qr_png, 200 if sign_in.qr_png else 404, "image/png"))
        else:
            answer = self._frame if visit.path[3] == "frame" else self._state
            self._later(request, visit, sign_in, visit.path[3], answer)
        return NOT_DONE_YET

    def _later(
        self,
        request: Request,
        visit: Visit,
        sign_in: SignIn,
        what: str,
        answer: Callable[[Visit, SignIn], Answer | None],
    ) -> None:
        if what == "frame":
            sign_in.want_frames(is_held=visit.query.get("held") == "1", is_slow=visit.query.get("slow") == "1")
        found = answer(visit, sign_in)
        if found is not None:
            self._send(request, found)
            return
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)
        # Something between may hold no answer open for so long: then the page asks for shorter waits.
        seconds = visit.query.get("wait", "")
        waiting = sign_in.wait(what, int(seconds)) if seconds.isascii() and seconds.isdigit() else sign_in.wait(what)

        def go_on(_: bool) -> None:
            if not gone:
                # Of another person by now, perhaps.
                found = answer(visit, sign_in) if _is_theirs(sign_in, visit) else Answer(b"", 404, "text/plain")
                self._send(request, found or Answer(b"", 204, "text/plain"))

        waiting.addCallback(go_on)

    def _frame(self, visit: Visit, sign_in: SignIn) -> Answer | None:
        frame = sign_in.frame
        if sign_in.now.is_over:
            return Answer(b"", 404, "text/plain")
        if frame is None or str(frame.number) == visit.query.get("after"):
            return None
        about = {"X-Frame": f"{frame.number},{frame.width},{frame.height}"}
        return Answer(frame.jpeg, content_type="image/jpeg", headers=about)

    def _state(self, visit: Visit, sign_in: SignIn) -> Answer | None:
        if str(sign_in.now.number) == visit.query.get("after"):
            return None
        values = part_values(visit.texts, sign_in.shop, sign_in.now, sign_in.view)
        headers = {"X-State": f"{sign_in.now.number},{int(sign_in.now.is_over)},{int(sign_in.now.is_shown)}"}
        return Answer(self._renderer.part(visit, "live_parts", values), headers=headers)

    def _input(self, request: Request, visit: Visit, sign_in: SignIn) -> Answer:
        kind = (request.getHeader("Content-Type") or "").partition(";")[0].strip()
        is_foreign = request.getHeader("Sec-Fetch-Site") in ("cross-site", "same-site", "none")
        if request.method != b"POST" or kind != "application/json":
            return Answer(b"", 415 if request.method == b"POST" else 405, "text/plain")
        if is_foreign or not self._tokens.fits(request.getHeader("X-Board-Token") or "", visit.user, visit.nonce):
            return Answer(b"", 403, "text/plain")
        now = reactor.seconds()
        if sign_in.is_too_fast(now):
            return Answer(b"", 429, "text/plain")
        assert request.content is not None
        request.content.seek(0)
        try:
            given = read_input(request.content.read(MOST_INPUT_BYTES + 1))
        except OddInputError as error:
            return Answer(f"{error}\n".encode(), 400, "text/plain")
        sign_in.take_input(given)
        return Answer(json.dumps({"seq": given.number}).encode(), content_type="application/json")


def _is_theirs(sign_in: SignIn, visit: Visit) -> bool:
    return visit.query.get("view") == sign_in.view and sign_in.person.is_same(visit.user, visit.nonce)
