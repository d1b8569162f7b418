"""Asks again while that may help: growing waits while a portal is down, cool-downs where it says "too often"."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import defaultdict
from dataclasses import dataclass

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Portal
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.crawling.portal_errors import no_answer, refused
from shopdata.exceptions import ArgumentError, ChallengeError, PortalError, RiskBlockedError, ShopdataError
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 60
#: What changes nothing at the far end, and may be sent twice.
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class _Rest:
    """One shop's cool-downs of this run."""

    count: int = 0
    #: Until when the shop is left alone, by `time.monotonic()`.
    until: float = 0


class RetryMiddleware:
    """Sends the requests of `meta["shopdata_shop"]` again, as often and as late as the shop's portal allows.

    What may do something twice is sent once: whatever changes something by its method, unless
    `meta["shopdata_repeatable"]` is true. A status other than 200 is an error, unless `handle_httpstatus_list` or
    `handle_httpstatus_all` of the meta say that the spider takes it. `meta["shopdata_wait"]` is called in place of
    `asyncio.sleep`. Shops that wait for a person, or for time to pass, are asked nothing by their session.

    A request that did not succeed ends with PortalError, RiskBlockedError or ChallengeError: its errback gets them.
    """

    def __init__(self, crawler: Crawler, workspace: Workspace, failures: dict[str, tuple[CellState, Reason]]) -> None:
        self._crawler = crawler
        self._workspace = workspace
        #: Of the run (`CrawlRun.failures`).
        self._failures = failures
        config = workspace.config
        self._shops = {shop.id: shop for shop in config.shops}
        self._portals: dict[str, Portal] = {shop.id: config.portal(shop.platform) for shop in config.shops}
        self._rests: defaultdict[str, _Rest] = defaultdict(_Rest)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryMiddleware:
        return cls(crawler, Workspace.of(crawler), CrawlRun.of(crawler).failures)

    async def process_request(self, request: Request) -> None:
        """Waits while the shop cools down. Raises where it is left alone, and ArgumentError for a shop that is none."""
        if not _is_ours(request):
            return
        shop = self._shops.get(request.meta["shopdata_shop"])
        if shop is None:
            raise ArgumentError(
                'no shop has the id of meta["shopdata_shop"]',
                found=repr(request.meta["shopdata_shop"]),
                expected="an `id` of shops.yaml",
                todo="Correct the spider, or enter the shop.",
            )
        if request.meta.get("shopdata_session"):
            await run_in_thread(self._workspace.left_alone.refuse, shop)
        rest = self._rests[shop.id]
        begun = None
        while rest.until != begun and (seconds := rest.until - time.monotonic()) > 0:
            begun = rest.until
            await _wait(request, seconds)
        request.meta["shopdata_cooldowns"] = rest.count

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        if not _is_ours(request):
            return response
        if response.status == 200 or _is_handled(request, response.status):
            self._failures.pop(request.meta["shopdata_shop"], None)
            return response
        return await self.again(request, refused(request, response))

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if not _is_ours(request):
            return None
        error = exception if isinstance(exception, ShopdataError) else no_answer(request, exception)
        return None if error is None else await self.again(request, error)

    async def again(self, request: Request, error: ShopdataError) -> Request:
        """The request once more, when its time has come.

        Raises:
            ShopdataError: the error, where asking on does not help, is enough, or would do something twice.
            ChallengeError: risk control did not let go, and somebody has to look.
        """
        if not _is_ours(request) or isinstance(error, ArgumentError):
            raise error from None
        try:
            return await self._again(request, error)
        except ShopdataError as last:
            self._failures[request.meta["shopdata_shop"]] = CellState(last.state), Reason.of(last)
            raise

    async def _again(self, request: Request, error: ShopdataError) -> Request:
        tries = request.meta.get("shopdata_tries", 0) + 1
        try:
            if isinstance(error, RiskBlockedError):
                seconds = self._cool_down(request, error)
            else:
                seconds = self._back_off(request, error, tries)
        except ShopdataError as last:
            await run_in_thread(self._workspace.left_alone.keep, self._shops[request.meta["shopdata_shop"]], last)
            raise
        if not is_repeatable(request):
            raise error from None
        logger.warning("%s Asking again in %.1f s", error, seconds)
        if self._crawler.stats is not None:
            self._crawler.stats.inc_value("retry/count")
        if not isinstance(error, RiskBlockedError):
            # After a cool-down, all requests of the shop wait.
            await _wait(request, seconds)
        return repeated(request, shopdata_tries=tries)

    def _back_off(self, request: Request, error: ShopdataError, tries: int) -> float:
        """For how many seconds to wait. Raises the error if that would change nothing."""
        portal = self._portals[request.meta["shopdata_shop"]]
        if not isinstance(error, PortalError) or error.is_final or tries >= portal.max_tries:
            raise error from None
        jitter = random.random()  # noqa: S311 - so that shops do not come back in step
        ours: float = portal.retry_after_seconds * 2 ** (tries - 1) + jitter
        return min(max(ours, error.retry_after_seconds), _LONGEST_WAIT_SECONDS)

    def _cool_down(self, request: Request, error: RiskBlockedError) -> float:
        """Lets the shop cool down from now on; for how many seconds.

        Raises:
            RiskBlockedError, ChallengeError: it has cooled down often enough in this run, or is to be left alone.
        """
        shop = request.meta["shopdata_shop"]
        rest, portal = self._rests[shop], self._portals[shop]
        if error.is_final or error.rest_seconds:
            error.is_final = True
            raise error from None
        is_new = request.meta.get("shopdata_cooldowns", 0) == rest.count
        # Over all of the shop's requests: a portal that says "too often" is not asked on and on. What was under way
        # when a cool-down began is one with it.
        rest.count += is_new
        if rest.count <= portal.cooldown_tries:
            if is_new:
                jitter = random.uniform(0.8, 1.2)  # noqa: S311 - so that shops do not come back in step
                rest.until = time.monotonic() + portal.cooldown_seconds * 2**rest.count * jitter
            return max(rest.until - time.monotonic(), 0)
        error.is_final = True
        if error.needs_person:
            raise ChallengeError(
                f"the portal's risk control did not let go after {portal.cooldown_tries} cool-downs",
                code="risk_not_lifted",
                params={"said": error.found},
                where=error.where,
                found=error.found,
                todo=f"Look into the portal with `scrapy login {shop} --headed` and answer what it asks.",
            ) from None
        raise error from None


