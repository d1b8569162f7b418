"""From a spider's arguments to the cells that a run is asked for."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shopdata.config import Config, Shop
from shopdata.exceptions import ArgumentError
from shopdata.periods import Period, PeriodKind, days, latest_day, parse_date, today

#: Arguments of every spider (DESIGN 5.2); those that begin with `_` are scrapyd's.
ARGUMENTS = ("date", "start", "end", "shops", "force", "period")

#: A typo in a year must not ask a portal for a thousand days.
MAX_DAYS = 366


@dataclass(frozen=True)
class Plan:
    """One dataset, some periods, some shops: each period with each shop is a cell."""

    run_id: str
    dataset: str
    periods: tuple[Period, ...]
    shops: tuple[Shop, ...]
    force: bool

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
        for name in arguments:
            if name not in ARGUMENTS and not name.startswith("_"):
                close = difflib.get_close_matches(name, ARGUMENTS, n=1)
                raise ArgumentError(
                    f"spider {spider!r} has no argument {name!r}",
                    expected=", ".join(ARGUMENTS),
                    todo=f"Did you mean `-a {close[0]}=…`?" if close else "Leave it out.",
                )
        dataset = datasets[_kind(arguments.get("period"), datasets)]
        shops = _shops(dataset, config, arguments.get("shops"))
        return cls(
            run_id=arguments.get("_job") or new_run_id(),
            dataset=dataset,
            periods=_periods(config, dataset, arguments),
            shops=shops,
            force=_flag("force", arguments.get("force")),
        )


def new_run_id() -> str:
    """An id that sorts by time: 20260301T003000Z-1a2b3c."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _kind(chosen: str | None, datasets: Mapping[PeriodKind, str]) -> PeriodKind:
    if chosen is None:
        return next(iter(datasets))
    for kind in datasets:
        if kind == chosen:
            return kind
    raise ArgumentError(
        "this period is not known", where="-a period", found=repr(chosen), expected=" or ".join(datasets)
    )


def _flag(name: str, value: str | None) -> bool:
    if value in (None, "", "0", "false", "no"):
        return False
    if value in ("1", "true", "yes"):
        return True
    raise ArgumentError("this is neither yes nor no", where=f"-a {name}", found=repr(value), expected="1 or 0")


def _shops(dataset: str, config: Config, chosen: str | None) -> tuple[Shop, ...]:
    known = {shop.id: shop for shop in config.shops_for(dataset)}
    if not known:
        raise ArgumentError(
            f"no enabled shop has the dataset {dataset!r}",
            where="shops.yaml",
            todo="Enable one, or add the dataset to it.",
        )
    if chosen is None:
        return tuple(known.values())
    wanted = {name.strip() for name in chosen.split(",") if name.strip()}
    for name in sorted(wanted - known.keys()):
        close = difflib.get_close_matches(name, known, n=1)
        raise ArgumentError(
            f"no enabled shop {name!r} has the dataset {dataset!r}",
            where="-a shops",
            todo=f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(list(known)[:10])}.",
        )
    if not wanted:
        raise ArgumentError(
            "no shop is named", where="-a shops", todo="Write ids with commas between, or leave it out."
        )
    return tuple(shop for shop in known.values() if shop.id in wanted)


def _periods(config: Config, dataset: str, arguments: Mapping[str, str]) -> tuple[Period, ...]:
    contract = config.dataset(dataset)
    newest = latest_day(contract.period, contract.lag_days)
    date, start, end = (arguments.get(name) for name in ("date", "start", "end"))
    if date is not None and (start is not None or end is not None):
        raise ArgumentError("date and start/end exclude each other", where="-a date", todo="Give one day, or a range.")
    if (start is None) != (end is None):
        missing = "end" if end is None else "start"
        raise ArgumentError(
            f"a range needs {missing} too", where="-a start/end", todo=f"Add `-a {missing}=YYYY-MM-DD`."
        )
    if start is None or end is None:
        chosen = [newest if date is None else parse_date(date)]
    else:
        first, last = parse_date(start), parse_date(end)
        if last < first:
            raise ArgumentError("the range ends before it starts", where="-a start/end", found=f"{first} to {last}")
        if (last - first).days >= MAX_DAYS:
            raise ArgumentError(
                "the range is too long",
                where="-a start/end",
                found=f"{(last - first).days + 1} days",
                expected=f"{MAX_DAYS}",
            )
        chosen = list(days(first, last))
    periods = sorted({Period.of(contract.period, day) for day in chosen})
    newest_period = Period.of(contract.period, newest)
    if contract.is_snapshot and periods != [newest_period]:
        raise ArgumentError(
            f"{dataset} shows only what is true today",
            where="-a date" if date is not None else "-a start/end",
            found=periods[0].dt,
            expected=newest_period.dt,
            todo="Leave the date out.",
        )
    # Younger than the platform's lag may be asked for: it answers "not ready". What is not over can't be.
    if periods[-1].end > today():
        raise ArgumentError(
            f"this {contract.period} is not over yet",
            where="-a date" if date is not None else "-a end",
            found=periods[-1].dt,
            expected=f"an end on {today()} or earlier ({dataset} usually has {newest_period.dt} as its newest)",
        )
    return tuple(periods)
