"""A crawl that a person or the service has started, with our exit codes (docs/reference.md#exit-codes)."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Mapping

from scrapy.crawler import Crawler, CrawlerProcessBase

from shopdata import doorway
from shopdata.actions.names import as_spider
from shopdata.actions.start_failures import notify_start_failure_unattended
from shopdata.crawling import ReportSpider
from shopdata.exceptions import LedgerError, UsageError
from shopdata.extensions.outcome import EXIT_CODE_STAT
from shopdata.extensions.published_feed import check_targets
from shopdata.workspace import Workspace

#: What Scrapy lists before every crawl, the same each time: a person looks for what happened to the shops.
_PREAMBLE = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.extensions.logstats")


def crawl(
    process: CrawlerProcessBase, crawler_of: Callable[[str], Crawler], name: str, arguments: Mapping[str, str]
) -> int:
    """Runs the spider of this name, or that of the dataset of this name, in this process; returns the exit code.

    Args:
        crawler_of: makes a spider's crawler.
    """
    for logger in _PREAMBLE:
        logging.getLogger(logger).setLevel(logging.WARNING)
    try:
        spider, arguments = as_spider(process.spider_loader, name, arguments)
        crawler = _with_log(process, crawler_of, spider)
        # Before anything is asked of a portal, and as a sentence instead of a traceback.
        workspace = Workspace.of(crawler)
        assert workspace.config
        if issubclass(crawler.spidercls, ReportSpider):
            crawler.spidercls.plan_for(workspace.config, arguments)
        assert workspace.ledger
        assert workspace.sessions
        check_targets(process.settings.getdict("FEEDS"))
        doorway.begin_work()
    except (UsageError, LedgerError) as error:
        print(error, file=sys.stderr)
        notify_start_failure_unattended(name, str(error), process.settings)
        return 2
    process.crawl(crawler, **arguments)
    process.start()
    # At its end Python looks through everything that was ever imported for rubbish: half a second for nothing.
    gc.freeze()
    assert crawler.stats is not None
    return 1 if process.bootstrap_failed else int(crawler.stats.get_value(EXIT_CODE_STAT, 1))


def _with_log(process: CrawlerProcessBase, crawler_of: Callable[[str], Crawler], spider: str) -> Crawler:
    """The spider's crawler. Raises UsageError if its log can't be written: nobody would know what it does."""
    try:
        return crawler_of(spider)
    except OSError as error:
        raise UsageError(
            "the log can't be written",
            where=str(process.settings["LOG_FILE"]),
            found=error.strerror or type(error).__name__,
            todo="Make room there, or name another file.",
        ) from None
