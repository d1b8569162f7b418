"""Log lines without what must not leak: no query of any URL, no item dumps."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from shopdata.exceptions import ShopdataError
from shopdata.texts import one_line

_QUERY = re.compile(r"(\bhttps?://[^\s?'\"<>]+)\?[^\s'\"<>]+")

#: Loggers that print whole URLs, headers or SQL below WARNING: signed links, storage keys with their signatures.
_TALKATIVE = ("scrapy-playwright", "urllib3", "minio", "asyncio", "filelock", "sqlalchemy")


class QueryFilter(logging.Filter):
    """Cuts the query off every URL in a line, whoever wrote it: Scrapy's warnings tell signed links whole. And takes
    out what a terminal obeys, should anybody have quoted a portal as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cut = _harmless(message)
        if cut != message:
            record.msg, record.args = cut, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _harmless(_PLAIN.formatException(record.exc_info))
        return True


_PLAIN = logging.Formatter()


def _harmless(text: str) -> str:
    return "\n".join(map(one_line, _QUERY.sub(r"\1?…", text).split("\n")))


class PrivateLogFormatter(LogFormatter):
    """Scrapy's lines, with URLs cut before their query and items named by their cell."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PrivateLogFormatter:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        # Scrapy makes its handler anew between here and the start of the engine.
        crawler.signals.connect(_filter_handlers, signals.engine_started)
        return cls()

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult:
        return _line(logging.DEBUG, "Asked (%s) %s %s", response.status, request.method, without_query(request.url))

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return _line(logging.DEBUG, "Through all pipelines: %s", _name(item))

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        level = getattr(exception, "log_level", None) or "WARNING"
        return _line(logging.getLevelName(level), "%s: %s", _name(item), exception)

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return _line(logging.ERROR, "%s: unexpected pipeline error", _name(item))

    def download_error(
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult:
        # Of an unknown error only the kind: its text may hold anything.
        kind = failure.type.__name__ if failure.type else "error"
        told = failure.value if isinstance(failure.value, ShopdataError) else kind
        return _line(logging.ERROR, "%s %s: %s", request.method, without_query(request.url), told)


def _filter_handlers() -> None:
    for handler in logging.root.handlers:
        if not any(isinstance(known, QueryFilter) for known in handler.filters):
            handler.addFilter(QueryFilter())


def without_query(url: str) -> str:
    """A URL as far as it may be told."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else f"{parts.scheme}:…"


def _name(item: Any) -> str:
    names = (getattr(item, name, "") for name in ("dataset", "shop_id", "dt"))
    return " ".join(filter(None, names)) or type(item).__name__


def _line(level: int, message: str, *arguments: object) -> LogFormatterResult:
    return {"level": level, "msg": message, "args": arguments}
