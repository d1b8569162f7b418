"""Asking a portal: tries with back-off, answers checked before anybody reads them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from shopdata import failpoints
from shopdata.base_spiders.line import ask_once, check_status
from shopdata.config import Portal, Shop
from shopdata.downloads import Wire
from shopdata.exceptions import (
    ChallengeError,
    ForbiddenHostError,
    OddAnswerError,
    PortalError,
    ProxyError,
    RiskBlockedError,
    UnclearSignInError,
)
from shopdata.failpoints import FailPoint
from shopdata.files import write_durably
from shopdata.texts import read_json, whole_value

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LONGEST_WAIT_SECONDS = 60
_FILE_TIMEOUT_SECONDS = 300
_MOST_REDIRECTS = 3


class PortalClient:
    """Sends one shop's requests, one at a time; the session and the pace are the middlewares' business."""

    def __init__(
        self,
        download: Callable[[Request], Awaitable[Response]],
        sleep: Callable[[float], Awaitable[None]],
        shop: Shop,
        portal: Portal,
        folder: Path,
    ) -> None:
        """`folder` is where answers may lie while they come."""
        self._download = download
        self._sleep = sleep
        self._cooldowns = 0
        self._shop = shop
        self._portal = portal
        self._folder = folder
        self._one_at_a_time = asyncio.Lock()
        #: The last answer as it came, also one that was cut; None where nothing came.
        self.last: Wire | None = None

    async def ask_json(self, request: Request, *, repeatable: bool = True, as_it_came: bool = False) -> dict[str, Any]:
        """The JSON object that a portal answers to a request of this shop's session.

        Args:
            repeatable: False if asking twice does something twice.
            as_it_came: its texts go into a raw file; else half surrogate pairs in them are replaced.

        Raises:
            PortalError: it did not answer, or not with a JSON object, after all tries.
        """
        request.meta.update(shopdata_shop=self._shop.id, shopdata_session=True)
        response = await self._ask(request, self._portal.max_tries if repeatable else 1)
        why = ""
        try:
            answer = read_json(response.body)
        except ValueError as error:
            answer, why = None, f" ({error})" if response.body[:1] in b"{[" else ""
        if not isinstance(answer, dict):
            kind = (response.headers.get("Content-Type") or b"no type").decode("latin-1")
            raise OddAnswerError(
                "the portal answered with something else than data",
                where=self._place(request.url),
                found=f"{kind}, {len(response.body)} bytes{why}",
                expected="a JSON object",
                todo="Sign in by hand and look whether the portal is under maintenance or has changed.",
            )
        return answer if as_it_came else whole_value(answer)

    async def fetch_file(self, link: str, base: str, path: Path) -> None:
        """Downloads what a link leads to, as it comes; links need no session (PORTALS 4.3).

        Args:
            link: absolute, or beginning with `//` or `/`; `base` completes it.

        Raises:
            ForbiddenHostError: the link leads elsewhere than `download_hosts`.
            PortalError: it could not be had whole, after all tries.
        """
        url = self._joined(base, link)
        for _ in range(_MOST_REDIRECTS + 1):
            if not self._portal.allows_download(url):
                raise self._forbidden(url)
            try:
                request = Request(url, dont_filter=True)
            except ValueError:
                raise self._no_address(url) from None
            # Judged is the address as it will be asked.
            url = request.url
            if not self._portal.allows_download(url):
                raise self._forbidden(url)
            request.meta.update(shopdata_shop=self._shop.id, download_timeout=_FILE_TIMEOUT_SECONDS)
            response = await self._ask(request, self._portal.max_tries)
            if response.status != 200:
                url = self._joined(url, (response.headers.get("Location") or b"").decode("latin-1"))
                continue
            failpoints.reach(FailPoint.DOWNLOAD_BEFORE)
            assert self.last is not None
            await run_in_thread(write_durably, path, self.last.unpacked())
            failpoints.reach(FailPoint.DOWNLOAD_AFTER)
            return
        raise PortalError(
            "the download link goes in circles",
            where=self._place(url),
            found=f"more than {_MOST_REDIRECTS} redirects",
            todo="The next run asks again; if it stays, download the report by hand and look where its link leads.",
        )

    def _joined(self, base: str, link: str) -> str:
        try:
            return urljoin(base, link)
        except ValueError:
            raise self._no_address(link) from None

    def _no_address(self, link: str) -> OddAnswerError:
        return OddAnswerError(
            "the portal's link to the file is no address",
            where=f"shop {self._shop.id!r}",
            # Never the query: it holds tokens and signatures.
            found=repr(link.partition("?")[0][:80]),
            expected="the address of a file",
            todo="The next run asks again; if it stays, download the report by hand and look where its link leads.",
        )

    def _forbidden(self, url: str) -> ForbiddenHostError:
        try:
            host = urlsplit(url).netloc.rpartition("@")[2]
        except ValueError:
            host = ""
        return ForbiddenHostError(
            "the portal's download link leads to a host that is not allowed",
            where=f"shop {self._shop.id!r}",
            found=host or "a link without a host",
            expected=", ".join(self._portal.download_hosts),
            todo="If the portal has moved its files there, add the host to `download_hosts` in portals.yaml.",
        )

    async def _ask(self, request: Request, tries: int) -> Response:
        is_file = not request.meta.get("shopdata_session")

        async def send() -> Response:
            response = await self._send(request.copy())
            check_status(response, self._place, is_file=is_file)
            return response

        return await self.insist(send, tries)

    async def insist(self, ask: Callable[[], Awaitable[T]], tries: int | None = None) -> T:
        """Asks, one question of the shop at a time, and again with growing waits while that may help.

        Raises:
            PortalError: it did not help, in `tries` (by default those of portals.yaml).
            RiskBlockedError, ChallengeError: risk control did not let go after its cool-downs.
        """
        tries = self._portal.max_tries if tries is None else tries
        async for attempt in AsyncRetrying(
            stop=lambda state: self._is_enough(state, tries),
            retry=retry_if_exception_type((PortalError, RiskBlockedError)),
            wait=self._wait_seconds,
            before_sleep=self._tell,
            sleep=self._sleep,
            retry_error_callback=self._give_up,
        ):
            with attempt:
                async with self._one_at_a_time:
                    return await ask()
        raise AssertionError("tenacity either returns or raises")

    def _is_enough(self, state: RetryCallState, tries: int) -> bool:
        if isinstance(_error_of(state), RiskBlockedError):
            # Over all of the shop's requests: a portal that says "too often" is not asked on and on.
            self._cooldowns += 1
            return self._cooldowns > self._portal.cooldown_tries
        error = _error_of(state)
        is_final = isinstance(error, ProxyError) and error.is_final
        return isinstance(error, OddAnswerError | UnclearSignInError) or is_final or state.attempt_number >= tries

    def _wait_seconds(self, state: RetryCallState) -> float:
        error = _error_of(state)
        if isinstance(error, RiskBlockedError):
            jitter = random.uniform(0.8, 1.2)  # noqa: S311 - so that shops do not come back in step
            return float(self._portal.cooldown_seconds * 2**self._cooldowns * jitter)
        ours = wait_exponential_jitter(self._portal.retry_after_seconds, max=_LONGEST_WAIT_SECONDS)(state)
        theirs = error.retry_after_seconds if isinstance(error, PortalError) else 0
        return min(max(ours, theirs), _LONGEST_WAIT_SECONDS)

    def _give_up(self, state: RetryCallState) -> NoReturn:
        error = _error_of(state)
        if isinstance(error, RiskBlockedError) and error.needs_person:
            raise ChallengeError(
                f"the portal's risk control did not let go after {self._portal.cooldown_tries} cool-downs",
                where=error.where,
                found=error.found,
                todo=f"Look into the portal with `scrapy login {self._shop.id} --headed` and answer what it asks.",
            ) from None
        raise error

    async def _send(self, request: Request) -> Response:
        is_file = not request.meta.get("shopdata_session")
        most_bytes = self._portal.max_file_bytes if is_file else self._portal.max_answer_bytes
        wire = Wire(self._folder, most_bytes, is_file=is_file)
        self.took(wire)
        return await ask_once(self._download, request, wire, self._place)

    def took(self, wire: Wire | None) -> None:
        """From now on this is the last answer, or there is none."""
        if self.last is not None:
            self.last.close()
        self.last = wire

    def _tell(self, state: RetryCallState) -> None:
        assert state.next_action is not None
        logger.warning("%s Asking again in %.1f s", _error_of(state), state.next_action.sleep)

    def _place(self, url: str) -> str:
        # Never the query: it holds tokens and signatures.
        parts = urlsplit(url)
        return f"shop {self._shop.id!r}, {parts.hostname}{parts.path}"


def _error_of(state: RetryCallState) -> BaseException:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert error is not None
    return error
