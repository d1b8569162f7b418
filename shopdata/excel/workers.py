"""Processes for work that keeps a core busy: Python runs one thread at a time, and files come in bursts."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import logging
import multiprocessing
import multiprocessing.process
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: More make no run faster: the portals are slower than four cores.
MOST_WORKERS = min(os.cpu_count() or 1, 4)
#: For so long a process may take to begin, on a machine with much to do. It takes half a second where there is nothing.
START_SECONDS = 30
#: A tenth of the processor, while there is somebody else who wants it: what has come can be read while the portal makes
#: the next file; a sign-in that waits puts off all that follows.
_NICENESS = 10


@dataclass(frozen=True)
class _Work:
    """A call, and its result to be."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    told: Future[Any] = field(default_factory=Future)


class Workers(Executor):
    """Runs functions in processes of their own; both functions and arguments must be picklable.

    Where processes were not started, do not begin, or died, threads do the work. Processes are spawned, not forked: a
    fork would copy the reactor, open connections and other threads' locks.
    """

    def __init__(self, count: int, tell: Callable[[str], None] = logger.warning, *, gives_way: bool = False) -> None:
        """Starts nothing yet.

        Args:
            count: of processes; 0 leaves all to threads.
            tell: gets a sentence for people, at most once.
            gives_way: True where the processes are to leave the processor to others that have something to do.
        """
        self.count = count
        self._tell = tell
        self._niceness = _NICENESS if gives_way else 0
        self._processes: ProcessPoolExecutor | None = None
        #: A process has died, and with it the pool; or none has begun. It is let go of in `shutdown` only: what passes
        #: its work on runs in the pool's own thread, which holds a lock that letting go waits for (seen in Python 3.13:
        #: for ever).
        self._is_broken = False
        #: What waits for the first sign of a process; None if nothing has to.
        self._waiting: list[_Work] | None = None
        self._lock = threading.Lock()
        #: How much the processes have in hand.
        self._asked = 0
        self._threads = ThreadPoolExecutor(count or MOST_WORKERS, "work")

    def start(self, *modules: str) -> None:
        """Starts the processes now, so that they have imported `modules` when the first file comes."""
        if self._processes is not None or not self.count:
            return
        context = multiprocessing.get_context("spawn")
        self._processes = ProcessPoolExecutor(self.count, context, initializer=_prepare, initargs=(self._niceness,))
        self._waiting = []
        timer = threading.Timer(START_SECONDS, self._give_up)
        timer.daemon = True
        timer.start()
        with _frugal_start():
            sign = self._processes.submit(_import, ())
            for _ in range(self.count):
                self._processes.submit(_import, modules)
        sign.add_done_callback(partial(self._on_sign, timer))

    def _on_sign(self, timer: threading.Timer, sign: Future[None]) -> None:
        timer.cancel()
        self._begin(in_processes=not sign.cancelled() and sign.exception() is None)

    def _give_up(self) -> None:
        if self._begin(in_processes=False):
            self._tell(
                f"The processes that read workbooks did not begin within {START_SECONDS} s, so threads read them, "
                "which takes longer. See whether a virus scanner or a rule of this machine holds them back; "
                "SHOPDATA_WORKERS=0 does without them."
            )
            _kill(_members(self._processes))

    def _begin(self, *, in_processes: bool) -> bool:
        """Hands out what has waited; False if nothing had to wait any more."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
            if waiting is None:
                return False
            self._is_broken |= not in_processes
        for work in waiting:
            self._hand_out(work)
        return True

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The function's result to be."""
        work = _Work(function, args, kwargs)
        work.told.set_running_or_notify_cancel()
        with self._lock:
            if self._waiting is not None:
                self._waiting.append(work)
                return work.told
        self._hand_out(work)
        return work.told

    def _hand_out(self, work: _Work) -> None:
        processes = self._processes
        if processes is not None and not self._is_broken:
            try:
                asked = processes.submit(work.function, *work.args, **work.kwargs)
            except BrokenProcessPool:
                self._is_broken = True
            else:
                with self._lock:
                    self._asked += 1
                asked.add_done_callback(partial(self._on_process_done, work))
                return
        try:
            self._threads.submit(work.function, *work.args, **work.kwargs).add_done_callback(partial(_pass_on, work))
        except RuntimeError as error:  # we are being shut down
            work.told.set_exception(error)

    def _on_process_done(self, work: _Work, done: Future[Any]) -> None:
        with self._lock:
            self._asked -= 1
        if not done.cancelled() and isinstance(done.exception(), BrokenProcessPool):
            self._is_broken = True
            self._hand_out(work)
        else:
            _pass_on(work, done)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, without blocking the event loop."""
        import asyncio  # the processes themselves need none

        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends processes and threads, by default after what they are doing."""
        processes, self._processes = self._processes, None
        with self._lock:
            waiting, self._waiting = self._waiting, None
        for work in waiting or ():
            if cancel_futures:
                work.told.set_exception(CancelledError())
            else:
                self._hand_out(work)
        if processes is not None and waiting is not None:
            _kill(_members(processes))
            processes.shutdown(wait=False)
        elif processes is not None and wait:
            self._end(processes, cancel_futures=cancel_futures)
        elif processes is not None:
            processes.shutdown(wait=False, cancel_futures=cancel_futures)
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def _end(self, processes: ProcessPoolExecutor, *, cancel_futures: bool) -> None:
        members = _members(processes)
        ending = threading.Thread(target=processes.shutdown, kwargs={"cancel_futures": cancel_futures}, daemon=True)
        ending.start()
        while ending.is_alive():
            ending.join(START_SECONDS)
            if ending.is_alive() and not self._asked:
                # One of them has never begun, though others did.
                _kill(members)

    def __exit__(self, *error: object) -> None:
        """What nobody waits for any more is not begun."""
        self.shutdown(cancel_futures=True)


def _pass_on(work: _Work, done: Future[Any]) -> None:
    # A function inside the one that asks would hold itself, and with it every result, until Python looks for rubbish.
    try:
        work.told.set_result(done.result())
    except BaseException as error:  # noqa: BLE001 - whoever asked wants to know
        work.told.set_exception(error)


def _members(processes: ProcessPoolExecutor | None) -> list[multiprocessing.process.BaseProcess]:
    return list((getattr(processes, "_processes", None) or {}).values())


def _kill(members: list[multiprocessing.process.BaseProcess]) -> None:
    for process in members:
        # It may have ended by itself, and been forgotten.
        with contextlib.suppress(OSError, ValueError):
            process.kill()


#: What glibc's `mallopt` knows them by.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_memory() -> None:
    """Lets this process keep memory that it will soon need again.

    Arrays of some megabytes come and go while a workbook is read, and memory that is given back each time must be
    cleared each time: that costs a fifth of the time. Other C libraries than glibc have nothing of the kind.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_MMAP_THRESHOLD, 8 << 20)
        set_option(_M_TRIM_THRESHOLD, 32 << 20)


@contextlib.contextmanager
def _frugal_start() -> Iterator[None]:
    """What processes that are started in this block do without.

    A spawned process first imports its parent's main module: here all of Scrapy, which no worker needs.
    """
    about: dict[str, Any] = vars(sys.modules["__main__"])
    kept: dict[str, Any] = {name: about.pop(name) for name in ("__spec__", "__file__") if name in about}
    about["__spec__"] = None
    try:
        yield
    finally:
        about.update(kept)


def _prepare(niceness: int) -> None:
    """Ctrl-C is for the crawl, which then ends its workers; if it was killed, they end by themselves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(niceness)
    keep_memory()
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
