"""`scrapy crawl`: Scrapy's own, with our exit codes (DESIGN 5.2)."""

from __future__ import annotations

import argparse

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError


class Command(ScrapyCrawl):
    """Collects, merges and publishes a dataset: 0 all there, 1 something missing, 2 nothing was asked."""

    def short_desc(self) -> str:
        return "Collect, merge and publish a dataset"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from shopdata.actions.crawl import crawl

        options = [argument for argument in args if argument.startswith("-")]
        if options:
            raise UsageError(f"{options[0]}: not an option; write `-a date=YYYY-MM-DD`, `-a shops=ID` and so on")
        if len(args) != 1:
            raise UsageError("name one spider or dataset; `scrapy list` shows the spiders")
        assert self.crawler_process is not None
        self.exitcode = crawl(self.crawler_process, self._create_crawler, args[0], opts.spargs)
