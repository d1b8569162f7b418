"""A person shows an export in a browser, one day after the other: what begins a take, what ends it, and which count."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Frame, Page
from playwright.async_api import Error as PlaywrightError

from shopdata.config import Portal
from shopdata.recording.journal import Call, Download, Entry
from shopdata.recording.recorder import Recorder
from shopdata.recording.redaction.samples import Sample

#: What a context needs so that all of it can be written down.
CONTEXT_OPTIONS: Mapping[str, Any] = {"accept_downloads": True, "service_workers": "block"}


class End(StrEnum):
    """How a take ended, or all of it."""

    FILE = "file"
    #: The person says that the rows are on the page.
    ROWS = "rows"
    AGAIN = "again"
    NEXT = "next"
    #: The window is gone.
    CLOSED = "closed"
    #: The portal wants a sign-in, which is none of a recording's business.
    SIGNED_OUT = "signed_out"


@dataclass(frozen=True)
class Take:
    """One that goes on."""

    number: int
    of: int
    day: date


@dataclass(frozen=True)
class Took:
    """What came of one: files with kind, rows and names of columns; and how many requests were seen."""

    take: Take
    files: tuple[Mapping[str, Any], ...]
    calls: int


class Face(Protocol):
    """What a person sees of it. What they wish comes by `Showing.wish`."""

    async def show_take(self, take: Take) -> None:
        """Says which day is to be exported."""

    async def show_took(self, took: Took) -> None:
        """Says what came, and asks whether to go on."""


class Keeper(Protocol):
    """What keeps what is seen: a recording."""

    def begin(self, day: date) -> None:
        """A take of this day begins."""

    def note(self, entry: Entry) -> None:
        """Keeps an entry."""

    def keep_file(self, download: Download, sample: Sample | None) -> None:
        """Keeps a file, and some of its rows."""

    def forget_take(self) -> None:
        """The last take was not what was meant."""


class Showing:
    """In one context, which is signed in.

    Args:
        keep: as the recorder's.
    """

    def __init__(
        self,
        context: BrowserContext,
        portal: Portal,
        recording: Keeper,
        keep: Callable[[bytes], None] | None = None,
    ) -> None:
        self._context = context
        self._portal = portal
        self._recording = recording
        self._recorder = Recorder(recording.begin, self._note, self._keep_file, keep)
        self._seen: list[Entry] = []
        self._ends: asyncio.Queue[End] = asyncio.Queue()
        self._recorder.listen(context)
        context.on("close", lambda _: self.wish(End.CLOSED))
        context.on("page", self._watch)
        for page in context.pages:
            self._watch(page)

    def wish(self, end: End) -> None:
        """Something that ends a take, or goes on after it."""
        self._ends.put_nowait(end)

    async def show(self, days: Sequence[date], face: Face) -> End:
        """All takes; `NEXT` when each is there, else why they ended."""
        number = 0
        while number < len(days):
            take = Take(number + 1, len(days), days[number])
            self._seen.clear()
            self._recorder.begin(take.day)
            await self._open_home()
            self._forget_wishes()
            await face.show_take(take)
            end = await self._next(End.FILE, End.ROWS)
            await self._recorder.end()
            if end in (End.CLOSED, End.SIGNED_OUT):
                return end
            await face.show_took(
                Took(take, tuple(map(_fact, self._files())), sum(isinstance(entry, Call) for entry in self._seen))
            )
            end = await self._next(End.NEXT, End.AGAIN)
            if end is End.AGAIN:
                self._recording.forget_take()
            elif end is End.NEXT or number + 1 == len(days):
                number += 1
            else:
                return end
        return End.NEXT

    async def _next(self, *wanted: End) -> End:
        while True:
            end = await self._ends.get()
            if end in (*wanted, End.CLOSED, End.SIGNED_OUT):
                return end

    def _forget_wishes(self) -> None:
        """What was pressed before the take; not what ends all of it."""
        kept = []
        while not self._ends.empty():
            kept.append(self._ends.get_nowait())
        for end in kept:
            if end in (End.CLOSED, End.SIGNED_OUT):
                self.wish(end)

    async def _open_home(self) -> None:
        """Each take begins where the other did: what its pages bring along belongs to it."""
        with contextlib.suppress(PlaywrightError):
            page, *others = self._context.pages or [await self._context.new_page()]
            for other in others:
                await other.close()
            await page.goto(home_address(self._portal))

    def _note(self, entry: Entry) -> None:
        self._recording.note(entry)
        self._seen.append(entry)

    def _keep_file(self, download: Download, sample: Sample | None) -> None:
        self._recording.keep_file(download, sample)
        self._seen.append(download)
        self.wish(End.FILE)

    def _files(self) -> list[Download]:
        return [entry for entry in self._seen if isinstance(entry, Download)]

    def _watch(self, page: Page) -> None:
        page.on("framenavigated", self._on_navigated)
        page.on("close", lambda _: self._on_closed())

    def _on_navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None and is_login_page(self._portal, frame.url):
            self.wish(End.SIGNED_OUT)

    def _on_closed(self) -> None:
        if not self._context.pages:
            self.wish(End.CLOSED)


def home_address(portal: Portal) -> str:
    """The first page of the back office: of its own host, where that is not the login page's."""
    parts = urlsplit(portal.login_url)
    host = next((host for host in portal.home_hosts if not host.startswith(".")), parts.netloc)
    return f"{parts.scheme}://{host}{portal.home_path}"


def is_login_page(portal: Portal, url: str) -> bool:
    """True for the page on which names and passwords are typed."""
    asked, login = urlsplit(url), urlsplit(portal.login_url)
    return (asked.netloc, asked.path.rstrip("/")) == (login.netloc, login.path.rstrip("/"))


def _fact(file: Download) -> Mapping[str, Any]:
    columns = [str(one["name"]) for one in file.table.get("columns", ())]
    return {"kind": file.file, "rows": int(file.table.get("rows", 0)), "columns": columns}
