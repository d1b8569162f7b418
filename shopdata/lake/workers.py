"""Processes for work that keeps a core busy: Python runs one thread at a time, and files come in bursts."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Runs functions in processes of their own; both functions and arguments must be picklable.

    They are spawned, not forked: a fork would copy the reactor, open connections and other threads' locks.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Starts the processes now, so that they have imported what they need when the first file comes."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._count, context, initializer=_prepare)
            for _ in range(self._count):
                self._pool.submit(_prepare_imports)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result; where processes were not started, or died, it runs in a thread instead."""
        if self._pool is not None:
            try:
                # A pool that is known to be broken refuses here, one that breaks meanwhile below.
                return await asyncio.wrap_future(self._pool.submit(function, *args, **kwargs))
            except BrokenProcessPool:
                self._pool = None
        return await asyncio.to_thread(function, *args, **kwargs)

    def close(self) -> None:
        """Ends the processes; waits for what they are doing."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _prepare() -> None:
    """Ctrl-C is for the crawl, which then ends its workers; if it was killed, they end by themselves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _prepare_imports() -> None:
    # A quarter of a second, spent while the portals make their reports.
    import shopdata.lake.check  # noqa: F401
