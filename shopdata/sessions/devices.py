"""The device that a portal knows a shop's account by: what its browser would still have after it was closed.

It outlives every session. A portal that knows the device asks less for codes than one that sees a new one each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from playwright.async_api import Browser, BrowserContext
from playwright.async_api import Error as PlaywrightError
from pydantic import BaseModel, ConfigDict, Field

from shopdata.browser.alive import is_end
from shopdata.browser.chromium import context_options, user_agent_of
from shopdata.browser.starting import first_line
from shopdata.config import Portal, Shop
from shopdata.exceptions import DiskError, LedgerError
from shopdata.sessions import page_storage
from shopdata.sessions.places import FilePlace, Place, object_in

logger = logging.getLogger(__name__)

#: Fifty times what is usual; what is larger is no device's number, and would be carried through every sign-in.
LARGEST_BYTES = 1 << 20
_STATE_SECONDS = 10
#: Of these, for the quick way: a frame that answers no more is none of Playwright's own tab.
_READ_SECONDS = 4


class _Loose(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Cookie(_Loose):
    name: Annotated[str, Field(min_length=1)]
    value: str
    domain: Annotated[str, Field(min_length=1)]
    path: Annotated[str, Field(pattern="^/")]
    expires: float = -1
    httpOnly: bool = False
    secure: bool = False
    sameSite: Literal["Strict", "Lax", "None"] = "Lax"


class _Item(_Loose):
    name: str
    value: str


class _Origin(_Loose):
    origin: Annotated[str, Field(pattern="^https?://")]
    localStorage: list[_Item] = []
    indexedDB: list[Any] = []


class _State(_Loose):
    """Playwright's storage state."""

    cookies: list[_Cookie]
    origins: list[_Origin] = []


@dataclass
class DeviceStore:
    """One file per shop, `PLATFORM_SHOP.device`, as private as its session."""

    folder: Path
    secret_key: str | None = field(default=None, repr=False)
    #: Where they are kept, if not in files of that folder.
    place: Place | None = None

    @property
    def _place(self) -> Place:
        return self.place or FilePlace(self.folder, self.secret_key)

    def load(self, shop: Shop) -> dict[str, Any] | None:
        """The storage state to begin with; None for a new device, as for another user name."""
        try:
            data = self._read(shop)
            if not data:
                return None
            state = _State.model_validate(data.get("state")).model_dump(exclude_unset=True)
        except (ValueError, DiskError, LedgerError, OSError) as error:
            # It must never cost a sign-in: at worst the portal asks for a code.
            logger.warning(
                "%s: its device (%s) can't be used, the portal will see a new one: %s",
                shop.id,
                self._name(shop),
                "damaged, or saved with another key" if isinstance(error, ValueError) else error,
            )
            return None
        state["cookies"] = [cookie for cookie in state["cookies"] if not 0 <= cookie.get("expires", -1) < time.time()]
        return state

    def save(
        self, shop: Shop, portal: Portal, state: dict[str, Any], *, user_agent: str = "", brands: str = ""
    ) -> None:
        """Keeps what is not the session's, over what there was; says so where it is another browser than before.

        Args:
            brands: what the browser calls itself to pages, without versions; "" where nobody knows.
        """
        kept = _within_limit(_without_session(state, portal))
        if kept is None:
            logger.warning("%s: its device is too large to be kept: the portal will see the old one", shop.id)
            return
        now, before = datetime.now(UTC).isoformat(), {}
        with contextlib.suppress(ValueError, DiskError, LedgerError, OSError):
            before = self._read(shop)
        known = before.get("brands") or brands
        if brands and brands != known:
            logger.warning(
                "%s: this browser calls itself %s, the one before %s: to the portal it may be a new device",
                shop.id,
                brands,
                known,
            )
        data = {"username": shop.username, "made_at": before.get("made_at", now), "saved_at": now}
        data |= {"user_agent": user_agent, "brands": brands or known}
        try:
            content = json.dumps({**data, "state": kept}, ensure_ascii=False).encode()
            self._place.write(self._name(shop), content)
        except (DiskError, LedgerError, OSError) as error:
            logger.warning("%s: its device can't be kept, the portal will see the old one: %s", shop.id, error)

    def has(self, shop: Shop) -> bool:
        """True if something is kept of the shop; whether it can be used, `load` finds out."""
        return self._place.has(self._name(shop))

    def made_at(self, shop: Shop) -> datetime | None:
        """Since when the portal may know it; None where there is none, or nobody knows."""
        with contextlib.suppress(ValueError, DiskError, LedgerError, OSError):
            moment = datetime.fromisoformat(str(self._read(shop).get("made_at")))
            return moment if moment.tzinfo else None
        return None

    def forget(self, shop: Shop) -> None:
        """The next sign-in is one on a new device."""
        self._place.remove(self._name(shop))

    def _read(self, shop: Shop) -> dict[str, Any]:
        """What is kept of this account; empty if there is nothing."""
        name = self._name(shop)
        content = self._place.read(name)
        if content is not None and len(content) > 2 * LARGEST_BYTES:
            raise ValueError(name)
        data = object_in(content, name)
        return data if data.get("username") == shop.username else {}

    @staticmethod
    def _name(shop: Shop) -> str:
        return f"{shop.file_stem}.device"


