"""`scrapy backfill`: finds what is missing in a range of days, and collects just that."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError as ScrapyUsageError

from shopdata.command_frame import report
from shopdata.command_help import explain
from shopdata.commands.crawl import Command as CrawlCommand
from shopdata.exceptions import LedgerError, UsageError


class Command(CrawlCommand):
    """One crawl: the oldest period first, each published before the next begins. Exit codes are those of a crawl."""

    def syntax(self) -> str:
        return "SPIDER --start YYYY-MM-DD --end YYYY-MM-DD | --due [options]"

    def short_desc(self) -> str:
        return "Find what is missing in a range of days, and collect just that"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        # Not those of `scrapy crawl`: its -a would contradict what is found here.
        ScrapyCommand.add_options(self, parser)
        parser.add_argument("--start", metavar="YYYY-MM-DD", help="the first day of the range")
        parser.add_argument("--end", metavar="YYYY-MM-DD", help="the last day of the range")
        parser.add_argument("--due", action="store_true", help="only what was not ready, and is due again by now")
        parser.add_argument("--period", metavar="KIND", help="day, week or month, for spiders that have several")
        parser.add_argument("--shops", metavar="ID,ID", help="only these shops")
        parser.add_argument("--dry-run", action="store_true", help="show what is missing, ask nothing")
        explain(
            parser,
            spider={"SPIDER": "as for `scrapy crawl`: a spider or a dataset"},
            examples={
                "scrapy backfill {daily} --start 2026-03-01 --end 2026-03-31 --dry-run": (
                    "show what is missing in March, ask nothing"
                ),
                "scrapy backfill {weekly} --start 2026-02-01 --end 2026-03-31": (
                    "collect the weeks that end there and are missing"
                ),
                "scrapy backfill {daily} --due": "what was not ready, and is due again by now",
            },
            exit_codes={
                0: "nothing is missing any more, nothing was due, or the plan was shown",
                1: "something is still missing; run it again",
                2: "wrong arguments or configuration, or a dataset that shows only today; no portal was asked",
            },
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        ScrapyCommand.process_options(self, args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from shopdata.actions.backfill import find_missing
        from shopdata.actions.crawl import crawl

        if len(args) != 1:
            raise ScrapyUsageError("name one spider or dataset; `scrapy list` shows the spiders")
        assert self.crawler_process is not None
        try:
            spider, arguments = find_missing(self.crawler_process, args[0], opts)
        except (UsageError, LedgerError) as error:
            self.exitcode = report(error)
            return
        if arguments is not None and not opts.dry_run:
            self.exitcode = crawl(self.crawler_process, self._create_crawler, spider, arguments)
