"""Each cell of `scrapy status --all`: a dataset's shops x periods, in shapes and, where they fit, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from shopdata.config import Config, Shop
from shopdata.lake.completeness import expected_periods
from shopdata.ledger import PartitionRecord
from shopdata.ledger.queries import CellSummary
from shopdata.periods import Period
from shopdata.states import MARKS, CellState
from shopdata.wording import Texts


@dataclass
class Shown:
    """One dataset as far as it is shown."""

    name: str
    title: str
    periods: list[Period]
    #: The shops in the order of shops.yaml; those that are no longer there come last.
    shops: list[str]
    cells: dict[tuple[str, str], CellSummary]
    partitions: list[PartitionRecord]
    #: Who was there when; a shop that is not in it was there from ever.
    known: dict[str, Shop]

    @classmethod
    def of(
        cls,
        name: str,
        cells: Sequence[CellSummary],
        partitions: Sequence[PartitionRecord],
        config: Config | None,
        *,
        count: int | None,
        shop: str | None,
    ) -> Shown:
        """What is shown of one dataset.

        Args:
            count: so many periods, the newest of the ledger and what lies between; None is all that the ledger has.
        """
        periods = sorted({Period.from_dt(cell.dt) for cell in cells} | {Period.from_dt(p.dt) for p in partitions})
        contract = config.datasets.get(name) if config is not None else None
        own = list(config.shops_for(name)) if config is not None and contract is not None else []
        if contract is not None and count is not None and periods and not contract.is_snapshot:
            # A day between two others that nobody asked for is what a person must see.
            between = expected_periods(contract, own, periods[0].end, periods[-1].end, known=periods)
            periods = sorted({*periods, *between})
        periods = periods[-count:] if count is not None else periods
        shown = {period.dt for period in periods}
        ids = [one.id for one in own]
        ids += sorted({cell.shop for cell in cells if cell.dt in shown}.difference(ids))
        return cls(
            name=name,
            title=contract.title if contract is not None else "",
            periods=periods,
            shops=[one for one in ids if shop in (None, one)],
            cells={(cell.dt, cell.shop): cell for cell in cells if cell.dt in shown},
            partitions=[partition for partition in partitions if partition.dt in shown],
            known={one.id: one for one in own},
        )

    def state(self, period: Period, shop: str) -> CellState | None:
        """The state of a cell; None if nobody asked."""
        cell = self.cells.get((period.dt, shop))
        return None if cell is None else cell.state

    def is_expected(self, period: Period, shop: str) -> bool:
        """False for a shop that was not there yet."""
        return (period.dt, shop) in self.cells or (shop in self.known and self.known[shop].has(period))


def grid(t: Texts, shown: Shown, console: Console) -> RenderableType:
    """Shops x periods."""
    first = max([4, *(len(shop) for shop in shown.shops)])
    has_room = first + sum(max(len(period.dt), 13) + 2 for period in shown.periods) <= console.width
    table = _table(t, shown, first, has_room=has_room)
    for shop in shown.shops:
        marks = [_mark(t, shown, period, shop) for period in shown.periods]
        table.add_row(Text(shop), *(marks if has_room else map(_shape, marks)))
    # Not the table's own title: that would break at the table's width.
    parts: list[RenderableType] = [Text(f"{shown.name}  {shown.title}".rstrip(), "italic"), table]
    if shown.shops and not has_room:
        parts.append(_legend(t, shown, shown.shops))
    return Group(*parts)


def _table(t: Texts, shown: Shown, first: int, *, has_room: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(t("head.shop"), no_wrap=True, min_width=first)
    for period in shown.periods:
        label = period.dt if has_room else period.dt.replace(f"{period.end.year}-", "").replace("_", "\n")
        table.add_column(label, no_wrap=True)
    return table


def _mark(t: Texts, shown: Shown, period: Period, shop: str) -> Text:
    if not shown.is_expected(period, shop):
        return Text("")
    state = shown.state(period, shop)
    if state is None:
        return _not_asked(t)
    shape, style = MARKS[state]
    return Text(f"{shape} {t(f'state.{state}.word')}", style)


def _not_asked(t: Texts) -> Text:
    return Text(f"– {t('state.unasked.word')}", "yellow")


def _shape(mark: Text) -> Text:
    return Text(mark.plain[:1], mark.style)


def _legend(t: Texts, shown: Shown, shops: Sequence[str]) -> Text:
    """What the shapes mean that were shown."""
    used = {_mark(t, shown, period, shop).plain for period in shown.periods for shop in shops}
    words = [f"{MARKS[state][0]} {t(f'state.{state}.word')}" for state in CellState] + [_not_asked(t).plain]
    return Text("   ".join(word for word in words if word in used), "dim")
