"""`scrapy doctor`: which fact about a portal does not hold, and which key to change."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from shopdata.command_help import explain


class Command(ScrapyCommand):
    """0 all is as configured, 1 something is not, or could not be seen, 2 wrong arguments or configuration."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Ask the portals, read-only, which belief of the configuration does not hold"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--shop", "--shops", dest="shops", metavar="ID,ID", help="these shops; by default one of each platform"
        )
        parser.add_argument("--json", dest="is_json", action="store_true", help="for programs; asks no questions")
        parser.add_argument(
            "--connect",
            action="store_true",
            help="also try store, Dremio, ledger, browser and alerts, as check_config --connect does",
        )
        parser.add_argument(
            "--order", action="store_true", default=None, help="say yes to ordering one report of each kind"
        )
        parser.add_argument("--no-order", dest="order", action="store_false", help="say no, and ask nobody")
        parser.add_argument("--save", type=Path, metavar="DIR", help="where answers are saved (default: state/doctor)")
        explain(
            parser,
            examples={
                "scrapy doctor": "one shop of each platform; asks before it orders a report",
                "scrapy doctor --shop flagship --no-order": "one shop, and nothing that leaves a trace",
                "scrapy doctor --json --order": "for programs, with an order for each kind of report",
            },
            exit_codes={
                0: "all that was looked at is as configured",
                1: "something is not, a session has ended, or a portal did not answer",
                2: "wrong arguments or configuration; no portal was asked",
            },
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from shopdata.actions.doctor import Wishes, doctor

        if args:
            raise UsageError(f"{args[0]}: this command takes options only; write `--shop ID,ID`")
        wishes = Wishes(opts.shops, opts.is_json, opts.connect, opts.order, opts.save)
        assert self.crawler_process is not None
        self.exitcode = doctor(self.crawler_process, self.crawler_process.create_crawler, wishes)
