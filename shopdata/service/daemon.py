"""The service's process, `python -m shopdata.service.daemon`; `scrapy service start` starts it."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import time
from dataclasses import replace
from logging.handlers import RotatingFileHandler
from typing import Any

from filelock import FileLock, Timeout
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader
from scrapyd import get_application
from scrapyd.exceptions import ScrapydError
from twisted.application.app import startApplication
from twisted.internet import reactor as twisted_reactor
from twisted.internet.error import CannotListenError
from twisted.logger import ILogObserver, LogLevel, formatEvent, globalLogBeginner
from twisted.web import error
from zope.interface import directlyProvides

from shopdata import doorway
from shopdata.exceptions import ShopdataError, UsageError
from shopdata.ledger.owner import mark_of
from shopdata.logs import QueryFilter
from shopdata.service.configuration import ServiceConfig, write_configuration
from shopdata.service.inside import Inside
from shopdata.service.options import ServiceOptions
from shopdata.service.schedule_file import ScheduleFile
from shopdata.texts import one_line
from shopdata.workspace import Workspace, is_shared

logger = logging.getLogger(__name__)

_LOG_BYTES = 5 * 1024**2
_LOG_FILES = 5
#: Before a log that could not be renamed is tried again.
_LOG_AGAIN_SECONDS = 60
#: For the ledger, where it is on a server.
_ANSWER_SECONDS = 15
#: Pages and clock wait for it in threads; Twisted's own ten would soon all do so.
_THREADS = 30
#: `apscheduler` tells every look of the clock.
_TALKATIVE = ("alembic", "apscheduler", "sqlalchemy", "urllib3", "filelock", "asyncio")
#: Says that there are no passwords, for it knows of none: our door looks at them.
_MISTAKEN = "scrapyd.basicauth"
_LEVELS = {LogLevel.debug: 10, LogLevel.info: 20, LogLevel.warn: 30, LogLevel.error: 40, LogLevel.critical: 50}


def main() -> int:
    """Runs until it is told to stop; 1 if it could not begin, 2 if settings or configuration are wrong."""
    doorway.enter()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Into a file of ours, which `service start` reads.
            stream.reconfigure(encoding="utf-8")
    settings = Settings()
    settings.setmodule("shopdata.settings", priority="project")
    try:
        options = ServiceOptions.from_settings(settings)
        write_configuration(options, is_shared=is_shared(settings["SHOPDATA_DATABASE_URL"]))
        with FileLock(options.lock_file, timeout=0):
            return _run(options, settings)
    except Timeout:
        print("the service runs already.", file=sys.stderr)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except ShopdataError as error:
        print(error, file=sys.stderr)
    return 1


def _run(options: ServiceOptions, settings: Settings) -> int:
    os.chdir(options.folder)
    _clean_environment()
    _log_to(options, logging.Formatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]))
    # Whoever waits for a page is told soon that the database does not answer; all else is tried again.
    workspace = replace(Workspace.from_settings(settings), answer_seconds=_ANSWER_SECONDS)
    # Another key than that of the machines that share the ledger is told before anything is done.
    assert workspace.kept_sessions
    inside = Inside(options, workspace, ScheduleFile(workspace=workspace), get_spider_loader(settings))
    try:
        startApplication(get_application(ServiceConfig(options, inside)), False)
    except CannotListenError as error:
        print(f"{options.bind}:{options.port} can't be listened on: {error.socketError}", file=sys.stderr)
        return 1
    reactor: Any = twisted_reactor
    reactor.suggestThreadPoolSize(_THREADS)
    reactor.callWhenRunning(_on_signals, inside)
    # The first line is all that systemd reads.
    options.pid_file.write_text(f"{os.getpid()}\n{mark_of(os.getpid())}\n", "utf-8")
    try:
        reactor.run()
    finally:
        options.pid_file.unlink(missing_ok=True)
        logger.info("stopped")
    return 0


def _clean_environment() -> None:
    """What would steer scrapyd or a crawl past what we have written, and what only this process needs."""
    for name in list(os.environ):
        if name.startswith(("SCRAPYD_", "SCRAPY_")):
            del os.environ[name]
    # A crawl's own folder is where our runner lies, if there is need of one.
    os.environ.pop("PYTHONSAFEPATH", None)
    # We were found by it; a crawl runs from its egg.
    paths = [path for path in os.environ.pop("PYTHONPATH", "").split(os.pathsep) if path]
    kept = [path for path in paths if not os.path.isdir(os.path.join(path, "shopdata"))]  # noqa: PTH112, PTH118
    if kept:
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)


def _on_signals(inside: Inside) -> None:
    """The first signal lets crawls finish, the second ends them."""

    def stop(*_: object) -> None:
        reactor: Any = twisted_reactor
        reactor.callFromThread(inside.stopping.begin, "now" if inside.launcher.is_closed else "wait")

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


class _Log(RotatingFileHandler):
    """Goes on with a log that is too long where Windows keeps it from another name: somebody reads it."""

    _not_before = 0.0

    def shouldRollover(self, record: logging.LogRecord) -> int:
        return time.monotonic() >= self._not_before and super().shouldRollover(record)

    def doRollover(self) -> None:
        try:
            super().doRollover()
        except PermissionError:
            self._not_before = time.monotonic() + _LOG_AGAIN_SECONDS
            if self.stream is None:
                self.stream = self._open()


def _log_to(options: ServiceOptions, line_format: logging.Formatter) -> None:
    """One file for us, scrapyd and Twisted, cut by size."""
    handler = _Log(options.log, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
    handler.setFormatter(line_format)
    handler.addFilter(QueryFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    observer: Any = _observe
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)


def _observe(event: dict[str, Any]) -> None:
    """Hands on what scrapyd and Twisted say."""
    name = str(event.get("log_namespace", "twisted"))
    if name == _MISTAKEN:
        return
    level = _LEVELS[event["log_level"]]
    text = formatEvent(event)
    if "log_failure" in event:
        answer = _answer_of(event["log_failure"].value)
        if answer:
            level, text = logging.INFO, f"refused: {answer}"
        else:
            text = f"{text}\n{event['log_failure'].getTraceback()}".strip()
    logging.getLogger(name).log(level, "%s", text)


def _answer_of(problem: BaseException) -> str:
    """What somebody was told who has asked for what there is not; "" if the program is wrong.

    scrapyd makes a failure of both.
    """
    if isinstance(problem, error.Error):
        return one_line((problem.message or problem.status).decode(errors="replace"))
    return one_line(str(problem)) if isinstance(problem, ScrapydError) else ""


directlyProvides(_observe, ILogObserver)

if __name__ == "__main__":
    sys.exit(main())
