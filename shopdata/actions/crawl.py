"""A crawl that a person or the service has started, with our exit codes (docs/reference.md#exit-codes)."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from scrapy.crawler import Crawler, CrawlerProcessBase

from shopdata import doorway
from shopdata.actions.names import as_spider
from shopdata.alerts.start_failures import notify_start_failure
from shopdata.config import load_alerts
from shopdata.crawling import ReportSpider
from shopdata.exceptions import ArgumentError, LedgerError, ShopdataError, UsageError
from shopdata.extensions.outcome import EXIT_CODE_STAT
from shopdata.extensions.published_feed import check_targets
from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.wording import Texts
from shopdata.wording.language import FOR_GROUPS, group_texts
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: What Scrapy lists before every crawl, the same each time: a person looks for what happened to the shops.
PREAMBLE = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.extensions.logstats")


def crawl(
    process: CrawlerProcessBase, crawler_of: Callable[[str], Crawler], name: str, arguments: Mapping[str, str]
) -> int:
    """Runs the spider of this name, or that of the dataset of this name, in this process; returns the exit code.

    Args:
        crawler_of: makes a spider's crawler.
    """
    for logger in PREAMBLE:
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
        notify_not_started(name, Reason.of(error), process.settings)
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


def notify_not_started(spider: str, reason: Reason, settings: Mapping[str, Any]) -> None:
    """Tells the channels of alerts.yaml, if that file can be read. A person who typed the command has the sentence."""
    if sys.stdin is not None and sys.stdin.isatty():
        return
    try:
        alerts = load_alerts()
        if alerts.channels_on:
            now = datetime.now(SHANGHAI)
            notify_start_failure(_texts(settings), alerts, spider, reason, _ledger(settings), now)
    except ShopdataError as error:
        logger.error("alerts: start failure not sent: %s", error)


def _texts(settings: Mapping[str, Any]) -> Texts:
    try:
        return group_texts(settings)
    except ArgumentError:
        # It is what the reason is about.
        return Texts(FOR_GROUPS)


def _ledger(settings: Mapping[str, Any]) -> Ledger | None:
    try:
        return Workspace.from_settings(settings).ledger
    except ShopdataError:
        # It may be what the reason is about.
        return None
