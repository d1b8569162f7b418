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
from shopdata.ledger.checked_files import DoubtState
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

    def mark(self, t: Texts, period: Period, shop: str) -> Text:
        """A cell in shape and word; nothing for a shop that was not there yet."""
        cell = self.cells.get((period.dt, shop))
        if cell is not None:
            if cell.state.is_done and cell.doubt == DoubtState.CONFIRMED:
                return _doubtful(t)
            return _mark(t, cell.state)
        is_expected = shop in self.known and self.known[shop].has(period)
        return _mark(t, None) if is_expected else Text("")


def grid(t: Texts, shown: Shown, console: Console) -> RenderableType:
    """Shops x periods."""
    first = max([4, *(len(shop) for shop in shown.shops)])
    has_room = first + sum(max(len(period.dt), 13) + 2 for period in shown.periods) <= console.width
    table = Table(box=None, pad_edge=False)
    table.add_column(t("head.shop"), no_wrap=True, min_width=first)
    for period in shown.periods:
        label = period.dt if has_room else period.dt.replace(f"{period.end.year}-", "").replace("_", "\n")
        table.add_column(label, no_wrap=True)
    used: set[str] = set()
    for shop in shown.shops:
        marks = [shown.mark(t, period, shop) for period in shown.periods]
        used.update(mark.plain for mark in marks)
        table.add_row(Text(shop), *(mark if has_room else Text(mark.plain[:1], mark.style) for mark in marks))
    # Not the table's own title: that would break at the table's width.
    parts: list[RenderableType] = [Text(f"{shown.name}  {shown.title}".rstrip(), "italic"), table]
    if shown.shops and not has_room:
        # What the shapes mean that were shown.
        words = [*(_mark(t, state).plain for state in (*CellState, None)), _doubtful(t).plain]
        parts.append(Text("   ".join(word for word in words if word in used), "dim"))
    return Group(*parts)


def _mark(t: Texts, state: CellState | None) -> Text:
    """Shape and word of a state; None is a cell that nobody has asked for."""
    if state is None:
        return Text(f"– {t('state.unasked.word')}", "yellow")
    shape, style = MARKS[state]
    return Text(f"{shape} {t(f'state.{state}.word')}", style)


def _doubtful(t: Texts) -> Text:
    """Of what is published, and a check has found odd."""
    return Text(f"▼ {t('state.doubtful.word')}", "yellow")
