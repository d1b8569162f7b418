"""What became of many cells: those that came to the same stand together, in trouble by their cause."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from shopdata.alerts.causes import Trouble, causes_of, trouble_of
from shopdata.ledger.queries import CellSummary
from shopdata.reasons import Reason
from shopdata.service.board import states
from shopdata.states import CellState
from shopdata.wording.why import essence_of

#: So many shops of a line are named; the others are counted.
_MOST_SHOPS = 12
_IN_TROUBLE = frozenset({CellState.NEEDS_LOGIN, CellState.FAILED, CellState.REJECTED, CellState.NOT_READY})


@dataclass(frozen=True)
class OutcomeShop:
    """One shop with its periods, the earliest first."""

    id: str
    name: str
    dts: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """Cells of one dataset that came to the same."""

    dataset: str
    #: A CellState's value.
    state: str
    #: That of the first of them, if there is one.
    reason: Reason
    shops: tuple[OutcomeShop, ...]

    @property
    def cell_state(self) -> CellState:
        """`state` as the ledger has it."""
        return CellState(self.state)

    @property
    def dts(self) -> set[str]:
        """The periods of all of them."""
        return {dt for shop in self.shops for dt in shop.dts}

    @property
    def count(self) -> int:
        """How many cells."""
        return sum(len(shop.dts) for shop in self.shops)

    @property
    def first_shops(self) -> tuple[OutcomeShop, ...]:
        """Those that are named."""
        return self.shops[:_MOST_SHOPS]

    @property
    def rest(self) -> int:
        """How many are only counted."""
        return len(self.shops) - len(self.first_shops)


def outcomes_of(cells: Iterable[CellSummary], names: Mapping[str, str]) -> list[Outcome]:
    """The most pressing first.

    Args:
        names: what people call the shops, by id.
    """
    datasets: dict[str, list[CellSummary]] = {}
    for cell in cells:
        datasets.setdefault(cell.dataset, []).append(cell)
    found = [outcome for name, members in datasets.items() for outcome in _of_dataset(name, members, names)]
    return sorted(found, key=lambda outcome: states.KINDS.index(states.kind_of(outcome.state)))


def _of_dataset(dataset: str, cells: Iterable[CellSummary], names: Mapping[str, str]) -> Iterable[Outcome]:
    troubles: list[Trouble] = []
    others: dict[tuple[Hashable, ...], list[CellSummary]] = {}
    for cell in cells:
        if cell.state in _IN_TROUBLE:
            name = names.get(cell.shop, cell.shop)
            troubles.append(trouble_of(cell.state, cell.reason, shop=cell.shop, name=name, dt=cell.dt))
        else:
            # A good cell may have something to say too: that it was asked again in vain.
            others.setdefault((cell.state, *essence_of(cell.reason)), []).append(cell)
    for cause in causes_of(troubles):
        by_shop = {shop: [trouble.dt for trouble in ones] for shop, ones in cause.shops.items()}
        its_state = cause.troubles[0].state
        yield Outcome(dataset, its_state.value if its_state else "", cause.reason, _shops(by_shop, names))
    for members in others.values():
        by_shop = {}
        for cell in members:
            by_shop.setdefault(cell.shop, []).append(cell.dt)
        yield Outcome(dataset, members[0].state.value, members[0].reason, _shops(by_shop, names))


def _shops(by_shop: Mapping[str, list[str]], names: Mapping[str, str]) -> tuple[OutcomeShop, ...]:
    return tuple(OutcomeShop(shop, names.get(shop, shop), tuple(sorted(dts))) for shop, dts in by_shop.items())
