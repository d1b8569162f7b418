"""Why something is not there, what helps, and the button for it: grouped by reason, as alerts group it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shopdata.alerts.causes import Cause, Trouble, causes_of, trouble_of
from shopdata.alerts.names import dataset_name
from shopdata.config import Config
from shopdata.ledger.queries import CellSummary
from shopdata.periods import Period
from shopdata.reasons import NO_REASON, Reason
from shopdata.service.board import states
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import SIGN_IN_BY_HAND, WORDLESS, detail_of, title_of, todo_of

#: So many causes of a kind have a line, shops stand in it, and commands below; more are counted.
_MOST_LINES, _MOST_SHOPS, _MOST_COMMANDS = 6, 6, 3


@dataclass(frozen=True)
class Found(Trouble):
    """A trouble of a cell or partition that a page shows."""

    #: As pages call it; that of a cell that nobody has asked for is no state of the ledger.
    shown_state: str = ""

    @property
    def kind(self) -> str:
        return states.OVERDUE if self.shown_state == states.OVERDUE else super().kind


@dataclass(frozen=True)
class Place:
    """A shop in a line, and the cell that its name leads to. `behind` are its datasets or days, of several."""

    name: str
    shop: str
    dataset: str
    dt: str
    behind: str


@dataclass(frozen=True)
class ReasonLine:
    """Shops with one cause. `reason` is the ledger's sentence of the first of them, where more is known than told."""

    places: tuple[Place, ...]
    #: Shops that are not named.
    more: int
    detail: str
    reason: str


@dataclass(frozen=True)
class Ask:
    """A button that asks again: `n` cells of one period. `shops` are ids with commas between; none is all."""

    dataset: str
    dt: str
    shops: str
    n: int


@dataclass(frozen=True)
class Why:
    """One reason. `state` is the one whose colour it has; `shops` is 0 where it is not about shops."""

    state: str
    title: str
    todo: str
    shops: int
    lines: tuple[ReasonLine, ...] = ()
    #: Shops of causes that have no line.
    more: int = 0
    #: What a person types, for the first shops; nothing where they sign in here.
    commands: tuple[str, ...] = ()
    #: The first shops that a person signs in here: id and name.
    sign_ins: tuple[tuple[str, str], ...] = ()
    asks: tuple[Ask, ...] = ()


def found(state: str, reason: Reason, *, dataset: str, dt: str, shop: str, name: str) -> Found:
    """What a cell that a page shows means to a person.

    Args:
        state: a CellState's value, or one of `states.STALLED` and `states.OVERDUE`.
    """
    if state == states.OVERDUE:
        return Found("unpublished", NO_REASON, shop, name, dt, None, dataset, state)
    cell_state = CellState.RUNNING if state == states.STALLED else CellState(state)
    trouble = trouble_of(cell_state, reason, shop=shop, name=name, dt=dt, dataset=dataset)
    return Found(**vars(trouble), shown_state=state)


def not_refreshed(dataset: str, dt: str, reason: Reason) -> Found:
    """A partition that Dremio does not show."""
    return Found("refresh", reason, "", "", dt, None, dataset, "unrefreshed")


