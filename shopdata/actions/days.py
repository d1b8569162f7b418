"""Which days a command is asked for."""

from __future__ import annotations

import argparse
from datetime import date

from shopdata.arguments import read_range
from shopdata.config import Dataset
from shopdata.exceptions import ArgumentError
from shopdata.periods import Period, parse_date


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
