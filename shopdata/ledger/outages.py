"""A database server that goes away for some seconds, as one that is restarted does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import exc

Result = TypeVar("Result")

_TRY_EVERY_SECONDS = 0.5
#: What PostgreSQL says to those who are there when it ends, and to those who come before it is up again.
_GOES_DOWN = frozenset({"57P01", "57P02", "57P03"})


class Outages:
    """Begins work anew that a server's end has cut off, for so long from the first that missed it.

    If it is still away then, nobody waits any more until it has answered again: of hundreds of shops none would end.

    Args:
        seconds: 0 lets nobody wait.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._missed_at: float | None = None

    def outlive(self, work: Callable[[], Result]) -> Result:
        """What `work` returns; it is called again, unless it says that part of it may have been done.

        Raises:
            sqlalchemy.exc.DBAPIError: what `work` raised last.
            UnknownEndError: as `work` raised it.
        """
        while True:
            is_away = False
            try:
                return work()
            except exc.DBAPIError as error:
                is_away = _is_away(error)
                if not is_away or self._is_enough():
                    raise
            finally:
                if not is_away:
                    # It has answered, if only with a no.
                    self._missed_at = None
            time.sleep(_TRY_EVERY_SECONDS)

    def _is_enough(self) -> bool:
        now = time.monotonic()
        missed_at = self._missed_at = now if self._missed_at is None else self._missed_at
        return now >= missed_at + self._seconds


class UnknownEndError(Exception):
    """Raised when a commit has met `error`: whether it was done nobody knows, and so it is not repeated."""

    def __init__(self, error: exc.DBAPIError) -> None:
        super().__init__(str(error))
        self.error = error


def _is_away(error: exc.DBAPIError) -> bool:
    """True where the connection was lost, or none could be had; not where a server is there and gives no answer."""
    code = getattr(error.orig, "sqlstate", None)
    is_lost = isinstance(error, exc.OperationalError | exc.InterfaceError) and code is None
    return code in _GOES_DOWN or (is_lost and not str(error.orig).startswith("no answer in"))
