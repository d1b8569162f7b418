"""Asking a portal: how an answer is read, and a file had, whose link may be dead or lead on."""

from __future__ import annotations

import itertools
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints
from shopdata.config import Portal, Shop
from shopdata.crawling.portal_errors import place_of, refused
from shopdata.crawling.wire import Wire
from shopdata.exceptions import ForbiddenHostError, OddAnswerError, PortalError
from shopdata.failpoints import FailPoint
from shopdata.files import write_durably
from shopdata.texts import read_json, whole_value

logger = logging.getLogger(__name__)

_FILE_TIMEOUT_SECONDS = 300
#: Scheme and host of an address, up to where its path begins.
_START = re.compile(r"https?://[^\\/?#\s]+(?=[/?#])", re.IGNORECASE)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 3
#: What a storage says to a link that is not good yet, or no more.
_LINK_IS_DEAD = (403, 404, 410)
_LONGEST_LINK_WAIT_SECONDS = 15


class PortalClient:
    """Sends one shop's requests, one after the other; session, pace and tries are the middlewares' business."""

    def __init__(
        self,
        download: Callable[[Request], Awaitable[Response]],
        wait: Callable[[float], Awaitable[None]],
        shop: Shop,
        portal: Portal,
        folder: Path,
    ) -> None:
        """`wait` is called where the portal needs time, `folder` is where answers may lie while they come."""
        self._download = download
        self._wait = wait
        self._shop = shop
        self._portal = portal
        self._folder = folder
        #: The last answer as it came, also one that was cut; None where nothing came. Closed once its cell is done.
        self.last: Wire | None = None

    async def ask_json(
        self,
        request: Request,
        *,
        repeatable: bool = True,
        may_leave: Callable[[], Awaitable[None]] | None = None,
        as_it_came: bool = False,
    ) -> dict[str, Any]:
        """The JSON object that a portal answers to a request of this shop's session.

        Args:
            repeatable: False if asking twice does something twice: then nobody on the way sends it again, neither
                after an error nor with a new session. Whether it was done, the caller must find out.
            may_leave: called when all waiting is over, just before it leaves; what it raises keeps it here.
            as_it_came: its texts go into a raw file; else half surrogate pairs in them are replaced.

        Raises:
            PortalError: it did not answer, or not with a JSON object, after all tries.
        """
        request.meta.update(shopdata_session=True, shopdata_repeatable=repeatable)
        if may_leave is not None:
            request.meta["shopdata_may_leave"] = may_leave
        response = await self.ask(request)
        kind = (response.headers.get("Content-Type") or b"no type").decode("latin-1")
        found = f"{kind}, {len(response.body)} bytes"
        try:
            answer = read_json(response.body)
        except ValueError as error:
            answer = None
            found += f" ({error})" if response.body[:1] in b"{[" else ""
        # An error keeps what stands around it alive.
        del response
        if not isinstance(answer, dict):
            raise OddAnswerError(
                "the portal answered with something else than data",
                where=place_of(request),
                found=found,
                expected="a JSON object",
                todo="Sign in by hand and look whether the portal is under maintenance or has changed.",
            )
        return answer if as_it_came else whole_value(answer)

    async def fetch_file(
        self,
        link: str,
        base: str,
        path: Path,
        fresh_link: Callable[[], Awaitable[str]] | None = None,
        *,
        with_session: bool = False,
        keep_link_seconds: float = 0,
    ) -> None:
        """Downloads what a link leads to, as it comes; most links need no session (docs/portals.md 4.3).

        Args:
            link: absolute, or beginning with `//` or `/`; `base` completes it.
            keep_link_seconds: for how long the very same link is tried, where a portal makes a new file for each link;
                after that, and where this is 0, a fresh one is asked for.
            fresh_link: asks the portal for another link to the same file. A link may be dead for some seconds after
                the file is said to be done (docs/portals.md 8.13), or have run out: tried for `link_grace_seconds`.

        Raises:
            ForbiddenHostError: the link leads elsewhere than `download_hosts`.
            PortalError: it could not be had whole, after all tries.
        """
        keep_until = time.monotonic() + keep_link_seconds
        deadline = time.monotonic() + max(self._portal.link_grace_seconds, keep_link_seconds)
        for number in itertools.count():
            try:
                await self._fetch(link, base, path, with_session)
            except PortalError as error:
                if fresh_link is None or error.status not in _LINK_IS_DEAD or time.monotonic() > deadline:
                    raise
                wait = min(self._portal.retry_after_seconds * 2**number, _LONGEST_LINK_WAIT_SECONDS)
                is_kept = time.monotonic() < keep_until
                what = "Trying the same link again" if is_kept else "Asking for a fresh link"
                logger.warning("%s %s in %.1f s", error, what, wait)
                await self._wait(wait)
            else:
                return
            link = link if is_kept else await fresh_link()

    async def _fetch(self, link: str, base: str, path: Path, with_session: bool) -> None:
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
            request.meta.update(
                download_timeout=_FILE_TIMEOUT_SECONDS, handle_httpstatus_list=(*_REDIRECTS, *_LINK_IS_DEAD)
            )
            if with_session:
                request.meta["shopdata_session"] = True
            response = await self.ask_file(request)
            if response.status in _LINK_IS_DEAD:
                raise refused(request, response)
            if response.status != 200:
                url = self._joined(url, (response.headers.get("Location") or b"").decode("latin-1"))
                continue
            await self.keep_file(path)
            return
        raise PortalError(
            "the download link goes in circles",
            code="link_in_circles",
            where=place_of(request),
            found=f"more than {_MOST_REDIRECTS} redirects",
            todo="The next run asks again; if it stays, download the report by hand and look where its link leads.",
        )

    async def ask(self, request: Request) -> Response:
        """Sends a request of the shop; the answer, unpacked."""
        return await self._ask(request, Wire(self._folder, self._portal.max_answer_bytes))

    async def ask_file(self, request: Request) -> Response:
        """Sends a request whose answer is a file: it has no body, `keep_file` writes what came."""
        return await self._ask(request, Wire(self._folder, self._portal.max_file_bytes, is_file=True))

    async def keep_file(self, path: Path) -> None:
        """Writes the last answer, unpacked."""
        failpoints.reach(FailPoint.DOWNLOAD_BEFORE)
        assert self.last is not None
        await run_in_thread(write_durably, path, self.last.unpacked())
        failpoints.reach(FailPoint.DOWNLOAD_AFTER)

    def _joined(self, base: str, link: str) -> str:
        try:
            url = urljoin(base, link.strip())
        except ValueError:
            raise self._no_address(link) from None
        # As a browser does: names of files have blanks, and behind the host they lead nobody elsewhere.
        start = _START.match(url)
        return start[0] + url[start.end() :].replace(" ", "%20") if start else url

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
        scheme, host = "https", ""
        with suppress(ValueError):
            scheme, host = urlsplit(url).scheme, urlsplit(url).netloc.rpartition("@")[2]
        is_safe = scheme == "https" or not host
        return ForbiddenHostError(
            "the portal's download link leads to a host that is not allowed",
            code="download_host_forbidden",
            params={"host": host},
            where=f"shop {self._shop.id!r}",
            found=(host if is_safe else f"{scheme}://{host}") or "a link without a host",
            expected=("" if is_safe else "https:// to ") + ", ".join(self._portal.download_hosts),
            todo="If the portal has moved its files there, add the host to `download_hosts` in portals.yaml.",
        )

    async def _ask(self, request: Request, wire: Wire) -> Response:
        self.took(wire)
        request.meta.update(shopdata_shop=self._shop.id, shopdata_wire=wire, shopdata_wait=self._wait)
        return await self._download(request)

    def took(self, wire: Wire | None) -> None:
        """From now on this is the last answer, or there is none."""
        if self.last is not None and self.last is not wire:
            self.last.close()
        self.last = wire

    def hand_over(self) -> Wire | None:
        """The last answer, which others would take the place of; whoever takes it closes it, or gives it back."""
        wire, self.last = self.last, None
        return wire
