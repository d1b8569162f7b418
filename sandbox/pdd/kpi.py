"""Customer-service KPI: one call gives a pre-signed link to a file (docs/portals.md 3.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from aiohttp import web

from sandbox.changed_files import changed_workbook
from sandbox.faults import Fault
from sandbox.links import LinkSigner
from sandbox.pdd.answers import WRONG_ARGUMENTS, Call
from sandbox.pdd.kpi_contents import CONTENT_FAULTS, KpiKey, kpi_truth
from sandbox.pdd.kpi_workbook import XLS_TYPE, make_workbook, require_writer
from sandbox.pdd.request_guard import RequestGuard
from sandbox.portal import PortalPart, Stage, TruthOf
from sandbox.sending import Sender, access_denied
from sandbox.truth import Truth
from sandbox.world import SHANGHAI, SandboxShop
from shopdata.periods import Period, PeriodKind

DOWNLOAD_PATH = "/chats/csReportDetail/download"
FILE_FOLDER = "/cs-report/"
# docs/portals.md 0.6 [C 3]: KPI data is T-3.
LAG_DAYS = 3
# And how late it is with the change `pdd_kpi_late`.
LATE_DAYS = 5
# Each dataset's period, and when schedule.yaml collects it; on which day of the week is free.
PERIODS: dict[str, tuple[PeriodKind, str]] = {
    "pdd_kpi_days": ("day", "0 12 * * *"),
    "pdd_kpi_weekly": ("week", "0 12 * * 4"),
    "pdd_kpi_monthly": ("month", "0 12 4 * *"),
}


@dataclass(frozen=True, slots=True)
class KpiFile:
    """A file that a link leads to."""

    shop: SandboxShop
    key: KpiKey


class PddKpi(PortalPart):
    """The handlers of the call and of the storage hosts."""

    call = Call("kpi", is_camel=False, success_code=None)
    calls: Mapping[str, str] = {DOWNLOAD_PATH: call.name}
    jobs = tuple(
        {"name": dataset, "spider": "pdd_kpi", "args": {"period": kind}, "cron": cron}
        for dataset, (kind, cron) in PERIODS.items()
    )

    def __init__(self, stage: Stage, guard: RequestGuard) -> None:
        if stage.options.pdd_shops:
            require_writer()
        self._stage = stage
        self._guard = guard
        self._signer = LinkSigner()
        self._sender = Sender(stage, XLS_TYPE)
        self._files: dict[str, KpiFile] = {}

    def add_routes(self, app: web.Application) -> None:
        """Adds the path to the application of the back office."""
        app.router.add_get(DOWNLOAD_PATH, self._order)

    def storage(self) -> web.Application:
        """The host that links lead to. docs/portals.md 7: the real one was not recorded."""
        app = web.Application()
        app.router.add_get(FILE_FOLDER + "{file_name}", self._download)
        return app

    def shop_of(self, request: web.Request) -> SandboxShop | None:
        """The shop whose file a link leads to."""
        file = self._files.get(request.path.rpartition("/")[2])
        return None if file is None else file.shop

    def _key(self, shop: SandboxShop, first: dt.date, last: dt.date, variant: frozenset[Fault]) -> KpiKey:
        """What the report of a range follows from, at this moment."""
        lag = LATE_DAYS if self._stage.changes.is_on("pdd_kpi_late") else LAG_DAYS
        if last > self._stage.world.now().date() - dt.timedelta(days=lag):
            # docs/portals.md 0.6 [A]: what a day that is too fresh gets was not recorded; here a header only.
            variant |= {Fault.KPI_NOT_READY}
        revisions = self._stage.revisions.between(shop.id, first, last)
        return KpiKey(self._stage.options.seed, shop.id, shop.number, first, last, variant, revisions)

    def truths(self) -> Mapping[str, TruthOf]:
        """The period of each dataset: the day, the week that ends with it, the month that holds it."""
        return {dataset: self._truth_of(kind) for dataset, (kind, _) in PERIODS.items()}

    def _truth_of(self, kind: PeriodKind) -> TruthOf:
        def truth(shop: SandboxShop, day: dt.date, variant: Collection[Fault]) -> Truth:
            period = Period.of(kind, day)
            return kpi_truth(self._key(shop, period.start, period.end, frozenset(variant)))

        return truth

    async def _order(self, request: web.Request) -> web.Response:
        days = _days(request)
        last = None if days is None else days[1]
        shop = await self._guard.enter(request, self.call, last)
        if isinstance(shop, web.Response):
            return shop
        if days is None:
            return self._guard.refuse(shop, self.call, WRONG_ARGUMENTS)
        struck = frozenset(fault for fault in CONTENT_FAULTS if self._is_struck(shop, fault, last))
        key = self._key(shop, *days, struck)
        file_name = (
            hashlib.sha256(repr((*days, shop.id, sorted(key.variant), key.revisions)).encode()).hexdigest()[:32]
            + ".xlsx"
        )
        self._files[file_name] = KpiFile(shop, key)
        host = "mms_elsewhere" if self._is_struck(shop, Fault.FOREIGN_LINK_HOST, last) else "mms_storage"
        path = self._signer.sign(FILE_FOLDER + file_name, self._stage.options.link_seconds)
        return self.call.success(self._stage.origins[host] + path)

    def _is_struck(self, shop: SandboxShop, fault: Fault, day: dt.date | None) -> bool:
        return self._stage.faults.take(shop.id, fault, day=day, at=self.call.name)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["file_name"])
        if file is None or not self._signer.is_good(request.path, request.query):
            return access_denied()

        async def open_file() -> tuple[BinaryIO, int]:
            content = changed_workbook(make_workbook(file.key), self._stage.changes)
            return io.BytesIO(content), len(content)

        return await self._sender.answer(request, file.shop, file.key.last, open_file)


def _days(request: web.Request) -> tuple[dt.date, dt.date] | None:
    """First and last day that a call asks for; None if it is malformed.

    docs/portals.md 3.1 [C 2]: the range begins at midnight of Shanghai; it ends in the last second of a day, or that
    day's midnight, and the day is in it either way.
    """
    try:
        start, end = (
            dt.datetime.fromtimestamp(int(request.query.get(name, "")), SHANGHAI) for name in ("starttime", "endtime")
        )
    except (ValueError, OverflowError, OSError):
        return None
    midnight, last_second = dt.time(0, 0, 0), dt.time(23, 59, 59)
    if start.time() != midnight or end.time() not in (midnight, last_second) or end < start:
        return None
    return start.date(), end.date()
