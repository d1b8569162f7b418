"""What a page with a live picture asks for all the time: pictures, what has changed, and where the person's hand goes.

It is answered in the reactor's thread: a browser that waits for the next picture would hold one of the others.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as twisted_reactor
from twisted.web.server import NOT_DONE_YET, Request

from shopdata.service.board.answers import Answer
from shopdata.service.board.visit import Tokens, Visit
from shopdata.service.live.points import MOST_INPUT_BYTES, OddInputError, read_input
from shopdata.service.live.viewing import Viewing

reactor: Any = twisted_reactor

Send = Callable[[Request, Answer], None]


class Live(ABC):
    """Answers below the page of something that is seen and touched live.

    Args:
        send: writes an answer with all that every answer of the board has.
    """

    #: What may be got below the page.
    gets: tuple[str, ...] = ("frame", "state")

    def __init__(self, tokens: Tokens, send: Send) -> None:
        self._tokens = tokens
        self._send = send

    @abstractmethod
    def viewing(self, visit: Visit) -> Viewing | None:
        """What an address means; None where there is none now."""

    @abstractmethod
    def is_below(self, path: tuple[str, ...]) -> bool:
        """True for an address below one of these pages; its last part says what is asked for."""

    @abstractmethod
    def part(self, visit: Visit, viewing: Viewing) -> bytes:
        """The pieces of the page that change while one looks."""

    def picture(self, viewing: Viewing, name: str) -> bytes:
        """Another picture than the page's, as PNG; empty where there is none."""
        return b""

    def takes(self, path: tuple[str, ...]) -> bool:
        """True for what is answered here."""
        return self.is_below(path) and path[-1] in (*self.gets, "input")

    def render(self, request: Request, visit: Visit) -> int:
        """Answers, now or when there is something."""
        what, viewing = visit.path[-1], self.viewing(visit)
        if viewing is None or not _is_theirs(viewing, visit):
            # Another browser has it now, or it is over since long: the page finds out which.
            self._send(request, Answer(b"", 404, "text/plain"))
            return NOT_DONE_YET
        viewing.seen()
        if what == "input":
            self._send(request, self._input(request, visit, viewing))
        elif request.method not in (b"GET", b"HEAD"):
            self._send(request, Answer(b"", 405, "text/plain"))
        elif what in ("frame", "state"):
            self._later(request, visit, viewing, what, self._frame if what == "frame" else self._state)
        else:
            picture = self.picture(viewing, what)
            self._send(request, Answer(picture, 200 if picture else 404, "image/png"))
        return NOT_DONE_YET

    def _later(
        self,
        request: Request,
        visit: Visit,
        viewing: Viewing,
        what: str,
        answer: Callable[[Visit, Viewing], Answer | None],
    ) -> None:
        if what == "frame":
            viewing.want_frames(is_held=visit.query.get("held") == "1", is_slow=visit.query.get("slow") == "1")
        found = answer(visit, viewing)
        if found is not None:
            self._send(request, found)
            return
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)
        # Something between may hold no answer open for so long: then the page asks for shorter waits.
        seconds = visit.query.get("wait", "")
        waiting = viewing.wait(what, int(seconds)) if seconds.isascii() and seconds.isdigit() else viewing.wait(what)

        def go_on(_: bool) -> None:
            if not gone:
                # Of another person by now, perhaps.
                found = answer(visit, viewing) if _is_theirs(viewing, visit) else Answer(b"", 404, "text/plain")
                self._send(request, found or Answer(b"", 204, "text/plain"))

        waiting.addCallback(go_on)

    def _frame(self, visit: Visit, viewing: Viewing) -> Answer | None:
        frame = viewing.frame
        if viewing.now.is_over:
            return Answer(b"", 404, "text/plain")
        if frame is None or str(frame.number) == visit.query.get("after"):
            return None
        about = {"X-Frame": f"{frame.number},{frame.width},{frame.height}"}
        return Answer(frame.jpeg, content_type="image/jpeg", headers=about)

    def _state(self, visit: Visit, viewing: Viewing) -> Answer | None:
        if str(viewing.now.number) == visit.query.get("after"):
            return None
        headers = {"X-State": f"{viewing.now.number},{int(viewing.now.is_over)},{int(viewing.now.is_shown)}"}
        return Answer(self.part(visit, viewing), headers=headers)

    def _input(self, request: Request, visit: Visit, viewing: Viewing) -> Answer:
        kind = (request.getHeader("Content-Type") or "").partition(";")[0].strip()
        is_foreign = request.getHeader("Sec-Fetch-Site") in ("cross-site", "same-site", "none")
        if request.method != b"POST" or kind != "application/json":
            return Answer(b"", 415 if request.method == b"POST" else 405, "text/plain")
        if is_foreign or not self._tokens.fits(request.getHeader("X-Board-Token") or "", visit.user, visit.nonce):
            return Answer(b"", 403, "text/plain")
        now = reactor.seconds()
        if viewing.is_too_fast(now):
            return Answer(b"", 429, "text/plain")
        assert request.content is not None
        request.content.seek(0)
        try:
            given = read_input(request.content.read(MOST_INPUT_BYTES + 1))
        except OddInputError as error:
            return Answer(f"{error}\n".encode(), 400, "text/plain")
        viewing.take_input(given)
        return Answer(json.dumps({"seq": given.number}).encode(), content_type="application/json")


def _is_theirs(viewing: Viewing, visit: Visit) -> bool:
    return visit.query.get("view") == viewing.view and viewing.is_theirs(visit.person)
