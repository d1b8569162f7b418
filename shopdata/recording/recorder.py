"""Writes down what a browser asks: every window, popup and frame of a context, as it happens."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from playwright.async_api import BrowserContext, Error, Page, Request, Response
from playwright.async_api import Download as BrowserDownload
from scrapy import Selector

from shopdata.recording.forms import parts_of
from shopdata.recording.inference.atoms import is_own_header
from shopdata.recording.journal import Call, Download, Entry, Press
from shopdata.recording.redaction.samples import Sample, sample_of
from shopdata.recording.tables import kind_and_table

#: What of a page is looked at; the rest is neither asked for its body nor noted.
_RESOURCES = frozenset({"document", "xhr", "fetch", "other", "eventsource"})
#: What an answer may be at most to be read.
_MOST_BYTES = 8 << 20
_DURABLE = {"enableDurableMessages": True, "maxResourceBufferSize": _MOST_BYTES, "maxTotalBufferSize": 8 * _MOST_BYTES}


class Recorder:
    """Listens to a context until it closes.

    Args:
        note_take: told the day of each take as it begins.
        note: told each call and each file, once its answer is there, and what is pressed; it keeps that at once.
        keep_file: told in place of `note` of each file, with as much of what stands in it as is kept of it.
        keep: gets each file as it is, before that; None where nobody wants it.
    """

    def __init__(
        self,
        note_take: Callable[[date], None],
        note: Callable[[Entry], None],
        keep_file: Callable[[Download, Sample | None], None] | None = None,
        keep: Callable[[bytes], None] | None = None,
    ) -> None:
        self._keep = keep
        self._note_take, self._note, self._keep_file = note_take, note, keep_file
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0
        self._numbers: dict[Request, tuple[int, int]] = {}
        #: When answers began. Their ends are told late: a page may have asked on by then.
        self._answered: dict[Request, int] = {}
        #: What they hold, while it is read.
        self._bodies: dict[Request, asyncio.Future[bytes]] = {}
        #: Of answers of the take: address, hash, length, and the number of the call.
        self._answers: list[tuple[str, str, int, int]] = []
        #: The calls whose answers are files that have come.
        self._files: set[int] = set()
        self._is_on = False

    def listen(self, context: BrowserContext) -> None:
        """From now on; popups belong to the context."""
        context.on("request", self._begin)
        context.on("response", self._note_answer)
        context.on("requestfinished", lambda request: self._later(self._finish(request)))
        context.on("requestfailed", lambda request: self._later(self._finish(request)))
        context.on("page", self._attach)
        self._later(self._watch_presses(context))
        for page in context.pages:
            self._attach(page)

    def begin(self, day: date) -> None:
        """A take of this day begins."""
        self._is_on = True
        self._answers.clear()
        self._note_take(day)

    async def settle(self) -> None:
        """Returns when all that has been asked is noted."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def end(self) -> None:
        """The take is over."""
        await self.settle()
        self._is_on = False

    async def _watch_presses(self, context: BrowserContext) -> None:
        with suppress(Error):
            script = files("shopdata.recording").joinpath("presses.js").read_text("utf-8")
            await asyncio.gather(
                context.expose_binding("__tellPress", self._press), context.add_init_script(script=script)
            )

    def _press(self, _source: object, told: str) -> None:
        # Whatever a page's own code may say there.
        with suppress(ValueError, KeyError, TypeError):
            found = json.loads(told)
            texts = {name: str(found.get(name, "")) for name in ("page", "word", "css", "value", "most")}
            if self._is_on and found["does"] in ("press", "fill"):
                self._note(Press(at=int(found["at"]), does=found["does"], **texts))

    def _attach(self, page: Page) -> None:
        page.on("download", lambda download: self._later(self._take_file(download, round(time.time() * 1000))))
        self._later(_keep_answers(page))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin(self, request: Request) -> None:
        if self._is_on and request.resource_type in _RESOURCES and request.url.startswith("http"):
            self._number += 1
            self._numbers[request] = self._number, round(time.time() * 1000)

    def _note_answer(self, response: Response) -> None:
        request = response.request
        if request in self._numbers:
            self._answered[request] = round(time.time() * 1000)
            if int(response.headers.get("content-length") or 0) <= _MOST_BYTES:
                # At once: a page that moves on takes its answers with it.
                self._bodies[request] = asyncio.ensure_future(_body_of(response))

    async def _finish(self, request: Request) -> None:
        number, sent = self._numbers.pop(request, (0, 0))
        if not number:
            return
        # The window may be closed by then: what is known is noted all the same.
        status, headers, content = 0, dict[str, str](), b""
        posted, hidden = _posted(request), 0
        with suppress(Error):
            if not posted and request.method == "POST":
                # Of a body with files in it browsers show nothing.
                hidden = int((await request.all_headers()).get("content-length") or 0)
            response = await request.response()
            if response is not None:
                status, headers = response.status, response.headers
                content = await self._bodies[request] if request in self._bodies else b""
                headers = await response.all_headers()
        self._bodies.pop(request, None)
        done = self._answered.pop(request, round(time.time() * 1000))
        self._answers.append((request.url, _hash(content), int(headers.get("content-length") or len(content)), number))
        self._note(
            call_of(
                number, sent, done, request.method, request.url, request.headers, posted, status, headers,
                content, _page_of(request), request.resource_type, hidden,
            )
        )  # fmt: skip

    async def _take_file(self, download: BrowserDownload, moment: int) -> None:
        content = b""
        with suppress(Error):
            path = await download.path()
            content = await asyncio.to_thread(Path(path).read_bytes)
        # A file and its request tell of themselves in either order.
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        await asyncio.wait(others, timeout=5) if others else None
        kind, table = await asyncio.to_thread(kind_and_table, content)
        sample = await asyncio.to_thread(sample_of, content, table) if self._keep_file is not None else None
        with suppress(Error):
            await download.delete()
        if not self._is_on:
            return
        if self._keep is not None:
            self._keep(content)
        number = self._answer_of(download.url, content)
        if number is None and download.url.startswith("http"):
            # A link with `download` makes a request of which a browser tells nothing.
            number = self._number = self._number + 1
            self._note(call_of(number, moment, moment, "GET", download.url, {}, None, 200, {}, b"", "", "other"))
        self._files.add(number or 0)
        file = Download(moment, download.url, kind, number, table)
        if self._keep_file is not None:
            self._keep_file(file, sample)
        else:
            self._note(file)

    def _answer_of(self, url: str, content: bytes) -> int | None:
        """The number of the call whose answer a file is: what a page has made of an answer is told by its bytes."""
        if url.startswith("http"):
            found = [number for address, _, _, number in self._answers if address == url]
        else:
            found = [number for _, one, _, number in self._answers if content and one == _hash(content)]
            # Of a blob that a page asks for, browsers show no bytes; each answer is one file.
            as_long = [
                number
                for _, _, length, number in self._answers
                if content and length == len(content) and number not in self._files
            ]
            found = found or (as_long if len(as_long) == 1 else [])
        return found[-1] if found else None


