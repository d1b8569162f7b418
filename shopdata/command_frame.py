"""What our commands that collect nothing have in common."""

from __future__ import annotations

import argparse
import sys
from abc import abstractmethod

from scrapy.commands import ScrapyCommand

from shopdata.exceptions import LedgerError, ShopdataError, UsageError
from shopdata.workspace import Workspace


class QuietCommand(ScrapyCommand):
    """No log; an error is a sentence, with exit code 2 where arguments, configuration or ledger are at fault."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
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
