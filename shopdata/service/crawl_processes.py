"""The processes of crawls: those that this service has started, and those of an earlier one."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from scrapyd.launcher import ScrapyProcessProtocol

from shopdata.exceptions import ShopdataError
from shopdata.service.crawls import Crawl, is_alive
from shopdata.service.names import quoted

logger = logging.getLogger(__name__)

_MOST_REASON = 500
_MOST_TOLD = 1000
#: What a spider's process gets from Twisted: its signal by name or number.
Signal = str | int


class Started(ScrapyProcessProtocol):  # type: ignore[misc]
    """A crawl of this service."""

    #: None while it runs; the negative number of a signal that ended it.
    exit_code: int | None = None

    def __init__(self, *arguments: Any, output: Path | None) -> None:
        """Takes what scrapyd says, and one thing more.

        Args:
            output: gets what the crawl prints where that comes through a pipe: Windows has no other way.
        """
        super().__init__(*arguments)
        self._output = output

    def outReceived(self, data: bytes) -> None:
        if self._output is not None:
            with logging_errors("what it printed could not be kept", self.job), self._output.open("ab") as file:
                file.write(data)

    def errReceived(self, data: bytes) -> None:
        self.outReceived(data)

    def log(self, level: str, action: str) -> None:
        """As scrapyd's; a command line of 100 kB would push everything else out of the log."""
        told = " ".join(self.args)
        told = told if len(told) <= _MOST_TOLD else f"{told[:_MOST_TOLD]}…"
        text = "%s run %s of %s, project %s, pid %s: %s"
        level_number = logging.ERROR if level == "error" else logging.INFO
        logger.log(level_number, text, action, self.job, self.spider, self.project, self.pid, told)

    def processEnded(self, status: Any) -> None:
        signalled = getattr(status.value, "signal", None)
        self.exit_code = -signalled if signalled else status.value.exitCode
        super().processEnded(status)


class ReattachedProcess(ScrapyProcessProtocol):  # type: ignore[misc]
    """A crawl that an earlier service started: not our child, so it is watched by its pid and start time."""

    #: Only a parent is told it.
    exit_code: int | None = None

    def __init__(self, crawl: Crawl, process: psutil.Process) -> None:
        super().__init__(crawl.project, crawl.spider, crawl.job, env={}, args=[])
        self.pid = process.pid
        self.start_time = naive(crawl.started_at)
        self.transport = self
        self._process = process

    def is_alive(self) -> bool:
        return is_alive(self._process)

    def signalProcess(self, wanted: Signal) -> None:
        """As a transport of Twisted's: scrapyd's cancel.json calls it."""
        number = wanted if isinstance(wanted, int) else getattr(signal, f"SIG{wanted.removeprefix('SIG')}")
        if self.is_alive():
            os.kill(self.pid, number)


def sentence_of(error: Exception) -> str:
    """Why a launch failed, for people. The text of a foreign error is cut: it may hold a whole command line."""
    if isinstance(error, ShopdataError):
        return str(error)
    text = " ".join(str(error).split())
    return (f"{type(error).__name__}: {text}" if text else type(error).__name__)[:_MOST_REASON]


@contextlib.contextmanager
def logging_errors(what: str, job: str) -> Iterator[None]:
    """What can't be written down is told, and ends nothing."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is
        logger.error("run %s: %s: %s", quoted(job), what, sentence_of(error))


def naive(moment: datetime) -> datetime:
    """This machine's time without its zone, as scrapyd has it."""
    return moment.astimezone().replace(tzinfo=None)
