"""`scrapy crawl`: Scrapy's own, with our exit codes (docs/reference.md#exit-codes)."""

from __future__ import annotations

import argparse
import importlib

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from shopdata.command_help import explain


class Command(ScrapyCrawl):
    """Collects, merges and publishes a dataset: 0 all there, 1 something missing, 2 nothing was asked."""

    def short_desc(self) -> str:
        return "Collect, merge and publish a dataset"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        explain(
            parser,
            spider={
                "SPIDER": (
                    "one of `scrapy list`, {daily} or {kinds} for example; or a dataset: {weekly} is {kinds} "
                    "with -a period=week"
                )
            },
            spider_arguments={
                "-a date=D": (
                    "the business day, YYYY-MM-DD; for a week its last day, for a month any day in it. Left out: "
                    "the newest that the platform has"
                ),
                "-a start=D -a end=D": "every day of a range, each its own partition",
                "-a periods=DT,DT": "just these, as `scrapy status` names them, the oldest first",
                "-a due=1": "only what was not ready and is due again",
                "-a shops=ID,ID": "only these shops",
                "-a period=KIND": "day, week or month, for spiders that have several",
                "-a force=1": "ask again for what is published, order new reports, try refused credentials once more",
            },
            examples={
                "scrapy crawl {daily}": "yesterday, all shops; what is published is not asked for again",
                "scrapy crawl {kinds} -a period=week -a date=2026-03-07 -a shops=flagship": (
                    "one shop's week that ends on that day"
                ),
            },
            exit_codes={
                0: "everything asked for is published",
                1: "something is missing, the run was stopped, or Dremio was not refreshed; run it again",
                2: "wrong arguments or configuration, or the ledger can't be written; no portal was asked",
            },
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Scrapy 2.19 looks at the whole stack while it imports it, in all modules that there are by then.
        importlib.import_module("scrapy.core.downloader.contextfactory")
        from shopdata.actions.crawl import crawl

        options = [argument for argument in args if argument.startswith("-")]
        if options:
            raise UsageError(f"{options[0]}: not an option; write `-a date=YYYY-MM-DD`, `-a shops=ID` and so on")
        if len(args) != 1:
            raise UsageError("name one spider or dataset; `scrapy list` shows the spiders")
        assert self.crawler_process is not None
        self.exitcode = crawl(self.crawler_process, self._create_crawler, args[0], opts.spargs)
