"""Browsers that are signed in: known by a cookie's token, over a restart too, until they leave or are away too long."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from twisted.internet.threads import deferToThread

from shopdata.exceptions import DiskError
from shopdata.files import write_private

logger = logging.getLogger(__name__)

#: Over a weekend.
IDLE_SECONDS = 3 * 86400
MOST_SECONDS = 30 * 86400
#: When it was last seen is written no more often.
_NOTED_EVERY_SECONDS = 600
_MOST_OF_ONE, _MOST = 20, 2000


@dataclass(frozen=True)
class _Browser:
    name: str
    #: Of the password that it has signed in with (`SignIn.mark`).
    mark: str
    began: float
    seen: float


class Browsers:
    """In the reactor's thread only. The file holds no token, but sums of them.

    Args:
        mark: of a user and a token.
        clock: seconds since 1970.
    """

    def __init__(self, path: Path, mark: Callable[[str, str], str], clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._mark = mark
        self._clock = clock
        self._noted = 0.0
        self._browsers = _read(path)
        self._writing = threading.Lock()
        self._version = self._written = 0

    def begin(self, name: str, instead_of: str = "") -> str:
        """Signs a browser in; returns a new token. The one that it had is worth nothing any more."""
        self._browsers.pop(_sum_of(instead_of), None)
        token = secrets.token_urlsafe(32)
        now = self._clock()
        self._forget(now)
        own = [sum_ for sum_, browser in self._browsers.items() if browser.name == name]
        for sum_ in (*own[: -(_MOST_OF_ONE - 1)], *list(self._browsers)[: -(_MOST - 1)]):
            self._browsers.pop(sum_, None)
        self._browsers[_sum_of(token)] = _Browser(name, self._mark(name, token), now, now)
        self._write(now)
        return token

    def name_of(self, token: str) -> str | None:
        """Whose browser this is; None if it is nobody's, any more or ever."""
        sum_, now = _sum_of(token), self._clock()
        browser = self._browsers.get(sum_)
        if browser is None:
            return None
        if _is_over(browser, now) or not hmac.compare_digest(browser.mark, self._mark(browser.name, token)):
            self.end(token)
            return None
        self._browsers[sum_] = replace(browser, seen=now)
        if now - self._noted > _NOTED_EVERY_SECONDS:
            self._write(now)
        return browser.name

    def end(self, token: str) -> None:
        """Signs a browser out."""
        if self._browsers.pop(_sum_of(token), None) is not None:
            self._write(self._clock())

    def _forget(self, now: float) -> None:
        for sum_, browser in list(self._browsers.items()):
            if _is_over(browser, now):
                del self._browsers[sum_]

    def _write(self, now: float) -> None:
        self._noted = now
        self._version += 1
        content = {sum_: asdict(browser) for sum_, browser in self._browsers.items()}
        deferToThread(self._put, self._version, content).addErrback(
            lambda failure: logger.error("who is signed in could not be kept: %s", failure.getErrorMessage())
        )

    def _put(self, version: int, content: Mapping[str, object]) -> None:
        with self._writing:
            if version > self._written:
                write_private(self._path, json.dumps(content, ensure_ascii=False).encode())
                self._written = version


def _is_over(browser: _Browser, now: float) -> bool:
    return now - browser.seen > IDLE_SECONDS or now - browser.began > MOST_SECONDS


def _sum_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _read(path: Path) -> dict[str, _Browser]:
    """What an earlier process has kept; where that can't be read, everybody signs in anew."""
    try:
        kept = json.loads(path.read_bytes())
        return {sum_: _Browser(**browser) for sum_, browser in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, DiskError) as error:
        logger.warning("%s can't be read, all browsers have to sign in: %s", path, type(error).__name__)
        return {}
