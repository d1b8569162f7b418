"""Connections to PostgreSQL that do not wait for ever: a server may take a question and never answer.

What the server limits by itself is of no use where nothing comes back from it, or from a proxy before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg

Result = TypeVar("Result")

#: How long a new connection may take.
_CONNECT_SECONDS = 10
#: How often Ctrl-C is looked for meanwhile.
_LOOK_EVERY_SECONDS = 0.1


def connector(seconds: float) -> Callable[..., psycopg.Connection[Any]]:
    """Connects as `psycopg.connect` does.

    Args:
        seconds: after so long a statement without an answer fails, and its connection is of no more use.
    """

    class Limited(psycopg.Connection[Any]):
        def wait(
            self,
            gen: Generator[Any, Any, Result],
            interval: float = _LOOK_EVERY_SECONDS,
            timeout: float | None = None,
        ) -> Result:
            began = time.monotonic()
            try:
                return super().wait(gen, interval, seconds if timeout is None else timeout)
            except psycopg.OperationalError:
                if timeout is not None or time.monotonic() - began < seconds:
                    raise
                self.pgconn.finish()
                raise psycopg.OperationalError(f"no answer in {seconds:g} s") from None

    def connect(*arguments: Any, **named: Any) -> psycopg.Connection[Any]:
        return Limited.connect(*arguments, **{"connect_timeout": _CONNECT_SECONDS} | named)

    return connect
