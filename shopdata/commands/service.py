"""`scrapy service`: the service in the background, from a terminal."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

_ACTIONS = ("start", "stop", "restart", "status", "log", "unit", "compose")


class Command(ScrapyCommand):
    """0: done, or up; 1: it did not work, or it is down; 2: settings or configuration are wrong."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def syntax(self) -> str:
        return f"{'|'.join(_ACTIONS)} [options] [JOB]"

    def short_desc(self) -> str:
        return "Run the schedule in the background, with a board to look at"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--now", action="store_true", help="stop: do not wait for running crawls, end them")
        parser.add_argument("--follow", action="store_true", help="log: go on with what is added")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from shopdata.actions.service import act

        assert self.settings is not None
        if not args or args[0] not in _ACTIONS or len(args) > (2 if args[0] == "log" else 1):
            raise UsageError(f"say what to do: {', '.join(_ACTIONS)}")
        self.exitcode = act(args, opts, self.settings)
