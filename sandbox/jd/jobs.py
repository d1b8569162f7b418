"""JD's report jobs: one account-wide book per shop, with other people's jobs in it (docs/portals.md 4.3)."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from sandbox.faults import EVERY_SHOP, Fault
from sandbox.jd.login import other_name
from sandbox.jd.ordered import OrderedReport, ReportKey
from sandbox.portal import Stage
from sandbox.world import SandboxShop

# What people order besides what the sandbox declares.
STRANGER = ("经营状况-商品明细", "managePro")
GENERATING, DONE = "1", "2"
# docs/portals.md 4.3 [A]: any status but "1" and "2" means failed; that it is "3" is a guess.
FAILED = "3"

# The faults that stay with a job from its creation on.
CONTENT_FAULTS = (
    Fault.CORRUPT_WORKBOOK,
    Fault.WRONG_DATE,
    Fault.MISSING_REQUIRED_COLUMN,
    Fault.RENAMED_COLUMN,
    Fault.EXTRA_COLUMN,
    Fault.REORDERED_COLUMNS,
    Fault.EMPTY_REPORT,
    Fault.FIRST_PAGE_ONLY,
    Fault.YESTERDAYS_FILE,
    Fault.SHIFTED_COLUMNS,
    Fault.BLANK_COLUMN,
    Fault.DOUBLED_ROWS,
)
JOB_FAULTS = (
    Fault.REPORT_FAILED,
    Fault.REPORT_STUCK,
    Fault.REPORT_HELD,
    Fault.LIST_EMPTY_LINK,
    Fault.FOREIGN_LINK_HOST,
    Fault.LISTED_LATE,
    Fault.TWIN_JOB,
    Fault.LINK_DEAD_FIRST,
)


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """One entry of the report list. `created_at` is the portal's clock; the other times are `time.monotonic()`."""

    number: int
    name: str
    report_type: str
    created_at: dt.datetime
    visible_at: float
    ready_at: float
    link_at: float
    dead_until: float
    key: ReportKey
    faults: frozenset[Fault] = frozenset()

    @property
    def day(self) -> dt.date:
        """The business day that was asked for."""
        return self.key.day

    def status(self) -> str:
        """What the list shows at this moment."""
        if Fault.REPORT_STUCK in self.faults or time.monotonic() < self.ready_at:
            return GENERATING
        return FAILED if Fault.REPORT_FAILED in self.faults else DONE

    def has_link(self) -> bool:
        """Says whether the list shows a link at this moment."""
        is_due = self.status() == DONE and time.monotonic() >= self.link_at
        return is_due and Fault.LIST_EMPTY_LINK not in self.faults

    def file_name(self) -> str:
        """The name of its file on the storage host."""
        name = hashlib.sha256(f"{self.key.seed}/{self.key.shop_id}/{self.number}".encode()).hexdigest()[:32]
        return f"{name}.xlsx.zip" if self.key.report.is_zipped else f"{name}.xlsx"

    def listed_name(self, *, is_wrapped: bool, is_other: bool) -> str:
        """How the list calls it."""
        # docs/portals.md 8.1 [S]: for another report the two names differ altogether; the download centre wraps names.
        report = self.key.report
        rest = self.name.removeprefix(report.task_name(self.day))
        name = f"{report.other_title}-{self.day}-汇总{rest}-SKU" if is_other else report.list_name(self.name, self.day)
        return f"【{name}】.xlsx" if is_wrapped else name

    def is_link_dead(self, given_at: float) -> bool:
        """Says whether a link that was given out then (`time.time()`) is one of the dead ones."""
        return Fault.LINK_DEAD_FIRST in self.faults and given_at - (time.time() - time.monotonic()) < self.dead_until

    def is_link_without_scheme(self) -> bool:
        """Says whether its link begins with `//` (docs/portals.md 4.3: some do [C 2]; here two of every three)."""
        return self.number % 3 != 0


