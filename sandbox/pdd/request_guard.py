"""The guard that every call of Pinduoduo's data interface goes through, and the refusals it may meet there."""

from __future__ import annotations

import datetime as dt
import secrets
from itertools import count

from aiohttp import web

from sandbox.common_faults import common_fault_for
from sandbox.faults import Fault
from sandbox.html_pages import notice
from sandbox.pdd.answers import FAILED, NOT_SIGNED, RISK_TEXTS, SESSION_EXPIRED, Call, Refusal, too_frequent
from sandbox.pdd.session import PddSessions, login_path
from sandbox.pdd.signing import HEADER, PageKeys
from sandbox.portal import Stage
from sandbox.world import SandboxShop

GUARD_FAULTS = frozenset(
    {
        Fault.RISK_CONTROL,
        Fault.RISK_TEXT,
        Fault.SIGNATURE_REFUSED,
        Fault.REFUSED,
        Fault.HTML_INSTEAD_OF_JSON,
        Fault.DOUBLE_SPELLING,
    }
)
"""The faults that `RequestGuard` knows besides obstacles and sessions."""


class RequestGuard:
    """Lets a call in, or says why not."""

    def __init__(self, stage: Stage, sessions: PddSessions, page_keys: PageKeys) -> None:
        self._stage = stage
        self._sessions = sessions
        self._page_keys = page_keys
        self._risk_texts = count()

    async def enter(self, request: web.Request, call: Call, day: dt.date | None) -> SandboxShop | web.Response:
        """The shop that may make this call now, or the answer that it gets instead."""
        caller = self._sessions.shop_of(request)
        if (obstacle := await common_fault_for(self._stage, caller, call.name, day)) is not None:
            return obstacle
        shop = self._sessions.live_shop_for_data(request, call.name, day)
        if shop is None:
            return self._expired(request, caller, call)
        is_signed = call.is_signed or (call.name == "reviews" and self._stage.changes.is_on("pdd_reviews_signed"))
        if is_signed and not await self._is_signed(request, shop, call, day):
            return self.refuse(shop, call, NOT_SIGNED)
        if self._is_struck(shop, Fault.HTML_INSTEAD_OF_JSON, call, day):
            return notice()
        refusal = self._refusal(shop, call, day)
        return shop if refusal is None else self.refuse(shop, call, refusal)

    def refuse(self, shop: SandboxShop | None, call: Call, refusal: Refusal) -> web.Response:
        """A refusal in the spelling of the call."""
        is_other = shop is not None and self._is_struck(shop, Fault.DOUBLE_SPELLING, call, None)
        return call.refusal(refusal, is_other_spelling=is_other)

    def _is_struck(self, shop: SandboxShop, fault: Fault, call: Call, day: dt.date | None) -> bool:
        return self._stage.faults.take(shop.id, fault, day=day, at=call.name)

    def _expired(self, request: web.Request, caller: SandboxShop | None, call: Call) -> web.Response:
        """docs/portals.md 1.3 [C 5]: code 43001 on every endpoint that was tried, unless the options say otherwise."""
        match self._stage.options.dead_session_answer:
            case "redirect":
                return web.Response(status=302, headers={"Location": login_path("/home")})
            case "html":
                return notice()
            case _:
                return self.refuse(caller, call, SESSION_EXPIRED)

    async def _is_signed(self, request: web.Request, shop: SandboxShop, call: Call, day: dt.date | None) -> bool:
        if self._is_struck(shop, Fault.SIGNATURE_REFUSED, call, day):
            return False
        token, body = request.headers.get(HEADER, ""), await request.text()
        return self._page_keys.accept(token, shop_id=shop.id, method=request.method, path=request.path_qs, body=body)

    def _refusal(self, shop: SandboxShop, call: Call, day: dt.date | None) -> Refusal | None:
        if self._is_struck(shop, Fault.RISK_CONTROL, call, day):
            return too_frequent(secrets.token_hex(16))
        if self._is_struck(shop, Fault.RISK_TEXT, call, day):
            return RISK_TEXTS[next(self._risk_texts) % len(RISK_TEXTS)]
        return FAILED if self._is_struck(shop, Fault.REFUSED, call, day) else None
