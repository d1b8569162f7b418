"""`scrapy crawl`: Scrapy's own, with our exit codes (DESIGN 5.2)."""

from __future__ import annotations

import argparse
import logging
import sys

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError as ScrapyUsageError

from shopdata.base_spiders import ReportSpider
from shopdata.exceptions import LedgerError, UsageError
from shopdata.extensions.outcome import EXIT_CODE_STAT
from shopdata.workspace import Workspace

#: What Scrapy lists before every crawl, the same each time: a person looks for what happened to the shops.
_PREAMBLE = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.extensions.logstats")


class Command(ScrapyCrawl):
    """Collects, merges and publishes a dataset: 0 all there, 1 something missing, 2 nothing was asked."""

    def short_desc(self) -> str:
        return "Collect, merge and publish a dataset"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process is not None
        for name in _PREAMBLE:
            logging.getLogger(name).setLevel(logging.WARNING)
        if len(args) != 1:
            raise ScrapyUsageError("name one spider; `scrapy list` shows them")
        try:
            crawler = self._create_crawler(args[0])
        except KeyError:
            names = ", ".join(sorted(self.crawler_process.spider_loader.list()))
            self._refuse(f"there is no spider {args[0]!r}. Expected one of: {names}.")
            return
        if issubclass(crawler.spidercls, ReportSpider):
            # Before anything is asked of a portal, and as a sentence instead of a traceback.
            try:
                workspace = Workspace.from_settings(crawler.settings)
                crawler.spidercls.plan_for(workspace.config, opts.spargs)
                workspace.ledger.close()
            except (UsageError, LedgerError) as error:
                self._refuse(str(error))
                return
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        assert crawler.stats is not None
        self.exitcode = 1 if self.crawler_process.bootstrap_failed else crawler.stats.get_value(EXIT_CODE_STAT, 1)

    def _refuse(self, sentence: str) -> None:
        print(sentence, file=sys.stderr)
        self.exitcode = 2
