"""What our commands that collect nothing have in common."""

from __future__ import annotations

import argparse
import sys
from abc import abstractmethod
from datetime import date

from scrapy.commands import ScrapyCommand

from shopdata.config import Dataset
from shopdata.exceptions import ArgumentError, LedgerError, ShopdataError, UsageError
from shopdata.periods import Period, parse_date
from shopdata.plan import read_range
from shopdata.workspace import Workspace


class QuietCommand(ScrapyCommand):
    """No log; an error is a sentence, with exit code 2 where arguments, configuration or ledger are at fault."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            refuse_unknown_options(args)
            self.exitcode = self.work(Workspace.from_settings(self.settings), args, opts)
        except ShopdataError as error:
            print(error, file=sys.stderr)
            self.exitcode = 2 if isinstance(error, UsageError | LedgerError) else 1

    @abstractmethod
    def work(self, workspace: Workspace, args: list[str], opts: argparse.Namespace) -> int:
        """Does what the command is for; returns the exit code.

        Raises:
            ShopdataError: told to the person as it is.
        """


def refuse_arguments(args: list[str]) -> None:
    """For a command that has options only. Raises ArgumentError."""
    refuse_unknown_options(args)
    if args:
        raise ArgumentError(
            "this command takes options only", where=args[0], todo="Leave it out; the command with `-h` shows all."
        )


def refuse_unknown_options(args: list[str]) -> None:
    """Scrapy hands on what it does not know, and a misspelt `--date` must not mean all days. Raises ArgumentError."""
    for argument in args:
        if argument.startswith("-"):
            raise ArgumentError(
                "this option is not known",
                where=argument.partition("=")[0],
                todo="Mend it; the command with `-h` shows all.",
            )


def add_day_options(parser: argparse.ArgumentParser) -> None:
    """`--date`, or `--start` with `--end`."""
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the business day; a week's last day, any day of a month")
    parser.add_argument("--start", metavar="YYYY-MM-DD", help="the first day of a range")
    parser.add_argument("--end", metavar="YYYY-MM-DD", help="the last day of a range")


def read_dataset(args: list[str]) -> str:
    """The one name that is to be given. Raises ArgumentError."""
    if len(args) != 1:
        raise ArgumentError(
            "one dataset is to be named",
            where="the command's arguments",
            found=" ".join(args) or "none",
            todo="Write its name after the command.",
        )
    return args[0]


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
