"""What `scrapy status` shows to people: a dataset's shops x periods, in shapes and, where they fit, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from shopdata.config import Config, Shop
from shopdata.lake.coverage import expected_periods
from shopdata.lake.ledger import Cell, PartitionRecord
from shopdata.periods import Period
from shopdata.states import MARKS, CellState

#: From so many shops on only those are shown that need somebody.
MANY_SHOPS = 40
#: More lines than a person reads at once.
MOST_LINES = 25

NOT_ASKED = Text("– not asked", "yellow")


@dataclass
class Shown:
    """One dataset as far as it is shown."""

    name: str
    title: str
    periods: list[Period]
    #: The shops in the order of shops.yaml; those that are no longer there come last.
    shops: list[str]
    cells: dict[tuple[str, str], Cell]
    partitions: list[PartitionRecord]
    #: Who was there when; a shop that is not in it was there from ever.
    known: dict[str, Shop]

    @classmethod
    def of(
        cls,
        name: str,
        cells: Sequence[Cell],
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

    def needs_somebody(self, shop: str) -> bool:
        """True if a cell of the shop is neither good nor on its way; a period that nobody asked for is no shop's."""
        asked = {dt for dt, _ in self.cells}
        expected = [period for period in self.periods if period.dt in asked and self.is_expected(period, shop)]
        states = [self.state(period, shop) for period in expected]
        return any(state is None or not (state.is_done or state is CellState.STAGED) for state in states)

    def with_reason(self) -> Iterator[Cell]:
        """The cells of which there is something to say, the newest period first."""
        cells = [cell for cell in self.cells.values() if cell.reason and cell.shop in self.shops]
        yield from sorted(cells, key=lambda cell: (cell.dt, cell.shop), reverse=True)


def grid(shown: Shown, console: Console) -> RenderableType:
    """Shops x periods. Of many shops: states x periods, then the shops that need somebody."""
    is_many = len(shown.shops) >= MANY_SHOPS
    shops = [shop for shop in shown.shops if shown.needs_somebody(shop)] if is_many else shown.shops
    rest = len(shops) - MOST_LINES if is_many else 0
    lines = shops[:MOST_LINES] if is_many else shops
    first = max([14 if is_many else 4, *(len(shop) for shop in lines)])
    has_room = first + sum(max(len(period.dt), 13) + 2 for period in shown.periods) <= console.width
    table = _table(shown, first, has_room=has_room)
    for label, counts in _counts(shown) if is_many else ():
        table.add_row(label, *counts)
    for shop in lines:
        marks = [_mark(shown, period, shop) for period in shown.periods]
        table.add_row(Text(shop), *(marks if has_room else map(_shape, marks)))
    # Not the table's own title: that would break at the table's width.
    parts: list[RenderableType] = [Text(f"{shown.name}  {shown.title}".rstrip(), "italic"), table]
    if rest > 0:
        parts.append(Text(f"and {rest} more shops that need somebody; `--shop ID` shows one, `--json` has all"))
    if is_many and not shops:
        parts.append(Text(f"no shop of {len(shown.shops)} needs anybody"))
    if lines and not has_room:
        parts.append(_legend(shown, lines))
    return Group(*parts)


def _table(shown: Shown, first: int, *, has_room: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("shop", no_wrap=True, min_width=first)
    for period in shown.periods:
        label = period.dt if has_room else period.dt.replace(f"{period.end.year}-", "").replace("_", "\n")
        table.add_column(label, no_wrap=True)
    return table


def _mark(shown: Shown, period: Period, shop: str) -> Text:
    if not shown.is_expected(period, shop):
        return Text("")
    state = shown.state(period, shop)
    if state is None:
        return NOT_ASKED
    shape, style = MARKS[state]
    return Text(f"{shape} {state}", style)


def _shape(mark: Text) -> Text:
    return Text(mark.plain[:1], mark.style)


def _counts(shown: Shown) -> Iterator[tuple[Text, list[str]]]:
    """A line for each state that there is: how many shops have it in each period."""
    found = [
        Counter(_mark(shown, period, shop).plain for shop in shown.shops if shown.is_expected(period, shop))
        for period in shown.periods
    ]
    for label in (*(f"{MARKS[state][0]} {state}" for state in CellState), NOT_ASKED.plain):
        if any(counter[label] for counter in found):
            yield Text(label), [f"{counter[label]:,}" if counter[label] else "" for counter in found]


def _legend(shown: Shown, shops: Sequence[str]) -> Text:
    """What the shapes mean that were shown."""
    used = {_mark(shown, period, shop).plain for period in shown.periods for shop in shops}
    words = [f"{MARKS[state][0]} {state}" for state in CellState] + [NOT_ASKED.plain]
    return Text("   ".join(word for word in words if word in used), "dim")


def partitions_table(partitions: Sequence[PartitionRecord]) -> Table:
    """The answer to "is today's data there?"."""
    table = Table(title="partitions", title_justify="left", box=None, pad_edge=False)
    for header in ("", "dataset", "period", "rows", "shops", "missing", "published at", "Dremio"):
        table.add_column(header, justify="right" if header in ("rows", "shops", "missing") else "left")
    for p in partitions:
        mark = Text("◔", "yellow") if p.missing or p.refresh_state == "FAILED" else Text("✓", "green")
        when = f"{p.published_at:%Y-%m-%d %H:%M}"
        table.add_row(
            mark, p.dataset, p.dt, f"{p.rows:,}", str(p.published), str(len(p.missing)), when, p.refresh_state
        )
    return table