async def open_context(browser: Browser, **own: Any) -> BrowserContext:
    """A context as all of them are; what it should have stored is left out where it can't be brought.

    Args:
        own: for `context_options`.
    """
    state = own.pop("storage_state", None) or {}
    origins = state.get("origins", [])
    simple = [origin for origin in origins if page_storage.is_simple(origin)]
    cookies = {"cookies": state.get("cookies", [])}
    context = await _open(browser, {**cookies, "origins": [origin for origin in origins if origin not in simple]}, own)
    await page_storage.bring(context, simple)
    return context


async def _open(browser: Browser, state: dict[str, Any], own: dict[str, Any]) -> BrowserContext:
    try:
        return await browser.new_context(**context_options(browser.version, storage_state=state, **own))
    except PlaywrightError as error:
        if not state["origins"] or not browser.is_connected() or is_end(error):
            raise
        logger.warning("what a page had stored can't be brought to it again: %s", first_line(error))
    return await _open(browser, {**state, "origins": []}, own)


async def keep_device(store: DeviceStore, context: BrowserContext, shop: Shop, portal: Portal) -> None:
    """Keeps the device that this context is, whatever came of the sign-in: the portal has seen it."""
    browser = context.browser
    if browser is None:
        return
    try:
        async with asyncio.timeout(_STATE_SECONDS):
            brands = await _brands(context)
            state = await _state_of(context)
    except (PlaywrightError, TimeoutError):
        # The browser is gone; the portal knows the device as it was before.
        return
    await asyncio.to_thread(store.save, shop, portal, state, user_agent=user_agent_of(browser.version), brands=brands)


async def _brands(context: BrowserContext) -> str:
    """As pages are told, and in the headers of every request; "" where no page is safe enough to be told."""
    question = "(navigator.userAgentData?.brands ?? []).map(({ brand }) => brand)"
    found = await context.pages[0].evaluate(question) if context.pages else []
    # One of them means nothing, and changes with the version.
    return ", ".join(sorted(brand for brand in map(str, found) if not re.search(r"Not\W*A\W*Brand", brand)))[:100]


async def _state_of(context: BrowserContext) -> dict[str, Any]:
    with contextlib.suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_READ_SECONDS):
            origins = await page_storage.read(context)
        if origins is not None:
            return {"cookies": [dict(cookie) for cookie in await context.cookies()], "origins": origins}
    try:
        return dict(await context.storage_state(indexed_db=True))
    except PlaywrightError as error:
        if is_end(error):
            raise
        # Some databases hold what can't be copied.
        return dict(await context.storage_state())


def _without_session(state: dict[str, Any], portal: Portal) -> dict[str, Any]:
    gone, keys = {*portal.session_cookies, *portal.account_cookies}, set(portal.session_storage)
    return {
        "cookies": [cookie for cookie in state["cookies"] if cookie["name"] not in gone],
        "origins": [
            {**origin, "localStorage": [item for item in origin.get("localStorage", []) if item["name"] not in keys]}
            for origin in state.get("origins", [])
        ],
    }


def _within_limit(state: dict[str, Any]) -> dict[str, Any] | None:
    """The state, or as much of it as may be kept: cookies before local storage before databases."""
    plain = [{name: value for name, value in origin.items() if name != "indexedDB"} for origin in state["origins"]]
    for origins in (state["origins"], plain, []):
        kept = {**state, "origins": origins}
        if len(json.dumps(kept, ensure_ascii=False).encode()) <= LARGEST_BYTES:
            return kept
    return None
