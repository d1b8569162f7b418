"""What stands behind `-a` of a crawl: names and values, each refused with what to write instead."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from datetime import date

from shopdata.config import Config, Dataset, Shop
from shopdata.exceptions import ArgumentError
from shopdata.periods import Period, PeriodKind, days, latest_day, parse_date, today
from shopdata.texts import did_you_mean

#: Arguments of every spider (docs/reference.md#spider-arguments); those that begin with `_` are scrapyd's.
ARGUMENTS = ("date", "start", "end", "periods", "due", "shops", "force", "period")
#: Each of these says on its own which periods are meant.
PERIOD_ARGUMENTS = ("date", "start", "end", "periods")

#: A typo in a year must not ask a portal for a thousand days.
MAX_DAYS = 366


def check_names(spider: str, arguments: Iterable[str]) -> None:
    """Sees that a spider knows these arguments; those that begin with `_` are scrapyd's. Raises ArgumentError."""
    for name in arguments:
        if name not in ARGUMENTS and not name.startswith("_"):
            # It looks like `date`, and is the other word for what stands before it.
            is_name = name in ("dataset", "datasets", "spider")
            todo = did_you_mean(name, ARGUMENTS, "Leave it out.", "`-a {}=…`")
            raise ArgumentError(
                f"spider {spider!r} has no argument {name!r}",
                expected=", ".join(ARGUMENTS),
                todo="Write the dataset's name in place of the spider's." if is_name else todo,
            )


def check_command(config: Config, command: str, arguments: Mapping[str, str]) -> None:
    """Sees that a command that runs by the clock begins with these. Raises ArgumentError."""
    for name in arguments:
        if name != "shops" and not name.startswith("_"):
            raise ArgumentError(
                f"{command!r} has no argument {name!r}", expected="shops", todo="Leave it out, or run a spider with it."
            )
    enabled_shops(config, arguments.get("shops"))


def enabled_shops(config: Config, chosen: str | None) -> tuple[Shop, ...]:
    """The enabled shops that an argument `shops` names; by default all. Raises ArgumentError."""
    known = {shop.id: shop for shop in config.shops if shop.enabled}
    if chosen is None:
        return tuple(known.values())
    wanted = {name.strip() for name in chosen.split(",") if name.strip()}
    for name in sorted(wanted - known.keys()):
        todo = did_you_mean(name, known, f"Known: {', '.join(list(known)[:10])}.")
        raise ArgumentError(f"there is no enabled shop {name!r}", where="shops", todo=todo)
    if not wanted:
        raise ArgumentError("no shop is named", where="shops", todo="Write ids with commas between, or leave it out.")
    return tuple(shop for shop in known.values() if shop.id in wanted)


def kind_of(chosen: str | None, datasets: Mapping[PeriodKind, str]) -> PeriodKind:
    """The kind that an argument `period` names; by default the spider's first. Raises ArgumentError."""
    if chosen is None:
        return next(iter(datasets))
    for kind in datasets:
        if kind == chosen:
            return kind
    meant = next((kind for kind, dataset in datasets.items() if dataset == chosen), chosen)
    raise ArgumentError(
        "this period is not known",
        where="-a period",
        found=repr(chosen),
        expected=" or ".join(datasets),
        todo=did_you_mean(meant, datasets, "Write one of these, or leave it out.", "`{}`"),
    )


def read_flag(name: str, value: str | None) -> bool:
    """An argument that is on or off. Raises ArgumentError."""
    if value in (None, "", "0", "false", "no"):
        return False
    if value in ("1", "true", "yes"):
        return True
    raise ArgumentError(
        "this is neither yes nor no",
        where=f"-a {name}",
        found=repr(value),
        expected="1 or 0",
        todo="Write one of the two, or leave it out.",
    )


def shops_of(dataset: str, config: Config, chosen: str | None) -> tuple[Shop, ...]:
    """The shops that an argument `shops` names; by default all that have the dataset. Raises ArgumentError."""
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
        raise ArgumentError(
            f"no enabled shop {name!r} has the dataset {dataset!r}",
            where="-a shops",
            todo=did_you_mean(name, known, f"Known: {', '.join(list(known)[:10])}."),
        )
    if not wanted:
        raise ArgumentError(
            "no shop is named", where="-a shops", todo="Write ids with commas between, or leave it out."
        )
    return tuple(shop for shop in known.values() if shop.id in wanted)


