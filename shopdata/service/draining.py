"""A service that takes no crawl until somebody says that it may again, also over its restart: for an upgrade."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from twisted.internet import reactor as twisted_reactor

from shopdata.files import write_durably
from shopdata.service.crawls import END_SECONDS

logger = logging.getLogger(__name__)

#: Its type is that of whatever platform it is.
reactor: Any = twisted_reactor


class Draining:
    """What it has runs to its end, or is ended and given back; other services go on.

    Args:
        mark: the file that says so to the next service.
    """

    def __init__(self, mark: Path, launcher: Any, poller: Any) -> None:
        self._mark = mark
        self._launcher = launcher
        self._poller = poller
        self._kill: Any = None
        poller.is_draining = mark.exists()
        if self.is_on:
            logger.warning("draining since before the start: it takes nothing until `scrapy service undrain`")

    @property
    def is_on(self) -> bool:
        """True from `begin` to `end`."""
        return bool(self._poller.is_draining)

    def begin(self, *, is_now: bool) -> None:
        """In the reactor's thread.

        Args:
            is_now: crawls are ended as by Ctrl-C, after 30 s with all that they have started.
        """
        self._poller.is_draining = True
        write_durably(self._mark, b"")
        logger.info("draining%s, %d crawls run", " (now)" if is_now else "", len(self._launcher.processes))
        if is_now:
            self._launcher.end_all(hard=False)
            self._forget_kill()
            self._kill = reactor.callLater(END_SECONDS, self._launcher.end_all, hard=True)

    def end(self) -> None:
        """In the reactor's thread."""
        self._forget_kill()
        self._mark.unlink(missing_ok=True)
        self._poller.is_draining = False
        logger.info("it takes crawls again")

    def _forget_kill(self) -> None:
        if self._kill is not None and self._kill.active():
            self._kill.cancel()
