"""What pages store in a browser (localStorage, IndexedDB): brought to their first document, and read at the end.

Playwright does both in a tab of its own, which costs the processor a third of a sign-in; it is asked for what only
it can copy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from playwright.async_api import BrowserContext, Frame, Page, Route

#: Of the empty document in which an origin's storage is read once its own are left. No portal is asked for it.
_QUIET_PATH = "/shopdata-reads-what-is-stored"
_EMPTY = '<!DOCTYPE html><link rel="icon" href="data:,">'


@dataclass
class _Storage:
    """One context's: what was brought, by origin, and the origins whose documents were open in it."""

    brought: dict[str, dict[str, Any]] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)


_STORAGES: WeakKeyDictionary[BrowserContext, _Storage] = WeakKeyDictionary()


def is_simple(origin: dict[str, Any]) -> bool:
    """True for what `bring` can bring: localStorage, and databases of which nothing is encoded."""
    databases = origin.get("indexedDB", [])
    try:
        stores = [store for database in databases for store in database["stores"]]
        records = [record for store in stores for record in store["records"]]
        named = [*databases, *stores, *(index for store in stores for index in store["indexes"])]
        is_plain = all("value" in record and "keyEncoded" not in record for record in records)
        return is_plain and all(isinstance(each["name"], str) for each in named)
    except (KeyError, TypeError):
        return False


async def bring(context: BrowserContext, origins: list[dict[str, Any]]) -> None:
    """Every page of this context, from its first document on, finds what its origin had stored; for a new context.

    Args:
        origins: of Playwright's storage state; all of them are `is_simple`.
    """
    storage = _STORAGES[context] = _Storage({origin["origin"]: origin for origin in origins})

    def note(frame: Frame) -> None:
        storage.visited |= {origin} if (origin := _origin(frame)) else set()

    def watch(page: Page) -> None:
        page.on("framenavigated", note)

    context.on("page", watch)
    if storage.brought:
        stored = {name: {"localStorage": [], "indexedDB": [], **origin} for name, origin in storage.brought.items()}
        await context.add_init_script(f"{_source('bring_storage.js')}({json.dumps(stored)}, {json.dumps(_QUIET_PATH)})")


async def read(context: BrowserContext) -> list[dict[str, Any]] | None:
    """What every origin has stored now; one that no document was open of, what was brought.

    A page of the context may be led away from what it shows.

    Returns:
        origins of Playwright's storage state; None where only Playwright can read them.
    """
    storage = _STORAGES.get(context)
    if storage is None or not context.pages:
        return None
    found: dict[str, dict[str, Any] | None] = {}
    for frame in (frame for page in context.pages for frame in page.frames):
        if (origin := _origin(frame)) and origin not in found:
            found[origin] = await _stored(frame)
    if left := sorted(storage.visited - found.keys()):
        page = context.pages[0]
        # No worker of the portal's may answer in our place.
        session = await context.new_cdp_session(page)
        await session.send("Network.setBypassServiceWorker", {"bypass": True})
        await page.route("**", _answer_empty)
        for origin in left:
            await page.goto(f"{origin}{_QUIET_PATH}")
            found[origin] = await _stored(page.main_frame)
    if None in found.values():
        return None
    unseen = [origin for name, origin in storage.brought.items() if name not in found]
    return [{"origin": name, **stored} for name, stored in found.items() if stored and any(stored.values())] + unseen


async def _stored(frame: Frame) -> dict[str, Any] | None:
    stored: dict[str, Any] | None = await frame.evaluate(_source("read_storage.js"))
    return stored


async def _answer_empty(route: Route) -> None:
    await route.fulfill(body=_EMPTY, content_type="text/html")


def _origin(frame: Frame) -> str:
    """Of a frame's document; "" for one that is of no host."""
    place = urlsplit(frame.url)
    return f"{place.scheme}://{place.netloc}" if place.scheme in ("http", "https") else ""


@cache
def _source(name: str) -> str:
    text = resources.files("shopdata.sessions").joinpath(name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//")).strip()