class Reasons:
    """Puts troubles together for one page.

    Args:
        today: label of the day; of reports that show only the present, older ones can't be had any more.
        has_sign_ins: shops are signed in on the board.
    """

    def __init__(self, t: Texts, config: Config, today: str, *, has_sign_ins: bool = False) -> None:
        self.t = t
        self._config = config
        self._today = today
        self._has_sign_ins = has_sign_ins

    def of(self, troubles: Iterable[Found]) -> list[Why]:
        """One for each reason, the most urgent first."""
        groups: dict[str, list[Cause]] = {}
        for cause in causes_of(troubles):
            groups.setdefault(cause.kind, []).append(cause)
        return [self._why(causes) for causes in groups.values()]

    def _why(self, causes: Sequence[Cause]) -> Why:
        members = [trouble for cause in causes for trouble in cause.troubles if isinstance(trouble, Found)]
        kind, state = causes[0].kind, members[0].shown_state
        shops = {trouble.shop for trouble in members if trouble.shop}
        datasets, dts = {trouble.dataset for trouble in members}, {trouble.dt for trouble in members}
        by_hand = list({trouble.shop: trouble.name for trouble in members if _is_by_hand(trouble)}.items())
        return Why(
            state=state,
            title=self.t("why.overdue") if kind == states.OVERDUE else title_of(self.t, kind),
            todo=self.t("state.overdue.todo") if kind == states.OVERDUE else todo_of(self.t, kind),
            shops=len(shops),
            lines=tuple(self._line(cause, datasets, dts) for cause in causes[:_MOST_LINES]),
            more=len({trouble.shop for cause in causes[_MOST_LINES:] for trouble in cause.troubles}),
            commands=tuple(f"scrapy login {shop} --headed" for shop, _ in by_hand[:_MOST_COMMANDS])
            if not self._has_sign_ins
            else (),
            sign_ins=tuple(by_hand[:_MOST_COMMANDS]) if self._has_sign_ins else (),
            asks=tuple(self._asks(members)),
        )

    def _line(self, cause: Cause, datasets: Collection[str], dts: Collection[str]) -> ReasonLine:
        places = [self._place(members, datasets, dts) for members in cause.shops.values()]
        told = detail_of(self.t, cause.reason)
        if cause.kind in WORDLESS and not told:
            told = cause.reason.text
        return ReasonLine(
            places=tuple(places[:_MOST_SHOPS]),
            more=max(len(places) - _MOST_SHOPS, 0),
            detail=told,
            reason=cause.reason.text if told != cause.reason.text else "",
        )

    def _place(self, members: Sequence[Trouble], datasets: Collection[str], dts: Collection[str]) -> Place:
        own = [trouble for trouble in members if isinstance(trouble, Found)]
        behind = ""
        if len(datasets) > 1:
            own_datasets = dict.fromkeys(trouble.dataset for trouble in own)
            behind = self.t("format.listed").join(
                dataset_name(self.t, name, self._config.datasets.get(name)) for name in own_datasets
            )
        elif len(dts) > 1:
            behind = self.t.periods({trouble.dt for trouble in own})
        name = own[0].name
        if not own[0].shop:
            name = dataset_name(self.t, own[0].dataset, self._config.datasets.get(own[0].dataset), is_whole=True)
        return Place(name, own[0].shop, own[0].dataset, own[0].dt, behind)

    def _asks(self, members: Sequence[Found]) -> Iterable[Ask]:
        """One button for each period, as far as its shops can be asked."""
        periods: dict[tuple[str, str], list[str]] = {}
        for trouble in members:
            periods.setdefault((trouble.dataset, trouble.dt), []).append(trouble.shop)
        for (dataset, dt), shops in periods.items():
            contract = self._config.datasets.get(dataset)
            if contract is None or (contract.is_snapshot and Period.from_dt(dt).end.isoformat() != self._today):
                continue
            having = {shop.id for shop in self._config.shops_for(dataset)}
            able = [shop for shop in shops if shop in having or not shop]
            if able:
                yield Ask(dataset, dt, ",".join(filter(None, able)), len(able))


def troubles_of_cells(cells: Iterable[tuple[CellSummary, str]], names: Mapping[str, str]) -> list[Found]:
    """Cells that a person should look at, each with the state that pages call it by."""
    return [
        found(
            state,
            cell.reason,
            dataset=cell.dataset,
            dt=cell.dt,
            shop=cell.shop,
            name=names.get(cell.shop, cell.shop),
        )
        for cell, state in cells
    ]


def _is_by_hand(trouble: Found) -> bool:
    is_unknown = trouble.kind in WORDLESS and trouble.shown_state == CellState.NEEDS_LOGIN
    return trouble.kind in SIGN_IN_BY_HAND or is_unknown
