"""What a run is asked for: cells, by periods and shops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shopdata.arguments import PERIOD_ARGUMENTS, check_names, kind_of, periods_of, read_flag, shops_of
from shopdata.config import Config, Shop
from shopdata.exceptions import ArgumentError
from shopdata.ledger import Cell, CellKey, Ledger
from shopdata.periods import Period, PeriodKind, latest_day
from shopdata.run_ids import new_run_id
from shopdata.states import CellState


@dataclass(frozen=True)
class Plan:
    """One dataset, some periods, some shops: each period with each shop that was there is a cell."""

    run_id: str
    dataset: str
    #: The earliest first.
    periods: tuple[Period, ...]
    shops: tuple[Shop, ...]
    force: bool
    #: One period after the other, each published before the next begins; else all of a shop's in one go.
    is_paced: bool = False
    #: Only what was not ready, and is due again; which periods that are, the ledger says.
    is_due_only: bool = False
    #: Periods that are asked for again where they are published, because figures are revised.
    restate: tuple[Period, ...] = ()
    #: Where only some cells of the periods are meant.
    only: frozenset[CellKey] | None = None

    @classmethod
    def from_arguments(
        cls, spider: str, datasets: Mapping[PeriodKind, str], config: Config, arguments: Mapping[str, str]
    ) -> Plan:
        """Reads a spider's `-a` arguments.

        Args:
            datasets: the spider's dataset for each kind of period that it knows.

        Raises:
            ArgumentError: an argument is unknown, or its value can't be used.
        """
        check_names(spider, arguments)
        dataset = datasets[kind_of(arguments.get("period"), datasets)]
        shops = shops_of(dataset, config, arguments.get("shops"))
        is_due_only = read_flag("due", arguments.get("due"))
        given = [name for name in PERIOD_ARGUMENTS if arguments.get(name) is not None]
        if is_due_only and given:
            raise ArgumentError("what is due is found in the ledger", where="-a due", todo=f"Leave out {given[0]}.")
        periods = () if is_due_only else periods_of(config, dataset, arguments)
        return cls(
            run_id=arguments.get("_job") or new_run_id(),
            dataset=dataset,
            periods=_with_shops(periods, shops),
            shops=shops,
            force=read_flag("force", arguments.get("force")),
            is_paced="periods" in arguments,
            is_due_only=is_due_only,
            restate=() if given or is_due_only else _restated(config, dataset, shops),
        )

    def against(self, ledger: Ledger, now: datetime) -> Plan:
        """The plan once the ledger is known: with the cells that are due, or the published periods to ask for again."""
        if self.is_due_only:
            known = {shop.id for shop in self.shops}
            due = [cell.key for cell in ledger.not_ready.due(self.dataset, now) if cell.shop in known]
            periods = tuple(sorted({Period.from_dt(key.dt) for key in due}))
            return replace(self, periods=periods, only=frozenset(due))
        published = ledger.published_periods(self.dataset) if self.restate else set()
        restate = tuple(period for period in self.restate if period.dt in published)
        return replace(self, periods=(*restate, *self.periods), restate=restate)

    def shops_in(self, period: Period) -> tuple[Shop, ...]:
        """The shops that are asked for in a period."""
        return tuple(
            shop
            for shop in self.shops
            if shop.has(period) and (self.only is None or CellKey(self.dataset, period.dt, shop.id) in self.only)
        )

    @property
    def keys(self) -> list[CellKey]:
        """All cells, the earliest period first, shops in the order of shops.yaml."""
        return [CellKey(self.dataset, p.dt, shop.id) for p in self.periods for shop in self.shops_in(p)]

    def todo(self, cells: Iterable[Cell]) -> set[CellKey]:
        """The cells that must be asked of the portal, given what the ledger has of them."""
        states = {cell.key: cell.state for cell in cells}
        again = {period.dt for period in self.restate}
        return {
            key
            for key in self.keys
            if self.force
            or not ((state := states.get(key, CellState.PENDING)).is_done or state is CellState.STAGED)
            or (state.is_done and key.dt in again)
        }


def _restated(config: Config, dataset: str, shops: tuple[Shop, ...]) -> tuple[Period, ...]:
    contract = config.dataset(dataset)
    newest = latest_day(contract.period, contract.lag_days)
    again = [newest - timedelta(days=count) for count in range(contract.restate_days, 0, -1)]
    return tuple(p for p in (Period.of(contract.period, day) for day in again) if any(shop.has(p) for shop in shops))


def _with_shops(periods: tuple[Period, ...], shops: tuple[Shop, ...]) -> tuple[Period, ...]:
    """The periods in which any of the shops was there."""
    found = tuple(period for period in periods if any(shop.has(period) for shop in shops))
    if periods and not found:
        raise ArgumentError(
            "none of the shops was there yet",
            where="shops.yaml",
            found=f"{periods[-1].dt}",
            expected=f"{min(shop.since for shop in shops if shop.since is not None)} or later",
            todo="Ask for a later day, or fix `since`.",
        )
    return found
