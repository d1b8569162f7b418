"""The front page: one sentence about a day, each dataset in a line, every shop with all of its datasets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shopdata.alerts.names import dataset_name
from shopdata.config import Config, Dataset
from shopdata.lake.completeness import REFRESH_DUE
from shopdata.ledger import PartitionRecord
from shopdata.ledger.queries import CellSummary
from shopdata.periods import Period, PeriodKind, today
from shopdata.service.board import grid, states, why
from shopdata.service.board.addresses import checked_day
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.board.why import Found, Reasons
from shopdata.service.expected import Expected
from shopdata.states import CellState
from shopdata.wording import Texts

_MOST_FILLED = 0.96
#: The columns of a platform: days, then weeks, then months.
_KINDS: tuple[PeriodKind, ...] = ("day", "week", "month")


@dataclass(frozen=True)
class DatasetLine:
    """One dataset on one day."""

    dataset: str
    contract: Dataset
    expected: Expected
    counts: Counter[str]
    partition: PartitionRecord | None
    is_due: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return sum(self.counts[state] for state in states.DONE)

    @property
    def lacking(self) -> int:
        return self.total - self.done

    @property
    def state(self) -> str:
        """complete, unrefreshed (published, and Dremio does not know), running, lacking, or waiting for its time."""
        if self.total and not self.lacking:
            is_told = self.partition is None or self.partition.refresh_state not in REFRESH_DUE
            return "complete" if is_told else "unrefreshed"
        if self.counts[CellState.RUNNING] or self.counts[CellState.STAGED]:
            return "running"
        return "lacking" if self.is_due else "waiting"

    @property
    def shown(self) -> float:
        """What of a bar is filled: of 500 shops a single one that lacks is to be seen."""
        return min(self.done, self.total * _MOST_FILLED) if self.lacking else self.done

    @property
    def troubles(self) -> list[tuple[str, int]]:
        """What is not done, by state, the most pressing first."""
        order = (*states.TROUBLES, *states.MOVING, states.UNASKED)
        return [(state, self.counts[state]) for state in order if self.counts[state]]


@dataclass(frozen=True)
class Group:
    """One platform: its datasets are columns, its shops rows."""

    platform: str
    lines: list[DatasetLine]
    rows: list[grid.GridRow]

    @property
    def has_trouble(self) -> bool:
        """True if a shop of it needs somebody."""
        return any(row.kind == "trouble" for row in self.rows)


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """`?day=` another day, `?show=` and `?q=` narrow the shops."""
    now = visit.now
    newest = today(now)
    day = checked_day(visit.query.get("day"), newest)
    config, expected = sources.config(), sources.expected(day)
    periods = [(name, what.dt) for name, what in expected.items()]
    summaries = {(g.dataset, g.shop): g for g in sources.workspace.ledger.queries.summaries(periods)}
    partitions = sources.workspace.ledger.queries.partitions(periods)
    groups = _groups(config, expected, summaries, partitions, now)
    lines = sorted((line for group in groups for line in group.lines), key=lambda line: _when(line.expected))
    rows = [row for group in groups for row in group.rows]
    return RenderedPage(
        "today",
        visit.texts.day(day),
        "today",
        {
            "day": day,
            "is_today": day == newest,
            "before": (day - timedelta(days=1)).isoformat(),
            "after": (day + timedelta(days=1)).isoformat() if day < newest else "",
            "newest": newest.isoformat(),
            "sentence": sentence(visit.texts, lines, now if day == newest else None, day),
            "lacking": lacking(visit.texts, lines),
            "attention": attention(visit.texts, rows),
            "whys": Reasons(visit.texts, config, newest.isoformat(), has_sign_ins=sources.sign_ins is not None).of(
                _troubles(lines, rows)
            ),
            "contracts": config.datasets,
            "lines": lines,
            "groups": groups,
            "counts": grid.count_kinds(rows),
            "filter": grid.Filter.of(visit, grid.SHOWN),
            "config_problem": sources.config_problem,
            "schedule_problem": sources.control.schedule_problem(),
        },
    )


def _groups(
    config: Config,
    expected: dict[str, Expected],
    summaries: dict[tuple[str, str], CellSummary],
    partitions: dict[tuple[str, str], PartitionRecord],
    now: datetime,
) -> list[Group]:
    groups = []
    order = sorted(expected, key=lambda name: (_KINDS.index(config.datasets[name].period), name))
    for platform in dict.fromkeys(shop.platform for shop in config.shops if shop.enabled):
        names = [name for name in order if config.datasets[name].platform == platform]
        periods = {name: Period.from_dt(expected[name].dt) for name in names}
        having = {name: {s.id for s in config.shops_for(name) if s.has(periods[name])} for name in names}
        shops = [shop for shop in config.shops if any(shop.id in having[name] for name in names)]
        listed = {shop.id for shop in shops}
        strangers = sorted({shop for dataset, shop in summaries if dataset in having} - listed)
        squares: dict[str, list[grid.Square | None]] = {}
        for shop_id in [*(shop.id for shop in shops), *strangers]:
            squares[shop_id] = [
                grid.square_of(glance, name, config.datasets[name], expected[name], shop_id, now)
                if (glance := summaries.get((name, shop_id))) is not None or shop_id in having[name]
                else None
                for name in names
            ]
        lines = []
        for number, name in enumerate(names):
            counts = Counter(
                square.state
                for shop_id in squares
                if shop_id in having[name] and (square := squares[shop_id][number]) is not None
            )
            dt = expected[name].dt
            is_due = expected[name].is_due(now)
            lines.append(
                DatasetLine(name, config.datasets[name], expected[name], counts, partitions.get((name, dt)), is_due)
            )
        groups.append(Group(platform, lines, grid.rows_of(shops, squares, strangers)))
    return groups


def _troubles(lines: list[DatasetLine], rows: list[grid.GridRow]) -> list[Found]:
    """What a person should look at, and partitions that Dremio does not show."""
    found = [
        why.found(square.state, square.reason, dataset=square.dataset, dt=square.dt, shop=row.shop, name=row.name)
        for row in rows
        for square in row.squares
        if square is not None and square.kind == "trouble"
    ]
    return found + [
        why.not_refreshed(line.dataset, line.expected.dt, line.partition.refresh_reason)
        for line in lines
        if line.state == "unrefreshed" and line.partition is not None
    ]


def _when(expected: Expected) -> tuple[bool, str]:
    due_at = expected.due_at
    return due_at is None, "" if due_at is None else f"{due_at:%H:%M}"


def sentence(t: Texts, lines: list[DatasetLine], now: datetime | None, day: date) -> str:
    """今天 08:41：7 个数据集，1 个完成，3 个有缺口，3 个还没到时间。 `now` is None for a day that is over."""
    if not lines:
        return t("sentence.nothing")
    when = t("sentence.today", time=t.clock(now)) if now is not None else t.day(day)
    counts = Counter(line.state for line in lines)
    if counts["complete"] == len(lines):
        return t("sentence.complete", when=when, total=len(lines))
    parts = [t("sentence.done", total=len(lines), complete=counts["complete"])]
    parts += [
        t(f"sentence.{state}", n=counts[state])
        for state in ("lacking", "running", "unrefreshed", "waiting")
        if counts[state]
    ]
    return t("sentence.frame", when=when, what=t.join(parts))


def lacking(t: Texts, lines: list[DatasetLine]) -> str:
    """库存还差 2 家店，质量还差 1 家店; "" if nothing is lacking."""
    open_lines = sorted((line for line in lines if line.state in ("lacking", "running")), key=lambda x: -x.lacking)
    return t.join(
        [
            t("sentence.shops", dataset=dataset_name(t, line.dataset, line.contract, is_whole=True), n=line.lacking)
            for line in open_lines
        ]
    )


def attention(t: Texts, rows: list[grid.GridRow]) -> str:
    """需要处理 3 家店：2 家待登录，1 家失败; each counts once, by its most pressing trouble. "" if none has any."""
    counts = Counter(row.pressing for row in rows if row.kind == "trouble")
    if not counts:
        return ""
    order = (*states.TROUBLES, *states.MOVING)
    told = [t("sentence.in_state", n=counts[state], state=t(f"state.{state}.word")) for state in order if counts[state]]
    return t("sentence.attention", n=sum(counts.values()), what=t.join(told))
