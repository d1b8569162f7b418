"""Processes for work that keeps a core busy: Python runs one thread at a time, and files come in bursts."""

from __future__ import annotations

import contextlib
import gc
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers(Executor):
    """Runs functions in processes of their own; both functions and arguments must be picklable.

    Where processes were not started, or died, threads do the work. Processes are spawned, not forked: a fork would copy
    the reactor, open connections and other threads' locks.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._processes: ProcessPoolExecutor | None = None
        #: A process has died, and with it the pool. It is let go of in `shutdown` only: what passes its work on runs in
        #: the pool's own thread, which holds a lock that letting go waits for (seen in Python 3.13: for ever).
        self._is_broken = False
        self._threads = ThreadPoolExecutor(count, "work")

    def start(self, *modules: str) -> None:
        """Starts the processes now, so that they have imported `modules` when the first file comes."""
        if self._processes is None:
            context = multiprocessing.get_context("spawn")
            self._processes = ProcessPoolExecutor(self.count, context, initializer=_prepare)
            with _frugal_start():
                for _ in range(self.count):
                    self._processes.submit(_import, modules)

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The function's result to be."""
        if self._processes is None or self._is_broken:
            return self._threads.submit(function, *args, **kwargs)
        try:
            asked = self._processes.submit(function, *args, **kwargs)
        except BrokenProcessPool:
            self._is_broken = True
            return self._threads.submit(function, *args, **kwargs)
        told: Future[T] = Future()
        told.set_running_or_notify_cancel()
        asked.add_done_callback(partial(self._pass_on, told, function, args, kwargs))
        return told

    # A function inside the one above would hold itself, and with it every result, until Python looks for rubbish.
    def _pass_on(
        self,
        told: Future[T],
        function: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        done: Future[T],
    ) -> None:
        try:
            told.set_result(done.result())
        except BrokenProcessPool:
            self._is_broken = True
            try:
                again = self._threads.submit(function, *args, **kwargs)
            except RuntimeError as error:  # we are being shut down
                told.set_exception(error)
            else:
                again.add_done_callback(partial(self._pass_on, told, function, args, kwargs))
        except BaseException as error:  # noqa: BLE001 - whoever asked wants to know
            told.set_exception(error)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, without blocking the event loop."""
        import asyncio  # the processes themselves need none

        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends processes and threads, by default after what they are doing."""
        processes, self._processes = self._processes, None
        if processes is not None:
            processes.shutdown(wait, cancel_futures=cancel_futures)
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(self, *error: object) -> None:
        """What nobody waits for any more is not begun."""
        self.shutdown(cancel_futures=True)


#: For glibc: arrays of some megabytes come and go, and memory that is given back each time must be cleared each time.
#: Keeping it saves a fifth of the time of reading a workbook; other C libraries have not heard of these.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(8 << 20), "MALLOC_TRIM_THRESHOLD_": str(32 << 20)}


@contextlib.contextmanager
def _frugal_start() -> Iterator[None]:
    """What processes that are started in this block do without, and what they keep.

    A spawned process first imports its parent's main module: here all of Scrapy, which no worker needs.
    """
    about: dict[str, Any] = vars(sys.modules["__main__"])
    kept: dict[str, Any] = {name: about.pop(name) for name in ("__spec__", "__file__") if name in about}
    variables = {name: os.environ.get(name) for name in _KEEP_MEMORY}
    about["__spec__"] = None
    os.environ.update(_KEEP_MEMORY)
    try:
        yield
    finally:
        about.update(kept)
        for name, value in variables.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _prepare() -> None:
    """Ctrl-C is for the crawl, which then ends its workers; if it was killed, they end by themselves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _import(modules: tuple[str, ...]) -> None:
    # What is imported stays: looking through it for rubbish costs a fifth of the start, and once more at the end.
    gc.disable()
    for module in modules:
        importlib.import_module(module)
    gc.freeze()
    gc.enable()