class JobBook:
    """The jobs of every shop. Used from the server's thread only.

    `usual` is what people of an account have ordered before.
    """

    def __init__(self, stage: Stage, usual: OrderedReport) -> None:
        self._stage = stage
        self._usual = usual
        self._numbers = itertools.count(880001)
        self._jobs: dict[str, list[SandboxJob]] = {}
        self._files: dict[str, SandboxJob] = {}

    def create(self, report: OrderedReport, shop: SandboxShop, day: dt.date) -> SandboxJob:
        """Adds a job, and beside it what other people of the account do at the same time.

        Before it stands a colleague's filtered report of the same day, after it one of another day, and some hours
        back a job of the very same name: only name, type and time together tell which one is ours.
        """
        faults = self._stage.faults
        variant = frozenset(fault for fault in CONTENT_FAULTS if faults.take(shop.id, fault, day=day, at="create"))
        job_faults = frozenset(fault for fault in JOB_FAULTS if faults.take(shop.id, fault, day=day, at="create"))
        name = other_name(shop) if faults.take(shop.id, Fault.WRONG_SHOP, day=day, at="create") else shop.name
        key = ReportKey(report, self._stage.options.seed, shop.id, name, day, self._stage.options.rows, variant)
        plain = replace(key, shop_name=shop.name, variant=frozenset())
        part, day_before = replace(plain, rows=key.rows // 2), replace(plain, day=day - dt.timedelta(days=1))
        seconds, task_name = self._stage.options.report_seconds, report.task_name(day)
        is_quiet = Fault.OTHER_NAMES in {rule.fault for rule in faults.rules() if rule.shop_id == shop.id}
        if not is_quiet:
            self._add(shop, f"{task_name}-自营", part, seconds_ago=4, takes=0)
            self._add(shop, task_name, part, seconds_ago=2 * 3600, takes=0)
        job = self._add(shop, task_name, key, takes=seconds, faults=job_faults)
        if Fault.TWIN_JOB in job_faults:
            self._add(shop, task_name, part, takes=seconds)
        if not is_quiet:
            self._add(shop, f"{report.task_name(day_before.day)}-运营二组", day_before, seconds_ago=-1, takes=0)
        self._stage.records.count_job(shop.id, day)
        return job

    def listed(self, shop: SandboxShop) -> list[SandboxJob]:
        """The jobs of an account, newest first."""
        now = time.monotonic()
        rules = self._stage.faults.rules()
        is_held = any(rule.fault is Fault.REPORT_HELD and rule.shop_id in (shop.id, EVERY_SHOP) for rule in rules)
        visible = (
            replace(job, faults=job.faults | {Fault.REPORT_STUCK})
            if is_held and Fault.REPORT_HELD in job.faults
            else job
            for job in self._of(shop)
            if job.visible_at <= now
        )
        return sorted(visible, key=lambda job: (job.created_at, job.number), reverse=True)

    def by_file(self, file_name: str) -> SandboxJob | None:
        """The job whose file has that name."""
        return self._files.get(file_name)

    def _of(self, shop: SandboxShop) -> list[SandboxJob]:
        if shop.id not in self._jobs:
            self._jobs[shop.id] = []
            for name, report_type, key, hours, faults in reversed(list(self._history(shop))):
                self._add(shop, name, key, report_type=report_type, seconds_ago=hours * 3600, takes=0, faults=faults)
        return self._jobs[shop.id]

    def _history(self, shop: SandboxShop) -> Iterator[tuple[str, str, ReportKey, int, frozenset[Fault]]]:
        """What people asked for during the last days: both report types, done, failed and never finished."""
        random = Random(f"{self._stage.options.seed}/{shop.id}/history")
        outcomes = (frozenset[Fault](), frozenset({Fault.REPORT_FAILED}), frozenset({Fault.REPORT_STUCK}))
        for number in range(9):
            hours = 3 + number * 7 + random.randrange(7)
            day = (self._stage.world.now() - dt.timedelta(hours=hours)).date() - dt.timedelta(days=3)
            rows = self._stage.options.rows // 3
            key = ReportKey(self._usual, self._stage.options.seed, shop.id, shop.name, day, rows)
            if number % 2:
                title, report_type = STRANGER
                yield f"{title}_{day}", report_type, key, hours, outcomes[number // 2 % 3]
            else:
                name = f"{self._usual.task_name(day)}-备份"
                yield name, self._usual.report_type, key, hours, outcomes[number // 2 % 3]

    def _add(
        self,
        shop: SandboxShop,
        name: str,
        key: ReportKey,
        *,
        takes: float,
        report_type: str = "",
        seconds_ago: float = 0,
        faults: frozenset[Fault] = frozenset(),
    ) -> SandboxJob:
        start = time.monotonic() - seconds_ago
        job = SandboxJob(
            number=next(self._numbers),
            name=name,
            report_type=report_type or key.report.report_type,
            created_at=self._stage.world.now() - dt.timedelta(seconds=seconds_ago),
            visible_at=start + (self._stage.options.listed_late_seconds if Fault.LISTED_LATE in faults else 0),
            ready_at=start + takes,
            link_at=start + takes + self._stage.options.empty_link_seconds,
            dead_until=start + takes + self._stage.options.empty_link_seconds + self._stage.options.link_dead_seconds,
            key=key,
            faults=faults,
        )
        self._of(shop).append(job)
        self._files[job.file_name()] = job
        return job
