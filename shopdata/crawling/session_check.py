"""Asks each shop's session whether it lives, and signs in anew where that needs no person. Orders nothing.

It is a spider, so that its requests pass what those of a crawl do: session, pace, tries, cool-downs, parked shops,
the account's lock. It is in no spider list: `scrapy preflight` runs it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.exceptions import ChallengeError, OddAnswerError
from shopdata.reasons import NO_REASON, Reason
from shopdata.sessions.checking import SessionState, check_session
from shopdata.sessions.sign_in import PortalAnswer, login_for
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: What belongs to files, plans and their cells, of which there are none here.
_UNUSED = {
    "EXTENSIONS": (
        "published_feed.PublishedFeed",
        "cell_leases.CellLeases",
        "publish_at_idle.PublishAtIdle",
        "outcome.RunOutcome",
        "reasons.ReasonsLog",
        "progress.Progress",
        "alerts.Alerts",
    ),
    "ITEM_PIPELINES": (
        "admit.AdmitPipeline",
        "validate.ValidatePipeline",
        "compare.ComparePipeline",
        "stage.StagePipeline",
        "merge.MergePipeline",
        "publish.PublishPipeline",
        "refresh.RefreshPipeline",
    ),
}
#: So many shops are looked at side by side, those that sign in among them: hundreds in one second look like nobody.
_AT_ONCE = 16
_FOLDERS = {"EXTENSIONS": "shopdata.extensions", "ITEM_PIPELINES": "shopdata.pipelines"}
#: The settings of a spider that only asks.
UNUSED_COMPONENTS = {
    setting: {f"{_FOLDERS[setting]}.{name}": None for name in names} for setting, names in _UNUSED.items()
}


class Found(StrEnum):
    """What is known of a shop's session now."""

    SIGNED_IN = "signed_in"
    #: Its session had ended; it has a new one.
    RENEWED = "renewed"
    #: A person is needed.
    NEEDS_LOGIN = "needs_login"
    #: The portal did not say, or the shop is left alone for a while: the collection will see.
    UNCHECKED = "unchecked"


@dataclass(frozen=True)
class Checked:
    """One shop."""

    shop: Shop
    found: Found
    #: None for a shop without a session.
    signed_in_at: datetime | None = None
    reason: Reason = NO_REASON


class SessionCheck(Spider):
    """Fills `checked`, by shop id; a shop that is missing there was not come to."""

    name = "preflight"
    custom_settings = UNUSED_COMPONENTS
    checked: dict[str, Checked]
    _shops: Sequence[Shop]
    _run: CrawlRun
    _workspace: Workspace
    _arguments: Mapping[str, str]
    _default_agent: str
    _at_once: asyncio.Semaphore

    @classmethod
    def from_crawler(
        cls,
        crawler: Crawler,
        *args: Any,
        run_id: str,
        shops: Sequence[Shop],
        arguments: Mapping[str, str],
        **kwargs: Any,
    ) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider._run = CrawlRun.of(crawler, run_id)
        spider._workspace = Workspace.of(crawler)
        spider._shops, spider._arguments, spider.checked = shops, arguments, {}
        spider._at_once = asyncio.Semaphore(spider._workspace.shops_at_once or _AT_ONCE)
        spider._default_agent = crawler.settings["USER_AGENT"]
        return spider

    async def start(self) -> AsyncIterator[Any]:
        await self._run.begin(self.name, self._arguments)
        try:
            await asyncio.gather(*map(self._look_at, self._shops))
        finally:
            await self._run.end()
        return
        yield

    async def _look_at(self, shop: Shop) -> None:
        try:
            async with self._at_once:
                checked = await self._check(shop, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others are looked at
            checked = _failed(shop, error)
        self.checked[shop.id] = checked
        if checked.reason:
            logger.warning("%s: %s: %s", shop.id, checked.found.replace("_", " "), checked.reason)
        else:
            logger.info("%s: %s", shop.id, checked.found.replace("_", " "))

    async def _check(self, shop: Shop, began_at: datetime) -> Checked:
        """Raises ShopdataError."""
        if not await run_in_thread(self._workspace.devices.has, shop):
            await run_in_thread(self._workspace.left_alone.refuse, shop)
            await self._workspace.pace.turn(shop)
            return await run_in_thread(self._only_ask, shop)
        portal, login = self._workspace.config.portal(shop.platform), login_for(shop.platform)
        url, headers = login.check_call(portal)
        meta = {"shopdata_shop": shop.id, "shopdata_session": True}
        assert self.crawler.engine is not None
        response = await self.crawler.engine.download_async(Request(url, headers=headers, meta=meta, dont_filter=True))
        if not login.is_session_alive(_answer(response)):
            raise _says_neither(shop)
        return await run_in_thread(self._alive, shop, began_at)

    def _alive(self, shop: Shop, began_at: datetime) -> Checked:
        signed_in_at = self._workspace.sessions.note_check(shop, SessionState.ALIVE)
        is_new = signed_in_at is not None and signed_in_at >= began_at
        return Checked(shop, Found.RENEWED if is_new else Found.SIGNED_IN, signed_in_at)

    def _only_ask(self, shop: Shop) -> Checked:
        """On a device that is new to the portal, a sign-in is likely to need a person, who is not there now.

        Raises:
            ShopdataError: the shop has no session that lives.
        """
        session = self._workspace.sessions.load(shop)
        state = SessionState.NONE
        if session is not None:
            portal = self._workspace.config.portal(shop.platform)
            state = check_session(shop, portal, session, self._default_agent)
            self._workspace.sessions.note_check(shop, state)
        if session is not None and state is SessionState.ALIVE:
            return Checked(shop, Found.SIGNED_IN, session.saved_at)
        if state is SessionState.UNKNOWN:
            raise _says_neither(shop)
        raise ChallengeError(
            "there is no session" if session is None else "the session has ended",
            code="device_unknown",
            where=f"shop {shop.id!r}",
            found="no browser that the portal knows: it is likely to ask for more than the password",
            todo=f"Run `scrapy login {shop.id}`, or sign it in from the board; else the collection tries.",
        )


def _failed(shop: Shop, error: Exception) -> Checked:
    reason = Reason.of(error)
    if reason.code == "bug":
        logger.error("%s: %s", shop.id, reason, exc_info=error)
    is_for_person = getattr(error, "state", None) == CellState.NEEDS_LOGIN
    return Checked(shop, Found.NEEDS_LOGIN if is_for_person else Found.UNCHECKED, reason=reason)


def _says_neither(shop: Shop) -> OddAnswerError:
    return OddAnswerError(
        "the portal did not say whether the session lives",
        where=f"shop {shop.id!r}",
        found="an answer as signed-in and signed-out shops do not get it, or none",
        todo="The collection asks again; `scrapy sessions --check` does so now.",
    )


def _answer(response: Response) -> PortalAnswer:
    kind = (response.headers.get("Content-Type") or b"").decode("latin-1").lower()
    return PortalAnswer(response.status, response.url, kind, "", response.body)
