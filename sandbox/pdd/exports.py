"""Exports that are made as tasks: ordered, listed, and fetched by a link that a call of its own gives.

What is known of them is in docs/portals.md 8.7 and 8.8; columns and the paths below `mercury` were not recorded. [A]
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, BinaryIO, ClassVar

from aiohttp import web

from sandbox.faults import Fault
from sandbox.links import LinkSigner
from sandbox.pdd.answers import SPAN_TOO_LONG, WRONG_ARGUMENTS, Call, Refusal
from sandbox.pdd.paged import Window
from sandbox.pdd.request_guard import RequestGuard
from sandbox.portal import PortalPart, Stage, TruthOf, json_body
from sandbox.sending import Sender, access_denied
from sandbox.truth import Truth, Value
from sandbox.world import SandboxShop

# The text of docs/portals.md 8.7; its code was not recorded.
TOO_SOON = Refusal(4000, "两次提交时间不得小于5分钟")
# Whether an order is refused so was not recorded. [A]
NO_DATA = Refusal(4002, "所选时间暂无数据")
EXPORT_FAULTS = frozenset({Fault.NO_DATA_YET, Fault.TWIN_JOB})
"""The faults that an order can meet, besides those of all calls."""
_NUMBERS = itertools.count(91001)


@dataclass(frozen=True, slots=True)
class SandboxTask:
    """One export of an account. `created_at` is the portal's clock, `ready_at` is `time.monotonic()`."""

    number: int
    shop: SandboxShop
    window: Window
    body: Mapping[str, Any]
    created_at: dt.datetime
    ready_at: float

    @property
    def is_done(self) -> bool:
        """Says whether its file is there."""
        return time.monotonic() >= self.ready_at