def call_of(
    number: int, at: int, done: int, method: str, url: str, sent: Mapping[str, str], posted: bytes | None, status: int,
    headers: Mapping[str, str], content: bytes, page: str, resource: str, hidden: int = 0,
) -> Call:  # fmt: skip
    """A call as the journal has it, from what a browser says of it; `hidden` is the length of a body that it does not
    show."""
    parts = urlsplit(url)
    return Call(
        number=number,
        at=at,
        done=done,
        method=method,
        origin=f"{parts.scheme}://{parts.netloc}",
        path=tuple(unquote(part) for part in parts.path.removeprefix("/").split("/")),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={name: value for name, value in sent.items() if is_own_header(name)},
        body={"opaque": hidden} if hidden else _body(posted, sent.get("content-type", "")),
        status=status,
        answer=_answer(content, headers.get("content-type", "")),
        location=headers.get("location"),
        page=page,
        resource=resource,
        sets_cookie="set-cookie" in headers,
    )


async def _keep_answers(page: Page) -> None:
    """Answers outlive the page that has asked: else one that moves on at once takes them with it."""
    with suppress(Error):
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable", _DURABLE)


async def _body_of(response: Response) -> bytes:
    with suppress(Error):
        return await response.body()
    return b""


def _posted(request: Request) -> bytes | None:
    with suppress(Error, UnicodeDecodeError):
        return request.post_data_buffer
    return None


def _page_of(request: Request) -> str:
    with suppress(Error):
        return request.frame.url
    return ""


def _body(posted: bytes | None, content_type: str) -> Mapping[str, Any] | None:
    if not posted:
        return None
    text = posted.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict | list):
            return {"json": found}
    if "urlencoded" in content_type:
        return {"form": [list(pair) for pair in parse_qsl(text, keep_blank_values=True)]}
    if content_type.startswith("multipart/form-data") and (pairs := parts_of(posted, content_type)) is not None:
        return {"form": pairs, "multipart": True}
    return {"opaque": len(posted)}


def _answer(content: bytes, content_type: str) -> Mapping[str, Any] | None:
    if not content:
        return None
    with suppress(ValueError, RecursionError):
        if content.lstrip()[:1] in (b"{", b"[", b'"'):
            return {"json": json.loads(content)}
    if "html" in content_type:
        return {"html": html_values(content.decode("utf-8", "replace"))}
    return {"opaque": len(content)}


def html_values(text: str) -> dict[str, str]:
    """What a recipe can take out of a page, by the place that it calls it: hidden inputs, meta and data-*."""
    page, found = Selector(text=text), dict[str, str]()
    for one in page.xpath("//input[@type='hidden'][@name]"):
        found.setdefault(f"input:{one.attrib['name']}", one.attrib.get("value", ""))
    for one in page.xpath("//meta[@content][@name or @property]"):
        found.setdefault(f"meta:{one.attrib.get('name') or one.attrib.get('property')}", one.attrib["content"])
    for one in page.xpath("//*[@*[starts-with(name(), 'data-')]]"):
        for name, value in one.attrib.items():
            if name.startswith("data-"):
                found.setdefault(f"data:{name.removeprefix('data-')}", value)
    return found


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
