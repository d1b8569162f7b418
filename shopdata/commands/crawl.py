"""`scrapy crawl`: Scrapy's own, with our exit codes (DESIGN 5.2)."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections.abc import Mapping

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler, CrawlerProcessBase
from scrapy.exceptions import UsageError as ScrapyUsageError

from shopdata.base_spiders import ReportSpider
from shopdata.commands.refused import tell_refused
from shopdata.exceptions import ArgumentError, LedgerError, UsageError
from shopdata.extensions.outcome import EXIT_CODE_STAT
from shopdata.workspace import Workspace

#: What Scrapy lists before every crawl, the same each time: a person looks for what happened to the shops.
_PREAMBLE = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.extensions.logstats")


class Command(ScrapyCrawl):
    """Collects, merges and publishes a dataset: 0 all there, 1 something missing, 2 nothing was asked."""

    def short_desc(self) -> str:
        return "Collect, merge and publish a dataset"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        options = [argument for argument in args if argument.startswith("-")]
        if options:
            raise ScrapyUsageError(f"{options[0]}: not an option; write `-a date=YYYY-MM-DD`, `-a shops=ID` and so on")
        if len(args) != 1:
            raise ScrapyUsageError("name one spider; `scrapy list` shows them")
        self.exitcode = self.crawl(args[0], opts.spargs)

    def crawl(self, spider: str, arguments: Mapping[str, str]) -> int:
        """Runs a spider in this process; returns the exit code."""
        assert self.crawler_process is not None
        for name in _PREAMBLE:
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            crawler = self._crawler_of(spider)
            if issubclass(crawler.spidercls, ReportSpider):
                # Before anything is asked of a portal, and as a sentence instead of a traceback.
                workspace = Workspace.of(crawler)
                crawler.spidercls.plan_for(workspace.config, arguments)
                assert workspace.ledger
                assert workspace.sessions
        except (UsageError, LedgerError) as error:
            print(error, file=sys.stderr)
            assert self.settings is not None
            tell_refused(spider, str(error), self.settings)
            return 2
        self.crawler_process.crawl(crawler, **arguments)
        self.crawler_process.start()
        # At its end Python looks through everything that was ever imported for rubbish: half a second for nothing.
        gc.freeze()
        assert crawler.stats is not None
        return 1 if self.crawler_process.bootstrap_failed else int(crawler.stats.get_value(EXIT_CODE_STAT, 1))

    def _crawler_of(self, spider: str) -> Crawler:
        """Raises ArgumentError if there is no such spider."""
        assert self.crawler_process is not None
        try:
            return self._create_crawler(spider)
        except KeyError:
            raise ArgumentError(
                f"there is no spider {spider!r}",
                expected=f"one of: {spiders_of(self.crawler_process)}",
                todo="Mend its name.",
            ) from None


def spiders_of(process: CrawlerProcessBase) -> str:
    """The names of all spiders, for people."""
    return ", ".join(sorted(process.spider_loader.list()))
