"""What the page of a sign-in asks for all the time."""

from __future__ import annotations

from typing import cast

from shopdata.service.board.live import Live, Send
from shopdata.service.board.pages.live import part_values
from shopdata.service.board.rendering import Renderer
from shopdata.service.board.visit import Tokens, Visit
from shopdata.service.live.viewing import Viewing
from shopdata.service.sign_ins.sign_in import SignIn
from shopdata.service.sign_ins.sign_ins import SignIns


class LiveSignIn(Live):
    """Answers below `sessions/SHOP/live/`."""

    gets = ("frame", "state", "qr.png")

    def __init__(self, sign_ins: SignIns, renderer: Renderer, tokens: Tokens, send: Send) -> None:
        super().__init__(tokens, send)
        self._sign_ins = sign_ins
        self._renderer = renderer

    def is_below(self, path: tuple[str, ...]) -> bool:
        return len(path) == 4 and (path[0], path[2]) == ("sessions", "live")

    def viewing(self, visit: Visit) -> SignIn | None:
        return self._sign_ins.of(visit.path[1])

    def part(self, visit: Visit, viewing: Viewing) -> bytes:
        sign_in = cast("SignIn", viewing)
        values = part_values(visit.texts, sign_in.shop, sign_in.now, sign_in.view)
        return self._renderer.part(visit, "live_parts", values)

    def picture(self, viewing: Viewing, name: str) -> bytes:
        return cast("SignIn", viewing).qr_png
