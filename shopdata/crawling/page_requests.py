"""Requests that a back-office page makes by itself: what one of them carries is borrowed, or it is made to leave.

Neither forges anything: signatures are the page's own, made by its own code for its own request.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Locator, Page, Route
from playwright.async_api import Request as PageRequest
from scrapy import Request

from shopdata.crawling.page_signs import Pressed

#: How long a page may take to show what is to be pressed, or to ask by itself what is borrowed from.
PATIENCE_SECONDS = 15.0
_LOOK_EVERY_SECONDS = 0.05
#: Texts that may be a day or a moment.
_A_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|(?:19|20)\d{6}|\d{10}|\d{13}")


class PageRequestError(Exception):
    """Raised where a page does not do what it should; `str()` is what was found, `todo` what to do."""

    def __init__(self, found: str, todo: str) -> None:
        super().__init__(found)
        self.todo = todo


@dataclass(frozen=True)
class Answered:
    """What came over the line."""

    status: int
    content_type: str
    body: bytes


def place(url: str) -> tuple[str, str]:
    """Host and path: where a request goes, whatever it says."""
    parts = urlsplit(url)
    return parts.netloc, parts.path


class OwnRequests:
    """The last request of a page to each place."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[PageRequest, float]] = {}

    def watch(self, page: Page) -> None:
        """From now on."""
        page.on("request", self._note)

    def _note(self, request: PageRequest) -> None:
        if request.resource_type in ("xhr", "fetch"):
            self._seen[place(request.url)] = request, time.monotonic()

    def is_old(self, url: str, seconds: float) -> bool:
        """True if the page has asked there, and longer ago than that."""
        seen = self._seen.get(place(url))
        return seen is not None and time.monotonic() - seen[1] > seconds

    async def lend(self, url: str, names: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
        """What the page's own request to this place says under these names: in headers, and in its address.

        Raises:
            PageRequestError: the page does not ask there by itself, or its request has no such name.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (seen := self._seen.get(place(url))) is None:
            if time.monotonic() > deadline:
                raise PageRequestError(
                    f"no request of the page's own to {place(url)[1]} in {PATIENCE_SECONDS:g} seconds",
                    "Write as `page` the one that asks there when it opens, or rewrite or click in place of borrow.",
                )
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        headers = {name.lower(): value for name, value in (await seen[0].all_headers()).items()}
        query = dict(parse_qsl(urlsplit(seen[0].url).query, keep_blank_values=True))
        missing = [name for name in names if name.lower() not in headers and name not in query]
        if missing:
            there = ", ".join(sorted({*headers, *query} - {"cookie"}))[:300]
            raise PageRequestError(
                f"the page's own request to {place(url)[1]} has no {', '.join(missing)}",
                f"Borrow what it has: {there}.",
            )
        return (
            {name: headers[name.lower()] for name in names if name.lower() in headers},
            {name: query[name] for name in names if name.lower() not in headers},
        )


async def press_and_catch(page: Page, asked: Request, sign: Pressed) -> Answered:
    """Types and presses, and catches the page's own request to where `asked` goes: its answer.

    One request leaves at most: a second one to the same place is held back. One that does not hold what is asked, or
    would still name another day, does not leave at all.

    Raises:
        PageRequestError: the page does not show what is pressed, sends no such request, or another one.
        PlaywrightError: as the page does.
    """
    caught: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
    is_first = True

    async def handle(route: Route) -> None:
        nonlocal is_first
        if route.request.method != asked.method:
            await route.fallback()
            return
        if not is_first:
            await route.abort()
            return
        is_first = False
        try:
            answer = await _sent_on(route, asked, is_rewritten=sign.is_rewritten)
        except (PageRequestError, PlaywrightError) as error:
            if not caught.done():
                caught.set_exception(error)
        else:
            if not caught.done():
                caught.set_result(answer)

    def is_there(url: str) -> bool:
        return place(url) == place(asked.url)

    await page.route(is_there, handle)
    try:
        for selector, text in sign.fill.items():
            await (await _shown(page, f"css:{selector}")).fill(text, timeout=PATIENCE_SECONDS * 1000)
        for word in sign.press:
            if caught.done():
                break
            await (await _shown(page, word)).click(timeout=PATIENCE_SECONDS * 1000)
        async with asyncio.timeout(sign.seconds):
            return await caught
    except TimeoutError:
        raise PageRequestError(
            f"no {asked.method} to {place(asked.url)[1]} was answered within {sign.seconds:g} seconds after "
            f"{_list(sign.press)}",
            "Press the same by hand with the developer tools open, and look what the page sends.",
        ) from None
    finally:
        if caught.done() and not caught.cancelled():
            caught.exception()
        with suppress(PlaywrightError):
            await page.unroute(is_there, handle)


async def _sent_on(route: Route, asked: Request, *, is_rewritten: bool) -> Answered:
    own = route.request
    try:
        url, body = _as_asked(own.url, own.post_data, asked, is_rewritten=is_rewritten)
    except PageRequestError:
        await route.abort()
        raise
    if is_rewritten:
        await route.continue_(url=url, post_data=body)
    else:
        await route.continue_()
    response = await own.response()
    if response is None:
        raise PageRequestError("no answer", "The next run asks again.")
    return Answered(response.status, response.headers.get("content-type", ""), await response.body())


def _as_asked(own_url: str, own_body: str | None, asked: Request, *, is_rewritten: bool) -> tuple[str, str | None]:
    """The page's address and body with what is asked set in them; where that is not allowed, they must hold it."""
    parts = urlsplit(own_url)
    query: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
    wanted = dict(parse_qsl(urlsplit(asked.url).query, keep_blank_values=True))
    replaced: list[tuple[Any, Any]] = []
    is_json = b"json" in (asked.headers.get("Content-Type") or b"")
    body: Any = None
    _set_in(query, wanted, "query", replaced)
    if asked.body:
        text = own_body or ""
        try:
            body = json.loads(text) if is_json else dict(parse_qsl(text, keep_blank_values=True))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise _other("its body is not written so", "json" if is_json else "form")
        given = json.loads(asked.body) if is_json else dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        _set_in(body, given, "json" if is_json else "form", replaced)
    changed = [(old, new) for old, new in replaced if old != new]
    if changed and not is_rewritten:
        old, new = changed[0]
        raise PageRequestError(
            f"the page's request says {_short(old)}, and {_short(new)} was to be asked",
            "Choose the day on the page by `fill` or by what is pressed, or write rewrite in place of click.",
        )
    url = parts._replace(query=urlencode(query)).geturl()
    written = own_body if body is None else json.dumps(body, ensure_ascii=False) if is_json else urlencode(body)
    for old, _ in changed:
        if _A_DAY.fullmatch(str(old)) and str(old) in f"{urlencode(query)}\n{written}":
            raise PageRequestError(
                f"the page's request would still say {_short(old)} elsewhere: another day's data might come",
                "Set each place of it that holds the day.",
            )
    return url, written


def _set_in(own: dict[str, Any], wanted: Mapping[str, Any], where: str, replaced: list[tuple[Any, Any]]) -> None:
    for name, value in wanted.items():
        if name not in own:
            raise _other(f"it has no {name} under {where}, but {', '.join(map(str, own)) or 'nothing'}", where)
        if isinstance(value, Mapping) and isinstance(own[name], dict):
            _set_in(own[name], value, f"{where}.{name}", replaced)
        else:
            replaced.append((own[name], value))
            own[name] = value


def _other(what: str, where: str) -> PageRequestError:
    return PageRequestError(
        f"the page's own request is another one than the recipe's: {what}",
        f"Look at it with the developer tools, and write under {where} only what it has.",
    )


async def _shown(page: Page, word: str) -> Locator:
    """The one thing on the page, or in a frame of it, that bears this text or fits this selector, once it is shown."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = []
        for frame in page.frames:
            with suppress(PlaywrightError):
                is_css = word.startswith("css:")
                all_of = frame.locator(word.removeprefix("css:")) if is_css else frame.get_by_text(word, exact=True)
                found += [one for one in await all_of.all() if await one.is_visible()]
        if len(found) == 1:
            return found[0]
        if time.monotonic() > deadline:
            if found:
                what, todo = f"{len(found)} places that say {word!r}", "Write css: and a selector that only one fits."
            else:
                what = f"no {word!r} on the page in {PATIENCE_SECONDS:g} seconds"
                todo = "Open the page by hand, look what it says now, and write that."
            raise PageRequestError(what, todo)
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


def _short(value: Any) -> str:
    return repr(value)[:40]


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(map(repr, words)) + " was pressed"