def periods_of(config: Config, dataset: str, arguments: Mapping[str, str]) -> tuple[Period, ...]:
    """The periods that the arguments name; by default the newest that the platform has. Raises ArgumentError."""
    contract = config.dataset(dataset)
    newest = latest_day(contract.period, contract.lag_days)
    date_given, labels = arguments.get("date"), arguments.get("periods")
    start, end = arguments.get("start"), arguments.get("end")
    where = "-a date" if date_given is not None else "-a periods" if labels is not None else "-a end"
    if date_given is not None and (start is not None or end is not None):
        raise ArgumentError("date and start/end exclude each other", where="-a date", todo="Give one day, or a range.")
    if labels is not None:
        if date_given is not None or start is not None or end is not None:
            raise ArgumentError("periods says it all", where="-a periods", todo="Leave out date, start and end.")
        periods = _labelled(contract.period, labels)
    elif start is None and end is None:
        periods = [Period.of(contract.period, newest if date_given is None else parse_date(date_given, where))]
    else:
        first, last = read_range(start, end, "-a ")
        periods = sorted({Period.of(contract.period, day) for day in days(first, last)})
    newest_period = Period.of(contract.period, newest)
    if contract.is_snapshot and periods != [newest_period]:
        raise ArgumentError(
            f"{dataset} shows only what is true today",
            where=where,
            found=periods[0].dt,
            expected=newest_period.dt,
            todo="Leave the date out.",
        )
    # Younger than the platform's lag may be asked for: it answers "not ready". What is not over can't be.
    if periods[-1].end > today():
        raise ArgumentError(
            f"this {contract.period} is not over yet",
            where=where,
            found=periods[-1].dt,
            expected=f"an end on {today()} or earlier ({dataset} usually has {newest_period.dt} as its newest)",
            todo="Ask for an earlier one.",
        )
    return tuple(periods)


def _labelled(kind: PeriodKind, labels: str) -> list[Period]:
    """The periods of these labels, the earliest first."""
    periods = {Period.from_dt(label.strip()) for label in labels.split(",") if label.strip()}
    for period in sorted(periods):
        if Period.of(kind, period.end) != period:
            raise ArgumentError(
                f"invalid {kind}",
                where="-a periods",
                found=period.dt,
                expected=Period.of(kind, period.end).dt,
                todo="Write the label as `scrapy status` shows it.",
            )
    if not periods:
        raise ArgumentError("no period is named", where="-a periods", todo="Write labels with commas between.")
    if len(periods) > MAX_DAYS:
        raise ArgumentError(
            "these are too many periods",
            where="-a periods",
            found=str(len(periods)),
            expected=f"at most {MAX_DAYS}",
            todo="Ask for them in several runs.",
        )
    return sorted(periods)


def read_range(start: str | None, end: str | None, dash: str) -> tuple[date, date]:
    """First and last day of a range of at most `MAX_DAYS`.

    Args:
        dash: what stands before the names `start` and `end` where they are typed, for example `-a `.

    Raises:
        ArgumentError: one is missing or no day, or the range is backwards or too long.
    """
    where = f"{dash}start/end"
    lacks = [name for name, day in (("start", start), ("end", end)) if day is None]
    if start is None or end is None:
        equals = "=" if dash.endswith(" ") else " "
        added = " ".join(f"{dash}{name}{equals}YYYY-MM-DD" for name in lacks)
        raise ArgumentError(
            "a range has a first and a last day, and neither is named"
            if len(lacks) == 2
            else f"a range needs {lacks[0]} too",
            where=where,
            todo=f"Add `{added}`.",
        )
    first, last = parse_date(start, f"{dash}start"), parse_date(end, f"{dash}end")
    if last < first:
        raise ArgumentError(
            "the range ends before it starts", where=where, found=f"{first} to {last}", todo="Exchange the two."
        )
    if (last - first).days >= MAX_DAYS:
        raise ArgumentError(
            "the range is too long",
            where=where,
            found=f"{(last - first).days + 1} days",
            expected=f"{MAX_DAYS}",
            todo="Ask for it in several runs.",
        )
    return first, last


def read_days(dataset: Dataset, opts: argparse.Namespace) -> tuple[date, date, Period | None]:
    """First and last day of what `add_day_options` was given, and the period that `--date` names.

    Raises:
        ArgumentError: both or neither were given, or they are no days.
    """
    if opts.date is not None:
        if opts.start is not None or opts.end is not None:
            raise ArgumentError(
                "--date and --start/--end exclude each other", where="--date", todo="Give one day, or a range."
            )
        period = Period.of(dataset.period, parse_date(opts.date, "--date"))
        return period.end, period.end, period
    if opts.start is None and opts.end is None:
        raise ArgumentError("no day is named", where="--date", todo="Add `--date YYYY-MM-DD`, or --start and --end.")
    return *read_range(opts.start, opts.end, "--"), None
