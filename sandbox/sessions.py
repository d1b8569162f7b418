"""Who is signed in, by the cookies of a request; each platform has its own cookies."""

from __future__ import annotations

import datetime as dt
import time
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any

from aiohttp import web

from sandbox.faults import Fault
from sandbox.portal import ADDRESS, Stage
from sandbox.world import SandboxSession, SandboxShop

SESSION_FAULTS = frozenset({Fault.SESSION_DEAD_ONCE, Fault.SESSION_DEAD_ALWAYS, Fault.KICKED})
"""The faults that `Sessions` knows."""


class Sessions(ABC):
    """The sessions of one platform."""

    cookie_seconds: int
    """How long the cookies claim to live."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        #: Calls of the data interface since the shop's last sign-in.
        self._calls: Counter[str] = Counter()

    @abstractmethod
    def token(self, request: web.Request) -> str:
        """The session's token in the cookies of a request; "" if there is none."""

    @abstractmethod
    def new_cookies(self, shop: SandboxShop) -> list[tuple[str, str, bool]]:
        """Opens a session; returns name and value of its cookies, and whether each is HttpOnly."""

    def shop_of(self, request: web.Request) -> SandboxShop | None:
        """The shop whose session the request carries, alive or not."""
        session = self._session(request)
        return None if session is None else self._stage.world.shop(session.shop_id)

    def live_shop(self, request: web.Request) -> SandboxShop | None:
        """The shop that is signed in."""
        session = self._session(request)
        return self._stage.world.shop(session.shop_id) if session is not None and session.is_alive() else None

    def _session(self, request: web.Request) -> SandboxSession | None:
        return self._stage.world.session(self.token(request))

    def live_shop_for_data(self, request: web.Request, at: str, day: dt.date | None) -> SandboxShop | None:
        """The same for a call of the data interface, where faults may end or ignore the session."""
        faults = self._stage.faults
        shop = self.shop_of(request)
        if shop is None or faults.take(shop.id, Fault.SESSION_DEAD_ALWAYS, day=day, at=at):
            return None
        self._calls[shop.id] += 1
        is_many = self._calls[shop.id] > self._stage.options.kicked_after
        if is_many and self.live_shop(request) is not None and faults.take(shop.id, Fault.KICKED, day=day, at=at):
            self._stage.world.end_sessions(shop.id)
        if faults.take(shop.id, Fault.SESSION_DEAD_ONCE, day=day, at=at):
            self._stage.world.end_sessions(shop.id)
        return self.live_shop(request)

    def open(self, shop: SandboxShop) -> str:
        """Opens a session of a shop; returns its token."""
        self._calls[shop.id] = 0
        return self._stage.world.open_session(shop.id)

    def give(self, response: web.Response, shop: SandboxShop, cookies: list[tuple[str, str, bool]]) -> None:
        """Puts the cookies of a new session into the answer of a sign-in, which counts."""
        for name, value, is_http_only in cookies:
            response.set_cookie(name, value, max_age=self.cookie_seconds, httponly=is_http_only)
        self._stage.records.count("logins", shop.id)

    def storage_state(self, shop: SandboxShop) -> list[dict[str, Any]]:
        """The cookies of a new session, in the form of Playwright's storage state."""
        return [
            {
                "name": name,
                "value": value,
                "domain": ADDRESS,
                "path": "/",
                "expires": int(time.time()) + self.cookie_seconds,
                "httpOnly": is_http_only,
                "secure": False,
                "sameSite": "Lax",
            }
            for name, value, is_http_only in self.new_cookies(shop)
        ]