def is_repeatable(request: Request) -> bool:
    """True for a request that may be sent twice."""
    return bool(request.meta.get("shopdata_repeatable", request.method in _SAFE_METHODS))


def repeated(request: Request, **meta: object) -> Request:
    """The same once more, without the shop's session and page, which may be others by then: it may wait on a disk."""
    again: Request = request.replace(dont_filter=True)
    again.meta.pop("shopdata_page", None)
    if again.meta.get("shopdata_session"):
        again.meta["shopdata_session"] = True
        again.headers.pop("Cookie", None)
    again.meta.update(meta)
    return again


async def send_again(crawler: Crawler, request: Request, error: ShopdataError) -> Request:
    """For other middlewares, in place of raising an error: as Scrapy's `get_retry_request`. See `again`."""
    retry = crawler.get_downloader_middleware(RetryMiddleware)
    if retry is None:
        raise error
    return await retry.again(request, error)


def _is_ours(request: Request) -> bool:
    # Whoever opens a page has its own tries.
    return "shopdata_shop" in request.meta and not request.meta.get("playwright")


def _is_handled(request: Request, status: int) -> bool:
    meta = request.meta
    return bool(meta.get("handle_httpstatus_all")) or status in meta.get("handle_httpstatus_list", ())


async def _wait(request: Request, seconds: float) -> None:
    await request.meta.get("shopdata_wait", asyncio.sleep)(seconds)