class SandboxExport(PortalPart, ABC):
    """One kind of export. Beside what is ordered stands what colleagues have ordered."""

    dataset: ClassVar[str]
    name: ClassVar[str]
    """How its calls are called: `<name>_create`, `<name>_list`, `<name>_link`."""
    create_path: ClassVar[str]
    list_path: ClassVar[str]
    link_path: ClassVar[str] = ""
    link_key: ClassVar[str] = ""
    """What says which task a link is asked for; both are blank where the list has the links."""
    is_signed: ClassVar[bool] = False
    gap_seconds: ClassVar[float] = 0
    """What must lie between two orders of an account."""
    max_days: ClassVar[int]
    columns: ClassVar[tuple[str, ...]]
    content_type: ClassVar[str]
    host: ClassVar[str] = "mms"
    """Where its calls are."""

    def __init__(self, stage: Stage, guard: RequestGuard) -> None:
        self.stage, self.guard = stage, guard
        self._create, self._list, self._link = (
            Call(
                f"{self.name}_{what}",
                is_camel=True,
                success_code=1000000,
                is_signed=self.is_signed and what == "create",
            )
            for what in ("create", "list", "link")
        )
        paths = (self.create_path, self.list_path, self.link_path)
        names = (f"{self.name}_{what}" for what in ("create", "list", "link"))
        self.calls = {path: name for path, name in zip(paths, names, strict=True) if path}
        self._tasks: dict[str, list[SandboxTask]] = {}
        self._signer = LinkSigner()
        self._sender = Sender(stage, self.content_type)

    @abstractmethod
    def window(self, body: Mapping[str, Any]) -> Window | None:
        """The time that an order asks for; None if it is malformed."""

    def refusal(self, request: web.Request, shop: SandboxShop, window: Window | None) -> Refusal | None:
        """Why a call is refused that is else as it should be; `window` is that of an order."""
        return None

    @abstractmethod
    def listed(self, entries: Sequence[SandboxTask]) -> dict[str, Any]:
        """The result of the list, the newest first."""

    @abstractmethod
    def row(self, random: Random, day: dt.date, number: int) -> tuple[Value, ...]:
        """One row."""

    @abstractmethod
    def content(self, rows: Sequence[Sequence[Value]]) -> bytes:
        """The file."""

    def rows(self, shop: SandboxShop, day: dt.date) -> list[tuple[Value, ...]]:
        """Those of a day; they follow from seed, shop and day alone."""
        random = Random(f"{self.stage.options.seed}/{shop.id}/{day}/{self.dataset}")
        return [self.row(random, day, number) for number in range(self.stage.options.rows)]

    def truths(self) -> Mapping[str, TruthOf]:
        """A day as it is sent."""

        def truth(shop: SandboxShop, day: dt.date, _variant: Collection[Fault]) -> Truth:
            return Truth(list(self.columns), [list(row) for row in self.rows(shop, day)])

        return {self.dataset: truth}

    # -- the calls --------------------------------------------------------------------------------------------------

    def add_routes(self, app: web.Application) -> None:
        """Adds the three paths to the application of the back office."""
        app.router.add_post(self.create_path, self._on_create)
        app.router.add_post(self.list_path, self._on_list)
        if self.link_path:
            app.router.add_get(self.link_path, self._on_link)

    def add_storage(self, app: web.Application) -> None:
        """Adds its files to a storage host."""
        app.router.add_get(f"/{self.name}/{{number}}", self._on_download)

    def task_of(self, request: web.Request) -> SandboxTask | None:
        """The task whose file a link leads to."""
        if not request.path.startswith(f"/{self.name}/"):
            return None
        return self._by_number(request.path.rpartition("/")[2])

    async def _on_create(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        window = self.window(body)
        shop = await self.guard.enter(request, self._create, None if window is None else window.last_day())
        if isinstance(shop, web.Response):
            return shop
        if (refusal := self.refusal(request, shop, window)) is not None:
            return self.guard.refuse(shop, self._create, refusal)
        if window is None:
            return self.guard.refuse(shop, self._create, WRONG_ARGUMENTS)
        if len(window.days()) > self.max_days:
            return self.guard.refuse(shop, self._create, SPAN_TOO_LONG)
        now = self.stage.world.now()
        newest = max((task.created_at for task in self._of(shop) if task.body.get("by") != "history"), default=None)
        if newest is not None and (now - newest).total_seconds() < self.gap_seconds:
            return self.guard.refuse(shop, self._create, TOO_SOON)
        if self._is_struck(shop, Fault.NO_DATA_YET, window):
            return self.guard.refuse(shop, self._create, NO_DATA)
        for _ in range(1 + self._is_struck(shop, Fault.TWIN_JOB, window)):
            self._add(shop, window, body, now, self.stage.options.report_seconds)
        self.stage.records.count_job(shop.id, window.last_day())
        return self._create.success(True)

    def _is_struck(self, shop: SandboxShop, fault: Fault, window: Window) -> bool:
        return self.stage.faults.take(shop.id, fault, day=window.last_day(), at=self._create.name)

    async def _on_list(self, request: web.Request) -> web.Response:
        shop = await self.guard.enter(request, self._list, None)
        if isinstance(shop, web.Response):
            return shop
        if (refusal := self.refusal(request, shop, None)) is not None:
            return self.guard.refuse(shop, self._list, refusal)
        return self._list.success(self.listed(sorted(self._of(shop), key=lambda task: task.created_at, reverse=True)))

    async def _on_link(self, request: web.Request) -> web.Response:
        shop = await self.guard.enter(request, self._link, None)
        if isinstance(shop, web.Response):
            return shop
        task = self._by_number(request.query.get(self.link_key, ""))
        if task is None or task.shop != shop or not task.is_done:
            return self.guard.refuse(shop, self._link, WRONG_ARGUMENTS)
        return self._link.success(self.link_of(task))

    def link_of(self, task: SandboxTask) -> str:
        """A fresh link to its file."""
        path = self._signer.sign(f"/{self.name}/{task.number}", self.stage.options.link_seconds)
        return self.stage.origins["mms_storage"] + path

    async def _on_download(self, request: web.Request) -> web.StreamResponse:
        task = self.task_of(request)
        if task is None or not self._signer.is_good(request.path, request.query):
            return access_denied()
        return await self._sender.answer(request, task.shop, task.window.last_day(), partial(self._open, task))

    async def _open(self, task: SandboxTask) -> tuple[BinaryIO, int]:
        days = sorted(task.window.days())
        content = self.content([self.columns, *(row for day in days for row in self.rows(task.shop, day))])
        return io.BytesIO(content), len(content)

    # -- the tasks --------------------------------------------------------------------------------------------------

    def _of(self, shop: SandboxShop) -> list[SandboxTask]:
        """Those of an account; some days ago somebody has exported too."""
        if shop.id not in self._tasks:
            self._tasks[shop.id] = []
            for hours in (30, 54):
                made = self.stage.world.now() - dt.timedelta(hours=hours)
                window = Window.of_day(made.date() - dt.timedelta(days=1))
                self._add(shop, window, {"by": "history"}, made, -1)
        return self._tasks[shop.id]

    def _add(
        self, shop: SandboxShop, window: Window, body: Mapping[str, Any], created_at: dt.datetime, takes: float
    ) -> None:
        ready_at = time.monotonic() + takes
        self._tasks[shop.id].append(SandboxTask(next(_NUMBERS), shop, window, dict(body), created_at, ready_at))

    def _by_number(self, number: str) -> SandboxTask | None:
        return next((task for tasks in self._tasks.values() for task in tasks if str(task.number) == number), None)
