"""What may stand in the way of any call of a data interface, on every platform."""

from __future__ import annotations

import asyncio
import datetime as dt

from aiohttp import web

from sandbox.bombs import bomb, garbled, long_text, many_values
from sandbox.faults import EVERY_SHOP, Fault
from sandbox.html_pages import notice
from sandbox.portal import Stage
from sandbox.world import SandboxShop

_BOMBS = {
    Fault.ANSWER_BOMB: bomb,
    Fault.ANSWER_OF_VALUES: many_values,
    Fault.ANSWER_OF_TEXT: long_text,
    Fault.GARBLED: garbled,
}

COMMON_FAULTS = frozenset(
    {Fault.SLOW, Fault.TOO_MANY_REQUESTS, Fault.SERVER_ERROR_ONCE, Fault.SERVER_ERROR_ALWAYS, *_BOMBS}
)
"""The faults that `common_fault_for` knows: those of a platform that calls it."""


async def common_fault_for(stage: Stage, shop: SandboxShop | None, at: str, day: dt.date | None) -> web.Response | None:
    """The answer that stands in the way of this call; None when the way is free."""
    if shop is None:
        return None
    if stage.faults.take(shop.id, Fault.SLOW, day=day, at=at):
        await asyncio.sleep(stage.options.slow_seconds)
    if stage.faults.take(shop.id, Fault.TOO_MANY_REQUESTS, day=day, at=at):
        # docs/portals.md 3.5 [S] for Pinduoduo; what JD answers to too many calls was not recorded. [A]
        return web.Response(status=429, headers={"Retry-After": str(stage.options.retry_after_seconds)})
    for fault in (Fault.SERVER_ERROR_ONCE, Fault.SERVER_ERROR_ALWAYS):
        if stage.faults.take(shop.id, fault, day=day, at=at):
            return notice(status=500)
    for fault, answer in _BOMBS.items():
        if stage.faults.take(shop.id, fault, day=day, at=at):
            return answer()
    return None


async def delay_login_page(stage: Stage) -> None:
    """Waits, if the login page comes late."""
    if stage.faults.take(EVERY_SHOP, Fault.LOGIN_PAGE_SLOW):
        await asyncio.sleep(stage.options.slow_seconds)
