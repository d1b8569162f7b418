"""Links that `scrapy login SHOP --board` and `scrapy record` give out: each is good for once, and the command is told
what comes of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from twisted.internet import reactor as twisted_reactor

from shopdata.service.live.viewing import Viewing

reactor: Any = twisted_reactor

#: A link dies with the command that has given it out: that asks every second.
_UNASKED_SECONDS = 30.0
_LONGEST_SECONDS = 3600.0


@dataclass
class _Invitation:
    key: str
    made_at: float
    asked_at: float
    viewing: Viewing | None = None


class Invitations:
    """In the reactor's thread only. The link alone opens nothing: the board's door stands before it."""

    def __init__(self) -> None:
        self._of: dict[str, _Invitation] = {}

    def make(self, key: str) -> str:
        """A new one."""
        now = reactor.seconds()
        self._of = {code: one for code, one in self._of.items() if _is_asked(one, now)}
        code = secrets.token_urlsafe(16)
        self._of[code] = _Invitation(key, now, now)
        return code

    def is_open(self, code: str, key: str) -> bool:
        """True for one of this key that nobody has used, and somebody still waits for."""
        found = self._of.get(code)
        if found is None or found.viewing is not None or found.key != key:
            return False
        return _is_asked(found, reactor.seconds())

    def use(self, code: str, viewing: Viewing) -> None:
        """It has led to this one."""
        if self.is_open(code, viewing.key):
            self._of[code].viewing = viewing

    def ask(self, code: str) -> tuple[bool, Viewing | None]:
        """Whether it is known, and what it has led to."""
        found = self._of.get(code)
        if found is None or not _is_asked(found, reactor.seconds()):
            return False, None
        found.asked_at = reactor.seconds()
        return True, found.viewing


def _is_asked(one: _Invitation, now: float) -> bool:
    return now - one.asked_at < _UNASKED_SECONDS and now - one.made_at < _LONGEST_SECONDS
