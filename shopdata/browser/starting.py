"""Starts Chromium, and ends it without leaving anything: processes, or folders where temporary files go."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import re
from collections.abc import Awaitable, Mapping
from typing import Any

from playwright._impl._errors import TargetClosedError
from playwright.async_api import Browser, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from shopdata.browser.authorities import home_believing
from shopdata.browser.chromium import START_SECONDS, cannot_start, launch_options, needs_no_sandbox
from shopdata.browser.temporary import BrowserFolder
from shopdata.network import current_network

logger = logging.getLogger(__name__)

#: A browser or driver that stands still is left to the operating system.
_STOP_SECONDS = 10


class OwnChromium:
    """A browser, its driver and their folder. What was ended can be started anew.

    Args:
        given: wishes for `launch_options`.
    """

    def __init__(self, given: Mapping[str, Any], *, is_headed: bool = False) -> None:
        self._given = given
        self._is_headed = is_headed
        self._has_sandbox = not needs_no_sandbox()
        self._is_told = False
        self._folder = BrowserFolder()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._home: asyncio.Task[dict[str, str | float | bool]] | None = None
        logging.getLogger("asyncio").addFilter(_is_news)

    async def start(self) -> Browser:
        """Starts driver and browser, once more if they end at once: whoever was killed may have been bad luck.

        Raises:
            BrowserMissingError: no Chromium was found.
            BrowserError: it can't be started.
        """
        try:
            return await self._start()
        except TargetClosedError:
            pass
        try:
            return await self._start()
        except TargetClosedError as error:
            raise cannot_start(last_words(error)) from None

    async def _start(self) -> Browser:
        try:
            async with asyncio.timeout(2 * START_SECONDS):
                self._playwright = await self._start_driver()
                self._browser = await self._start_browser(self._playwright)
        except TimeoutError:
            await self.stop()
            raise cannot_start(f"it did not answer within {2 * START_SECONDS} seconds") from None
        except BaseException as error:
            await self.stop()
            if isinstance(error, PlaywrightError) and not isinstance(error, TargetClosedError):
                raise cannot_start(last_words(error)) from None
            raise
        return self._browser

    async def _start_driver(self) -> Playwright:
        with self._folder.for_programs():
            # Beside the driver's start: each takes a moment, and neither needs the other.
            self._home = asyncio.create_task(asyncio.to_thread(home_believing, current_network(), self._folder.path))
            try:
                return await async_playwright().start()
            except Exception as error:  # noqa: BLE001 - it has no kind of its own for a driver that ends at once
                raise cannot_start(f"Playwright's driver does not run: {first_line(error)}") from None

    async def _start_browser(self, playwright: Playwright) -> Browser:
        if needs_no_sandbox() and not self._is_told:
            logger.warning("Chromium runs without its own sandbox because we are root: better run as another user")
            self._is_told = True
        try:
            return await self._launch(playwright)
        except PlaywrightError as error:
            if not self._has_sandbox or not _speaks_of_sandbox(error):
                raise
        self._has_sandbox = False
        browser = await self._launch(playwright)
        logger.warning(
            "Chromium runs without its own sandbox because this system does not let it have one. Allow it user "
            "namespaces: sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0, or in a "
            "container a seccomp profile that lets clone and unshare pass"
        )
        return browser

    async def _launch(self, playwright: Playwright) -> Browser:
        own = playwright.chromium.executable_path
        options = launch_options(own, self._given, is_headed=self._is_headed, has_sandbox=self._has_sandbox)
        # The driver hands on its own environment, but for what is said here.
        environment = {**os.environ, **options.pop("env", {}), **self._folder.environment()}
        assert self._home is not None
        environment |= await self._home
        return await playwright.chromium.launch(**options, env=environment)

    async def stop(self) -> None:
        """Ends browser and driver, in whatever state they are."""
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        home, self._home = self._home, None
        if home is not None:
            home.cancel()
        if browser is not None:
            await quietly(browser.close())
        if playwright is not None:
            await quietly(playwright.stop())

    async def close(self) -> None:
        """The same, for good: their folder goes too."""
        await self.stop()
        await asyncio.to_thread(self._folder.remove)


async def quietly(ending: Awaitable[object]) -> None:
    """Awaits the end of a page, context, browser or driver that may be gone already."""
    # Whatever it says against that: there is nobody who could do better.
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_STOP_SECONDS):
            await ending


# -- why it does not run ----------------------------------------------------------------------------------------------

_STARTED = re.compile(r"^\[pid=\d+\]\[(?:err|out)\] ")
#: How Chromium begins the lines of its log, and of what severity they are.
_LOGGED = re.compile(r"^\[[\d:/.]+:([A-Z]+):[^\]]*\] ")
#: What the operating system says when it has no more of something, or does not allow it.
_REFUSALS = tuple(
    os.strerror(getattr(errno, name))
    for name in ("EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "ENOMEM", "EROFS", "EACCES", "EPERM")
    if hasattr(errno, name)
)


def last_words(error: PlaywrightError) -> str:
    """What tells most of what a browser has said before it ended, or of what Playwright says of it."""
    if isinstance(error, PlaywrightTimeoutError):
        return f"it did not answer within {START_SECONDS} seconds"
    if words := own_words(error):
        return words
    report = _report(error)
    if any("<launched>" in line for line in report):
        return f"{_program(report)} ended without a telling word"
    return first_line(error)


def own_words(error: PlaywrightError) -> str:
    """What tells most of what a browser itself has said; "" if it said nothing."""
    report = _report(error)
    lines = [_STARTED.sub("", line) for line in report if _STARTED.match(line)]
    logged = [(found[1], line[found.end() :]) for line in lines if (found := _LOGGED.match(line))]
    # The script that starts Debian's Chromium always complains about a test of its own; others say where help is.
    said = [line for line in lines if not line.startswith(("[", "Try ")) and "unexpected operator" not in line]
    refused = [text for _, text in logged if any(refusal in text for refusal in _REFUSALS)]
    for told in ([text for severity, text in logged if severity == "FATAL"], said, refused):
        if told:
            return f"{_program(report)} says: {_printable(told[-1])}"
    return ""


def _report(error: PlaywrightError) -> list[str]:
    return error.message.partition("Call log:")[0].splitlines()


def _program(report: list[str]) -> str:
    started = next((line for line in report if line.startswith("<launching> ")), "")
    return _printable(started.removeprefix("<launching> ").partition(" --")[0]) or "it"


def first_line(error: BaseException) -> str:
    """The first line of what an error says: what Playwright adds may repeat what was typed."""
    text = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return _printable(text.removeprefix("BrowserType.launch: "))


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200].strip().rstrip(".")


def _speaks_of_sandbox(error: PlaywrightError) -> bool:
    return any("sandbox" in line.lower() for line in error.message.splitlines() if "<launching>" not in line)


def _is_news(record: logging.LogRecord) -> bool:
    """False for what Playwright leaves behind when its driver ends: whoever waited for the driver was told."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, PlaywrightError) and str(error) != "Connection closed while reading from the driver"
