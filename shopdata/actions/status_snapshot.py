"""What `scrapy status` reads: cells and partitions of the ledger, and which periods there should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shopdata.alerts.causes import Trouble, trouble_of
from shopdata.config import Config, Job
from shopdata.lake.completeness import REFRESH_DUE, expected_periods
from shopdata.ledger import Ledger, PartitionRecord
from shopdata.ledger.queries import CellSummary
from shopdata.ledger.slots import PAUSED
from shopdata.periods import Period
from shopdata.service.board.grid import square_of
from shopdata.service.board.pages.today import DatasetLine
from shopdata.service.control import Due
from shopdata.service.expected import Expected, expected_of, newest_only
from shopdata.states import CellState

#: Later than every label.
_EVER = "9999-12-31"
#: More periods than a dataset ever has.
_ALL = 1_000_000


@dataclass(frozen=True)
class StatusSnapshot:
    """Cells and partitions as far as they are meant, and the configuration if it can be read."""

    cells: Sequence[CellSummary]
    partitions: Sequence[PartitionRecord]
    config: Config | None

    @property
    def datasets(self) -> list[str]:
        """Those of which the ledger has something."""
        return sorted({cell.dataset for cell in self.cells})

    @property
    def names(self) -> Mapping[str, str]:
        """What people call the shops, by id."""
        return {shop.id: shop.name for shop in self.config.shops} if self.config is not None else {}

    def troubles(self) -> list[Trouble]:
        """The newest period first. A good cell too may have something to say: that it was asked again in vain."""
        names = self.names
        found = []
        for cell in sorted(self.cells, key=lambda cell: cell.dt, reverse=True):
            if cell.reason:
                trouble = trouble_of(
                    CellState.FAILED if cell.state.is_done else cell.state,
                    cell.reason,
                    shop=cell.shop,
                    name=names.get(cell.shop, cell.shop),
                    dt=cell.dt,
                    dataset=cell.dataset,
                )
                found.append(replace(trouble, state=cell.state))
        return found


def read(
    ledger: Ledger,
    config: Config | None,
    datasets: Sequence[str],
    *,
    count: int,
    day: date | None,
    shop: str | None,
    also: Mapping[str, Expected],
) -> StatusSnapshot:
    """Reads what is to be told of some datasets.

    Args:
        count: so many periods of each, the newest.
        day: in place of that: those that hold this business day.
        shop: only this one.
        also: periods that are read in any case.
    """
    wanted: set[tuple[str, str]] = set()
    for name in datasets:
        if day is None:
            labels = ledger.queries.periods(name, _EVER, count)
            labels += [also[name].dt] if name in also else []
        else:
            found = ledger.queries.periods(name, f"{day}", _ALL)
            labels = [dt for dt in found if Period.from_dt(dt).end >= day]
        wanted |= {(name, dt) for dt in labels}
    cells = [cell for cell in ledger.queries.summaries(wanted) if shop in (None, cell.shop)]
    return StatusSnapshot(cells, list(ledger.queries.partitions(wanted).values()), config)


def lines_of(
    snapshot: StatusSnapshot, expected: Mapping[str, Expected], now: datetime, shop: str | None
) -> list[DatasetLine]:
    """One line for each expected period that a shop has: how many shops are in which state."""
    assert snapshot.config is not None
    cells = {(cell.dataset, cell.dt, cell.shop): cell for cell in snapshot.cells}
    partitions = {(one.dataset, one.dt): one for one in snapshot.partitions}
    lines = []
    for name, what in expected.items():
        contract, period = snapshot.config.datasets[name], Period.from_dt(what.dt)
        shops = [one.id for one in snapshot.config.shops_for(name) if one.has(period) and shop in (None, one.id)]
        summaries = [cells.get((name, what.dt, one)) for one in shops]
        counts = Counter(
            square_of(glance, name, contract, what, one, now).state
            for glance, one in zip(summaries, shops, strict=True)
        )
        if counts:
            lines.append(DatasetLine(name, contract, what, counts, partitions.get((name, what.dt)), what.is_due(now)))
    return lines


def expected_today(config: Config, ledger: Ledger, day: date) -> dict[str, Expected]:
    """The period of each dataset that the clock asks for on a working day."""
    return expected_of(config, newest_only(_entry(job, config, ledger) for job in config.schedule.jobs), day)


def expected_for(config: Config, snapshot: StatusSnapshot, day: date, now: datetime) -> dict[str, Expected]:
    """The periods that hold a business day: those of the ledger, and of other datasets those of the calendar."""
    found: dict[str, Expected] = {}
    for name, contract in config.datasets.items():
        periods = [Period.from_dt(cell.dt) for cell in snapshot.cells if cell.dataset == name]
        if not periods and not contract.is_snapshot:
            periods = expected_periods(contract, config.shops_for(name), day, day, now=now)
        if periods:
            found[name] = Expected(max(periods).dt, None, "")
    return found


def lacking(snapshot: StatusSnapshot, name: str, periods: Sequence[Period], shop: str | None) -> dict[str, int]:
    """The periods of a dataset that are not whole, by label: how many shops each of them lacks."""
    config = snapshot.config
    shops = config.shops_for(name) if config is not None and name in config.datasets else ()
    partitions = {one.dt: one for one in snapshot.partitions if one.dataset == name}
    here: dict[str, dict[str, CellState]] = {}
    for cell in snapshot.cells:
        if cell.dataset == name:
            here.setdefault(cell.dt, {})[cell.shop] = cell.state
    lacks: dict[str, int] = {}
    for period in periods:
        states, partition = here.get(period.dt, {}), partitions.get(period.dt)
        meant = {one.id for one in shops if one.has(period) and shop in (None, one.id)} | states.keys()
        missing = {one.id for one in partition.missing} if partition is not None else meant
        count = sum(one in missing or one not in states or not states[one].is_done for one in meant)
        if count or partition is None or partition.refresh_state in REFRESH_DUE:
            lacks[period.dt] = count
    return lacks


def _entry(job: Job, config: Config, ledger: Ledger) -> Due:
    mark = ledger.slots.last_mark(job.name)
    kind = job.args.get("period", "day")
    # A spider of several datasets names each of them after itself and their kind of period.
    own = [name for name, one in config.datasets.items() if name.startswith(f"{job.runs}_") and one.period == kind]
    return Due(
        job=job.name,
        spider=job.runs,
        arguments=job.args,
        dataset=job.runs if job.runs in config.datasets else own[0] if own else "",
        cron=job.cron,
        is_enabled=job.enabled,
        is_paused=mark is not None and mark.state == PAUSED,
        next_at=None,
    )
