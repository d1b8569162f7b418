"""Answers to an order that leave open whether it was taken: no one of them says yes or no."""

from __future__ import annotations

import asyncio

from aiohttp import web

from sandbox.html_pages import notice
from sandbox.portal import CLIENT_CLOSED_REQUEST, RECORD_DONE
from sandbox.world import SandboxShop

# A client that waits longer for an answer waits for ever.
_SILENCE_SECONDS = 90

ANSWERS = (
    "500",
    "502",
    "503",
    "504",
    "cut",
    "silence",
    "page",
    "half",
    "nothing",
    "no name",
    "no status",
    "null",
    "list",
    "202",
)
"""The kinds there are; a shop gets the one of its number."""

_BODIES = {
    "half": '{"status":0,"content":{"taskNa',
    "nothing": "",
    "no name": '{"status":0,"content":null}',
    "no status": '{"message":"success"}',
    "null": "null",
    "list": "[0]",
}


def kind_for(shop: SandboxShop) -> str:
    """Which of `ANSWERS` a shop gets."""
    return ANSWERS[(shop.number - 1) % len(ANSWERS)]


async def doubtful_answer(request: web.Request, shop: SandboxShop) -> web.Response:
    """The answer of the shop's kind."""
    kind = kind_for(shop)
    if kind == "silence":
        await asyncio.sleep(_SILENCE_SECONDS)
    if kind in ("cut", "silence"):
        if request.transport is not None:
            request[RECORD_DONE](CLIENT_CLOSED_REQUEST)
            request.transport.close()
        return web.Response()
    if kind in _BODIES:
        return web.Response(text=_BODIES[kind], content_type="application/json", charset="utf-8")
    return notice(status=200 if kind == "page" else int(kind))
