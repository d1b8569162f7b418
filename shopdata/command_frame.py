"""What our commands that collect nothing have in common. Imported at each start of Scrapy: it must stay light."""

from __future__ import annotations

import argparse
import sys
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from scrapy.addons import AddonManager
from scrapy.commands import ScrapyCommand
from scrapy.utils.log import configure_logging

from shopdata.exceptions import ArgumentError, LedgerError, ShopdataError, UsageError

if TYPE_CHECKING:
    from scrapy.settings import Settings

    from shopdata.workspace import Workspace


class QuietCommand(ScrapyCommand):
    """No log, and no crawler process: that one imports every spider, and what a crawl is made of."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class
    #: What follows the command's name; one that takes options only keeps this.
    usage: ClassVar[str] = "[options]"
    #: What it does, a line.
    summary: ClassVar[str]
    settings: Settings  # Scrapy has set them before it calls anything else.

    def syntax(self) -> str:
        return self.usage

    def short_desc(self) -> str:
        return self.summary

    @property
    def workspace(self) -> Workspace:
        """That of the settings. Raises UsageError."""
        from shopdata.workspace import Workspace

        return Workspace.from_settings(self.settings)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        # As a crawler process does. In somebody else's project our settings come by the add-on; what libraries warn of
        # goes into the log, which is off.
        AddonManager.load_pre_crawler_settings(self.settings)
        configure_logging(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            refuse_unknown_options(args)
            if args and self.usage == QuietCommand.usage:
                raise ArgumentError(
                    "this command takes options only",
                    where=args[0],
                    todo="Leave it out; the command with `-h` shows all.",
                )
            self.exitcode = self.work(args, opts)
        except ShopdataError as error:
            self.exitcode = report(error)
        except KeyboardInterrupt:
            self.exitcode = 130  # as shells have it for Ctrl-C

    @abstractmethod
    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Does what the command is for; returns the exit code.

        Raises:
            ShopdataError: told to the person as it is.
        """


def report(error: ShopdataError) -> int:
    """Says it to whoever typed the command; returns 2 where arguments, configuration or ledger are at fault, else 1."""
    print(error, file=sys.stderr)
    return 2 if isinstance(error, UsageError | LedgerError) else 1


def refuse_unknown_options(args: list[str]) -> None:
    """Scrapy hands on what it does not know, and a misspelt `--date` must not mean all days. Raises ArgumentError."""
    for argument in args:
        if argument.startswith("-"):
            raise ArgumentError(
                "this option is not known",
                where=argument.partition("=")[0],
                todo="Fix it; the command with `-h` shows all.",
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
