"""Links that `scrapy login SHOP --board` gives out: each is good for one sign-in, whose end the command is told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from twisted.internet import reactor as twisted_reactor

from shopdata.service.sign_ins.sign_in import SignIn

reactor: Any = twisted_reactor

#: A link dies with the command that has given it out: that asks every second.
_UNASKED_SECONDS = 30.0
_LONGEST_SECONDS = 3600.0


@dataclass
class _Invitation:
    shop_id: str
    made_at: float
    asked_at: float
    sign_in: SignIn | None = None


class Invitations:
    """In the reactor's thread only. The link alone opens nothing: the board's door stands before it."""

    def __init__(self) -> None:
        self._of: dict[str, _Invitation] = {}

    def make(self, shop_id: str) -> str:
        """A new one."""
        now = reactor.seconds()
        self._of = {code: one for code, one in self._of.items() if _is_asked(one, now)}
        code = secrets.token_urlsafe(16)
        self._of[code] = _Invitation(shop_id, now, now)
        return code

    def is_open(self, code: str, shop_id: str) -> bool:
        """True for one of this shop that nobody has used, and somebody still waits for."""
        found = self._of.get(code)
        if found is None or found.sign_in is not None or found.shop_id != shop_id:
            return False
        return _is_asked(found, reactor.seconds())

    def use(self, code: str, sign_in: SignIn) -> None:
        """It has led to this sign-in."""
        if self.is_open(code, sign_in.shop.id):
            self._of[code].sign_in = sign_in

    def ask(self, code: str) -> tuple[bool, SignIn | None]:
        """Whether it is known, and the sign-in that it has led to."""
        found = self._of.get(code)
        if found is None or not _is_asked(found, reactor.seconds()):
            return False, None
        found.asked_at = reactor.seconds()
        return True, found.sign_in


def _is_asked(one: _Invitation, now: float) -> bool:
    return now - one.asked_at < _UNASKED_SECONDS and now - one.made_at < _LONGEST_SECONDS
