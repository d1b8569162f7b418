"""Where a person may go in the program's browser: the portal's own hosts, and nowhere else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Frame, Page, Request, Route
from playwright.async_api import Error as PlaywrightError

from shopdata.config import Portal

#: A page that is being made.
_NOWHERE = ("", "about:blank")


class Fence:
    """Around all pages of a context.

    Args:
        tell: gets the host that somebody wanted to go to.
        home: where a page is sent that an allowed host has led elsewhere; by default the login page.
        addresses: others of the portal's own whose hosts are allowed, too.
    """

    def __init__(
        self, portal: Portal, tell: Callable[[str], None], home: str = "", addresses: Iterable[str] = ()
    ) -> None:
        self._portal = portal
        self._origins = frozenset(map(_origin, addresses))
        self._home = home or portal.login_url
        self._tell = tell
        #: Where its pages have been.
        self.hosts: set[str] = set()

    async def enclose(self, context: BrowserContext) -> None:
        """From now on."""
        await context.route("**/*", self._look)
        context.on("page", lambda page: page.on("framenavigated", self._on_navigated))
        for page in context.pages:
            page.on("framenavigated", self._on_navigated)

    def allows(self, url: str) -> bool:
        """True for an address of the portal's own."""
        return url in _NOWHERE or self._portal.allows_visit(url) or _origin(url) in self._origins

    async def _look(self, route: Route, request: Request) -> None:
        with contextlib.suppress(PlaywrightError):  # the page is gone, and its question with it
            if _is_for_window(request) and not self.allows(request.url):
                self._refuse(request.url)
                # Not `abort`: an error page would come in the place of the login page.
                await route.fulfill(status=204)
                await _close_empty(request)
            else:
                await route.fallback()

    async def _on_navigated(self, frame: Frame) -> None:
        if frame.parent_frame is not None:
            return
        if self.allows(frame.url):
            if host := urlsplit(frame.url).netloc:
                self.hosts.add(host)
        elif frame.url.startswith(("http:", "https:")):
            # An allowed host has sent it on; such steps nobody is asked about.
            self._refuse(frame.url)
            with contextlib.suppress(PlaywrightError):
                await frame.goto(self._home)

    def _refuse(self, url: str) -> None:
        self._tell(urlsplit(url).netloc[:100])


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _is_for_window(request: Request) -> bool:
    if not request.is_navigation_request():
        return False
    try:
        return request.frame.parent_frame is None
    except PlaywrightError:
        # The first request of a window that is being opened has no frame yet.
        return True


async def _close_empty(request: Request) -> None:
    """A window that was opened for that address only."""
    with contextlib.suppress(PlaywrightError):
        page: Page = request.frame.page
        if page.url in _NOWHERE and await page.opener() is not None:
            await page.close()
