"""Checks a raw file against its dataset and period, and keeps its parsed form: the work of `ValidatePipeline`."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shopdata.checks.facts import Facts, facts_of
from shopdata.config import Dataset
from shopdata.excel import Contract, Table, read_table
from shopdata.exceptions import NotReadyError, RejectedFileError
from shopdata.files import HeldError, as_disk_error, sha256_of
from shopdata.periods import Period
from shopdata.store.staging import Staging

_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_RANGE = re.compile(r"\s*(?:至|到|~|～|—|–|_| - | to |(?<=\d{8})-(?=\d{8}))\s*")


@dataclass(frozen=True)
class FileFacts:
    """What is known about a good raw file."""

    ext: str
    sha256: str
    size_bytes: int
    rows: int
    #: What the checks go by.
    facts: Facts


def check_file(path: Path, name: str, dataset: Dataset, dt: str, shop_id: str, staging: Staging) -> FileFacts:
    """Reads the file once and saves it as a table, where the merge finds it. Raises as `read_checked` does."""
    where = f"{name} {dt} shop {shop_id!r}"
    table = read_checked(path, name, dataset, Period.from_dt(dt), where=where)
    sha256 = sha256_of(path)
    kept = staging.table(name, dt, shop_id, sha256)
    # Held: another run reads what these bytes were read as before.
    with as_disk_error(kept), contextlib.suppress(HeldError):
        table.save(kept)
    facts = facts_of(table, dataset)
    return FileFacts(ext=table.ext, sha256=sha256, size_bytes=path.stat().st_size, rows=table.rows, facts=facts)


def read_checked(path: Path, name: str, dataset: Dataset, period: Period, *, where: str) -> Table:
    """A raw file's table, if it is a good answer for its dataset and period.

    Raises:
        RejectedFileError: it is not what it should be, or of another period, or empty where that is not allowed.
        NotReadyError: it is empty because the platform has not published the period yet.
    """
    table = read_table(path, Contract.of(dataset), where=where, spill_folder=path.parent)
    check_period(table, dataset, period, where=where)
    if table.rows == 0 and dataset.empty_is_not_ready:
        raise NotReadyError(
            "the report has a header and no rows: the platform has not published this period yet",
            where=where,
            expected="at least one row",
            todo="Nothing to do now: the next run asks again.",
        )
    if table.rows == 0 and not dataset.allow_empty:
        raise RejectedFileError(
            "the report has a header and no rows",
            code="no_rows",
            where=where,
            expected="at least one row",
            todo=f"If a shop may have none, set `allow_empty: true` in datasets/{name}.yaml.",
        )
    return table


def check_period(table: Table, dataset: Dataset, period: Period, *, where: str = "") -> None:
    """Checks that every value of `period_column` is the business day, or a day or the whole of a longer period.

    Raises:
        RejectedFileError: another day, a range, or a blank stands there.
    """
    column = dataset.period_column
    if column is None or column in table.missing or not table.rows:
        return
    for value, count in table.distinct(column).items():
        if not _covers(value, period):
            has_totals = value is None and any(found.kind == "total_rows" for found in table.warnings)
            raise RejectedFileError(
                f"column '{column}' is not of the day that was asked for",
                code="other_day",
                params={"column": column, "dt": period.dt},
                where=where,
                found=f"{value!r} in {count} of {table.rows} rows" if value else f"nothing in {count} rows",
                expected=period.dt,
                todo="They may be those of totals: `totals: drop` in the contract leaves them out."
                if has_totals
                else "Ask the portal for this period again; a total over a range can't be a day.",
            )


def _covers(value: str | None, period: Period) -> bool:
    if value is None:
        return False
    days = [day_in(part) for part in _RANGE.split(value.strip())]
    if len(days) == 2:
        return days == [period.start, period.end]
    return len(days) == 1 and days[0] is not None and period.start <= days[0] <= period.end


def day_in(text: str) -> date | None:
    """The day that a value of `period_column` is of; None for what is not written as days are."""
    if (match := _DATE.fullmatch(text.strip())) is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
