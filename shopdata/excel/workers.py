"""Processes for work that keeps a core busy: Python runs one thread at a time, and files come in bursts."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from shopdata.excel.worker_processes import Processes

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: More make no run faster: the portals are slower than four cores.
MOST_WORKERS = min(os.cpu_count() or 1, 4)
#: For so long a process may take to begin, on a machine with much to do. It takes half a second where there is nothing.
START_SECONDS = 30
#: How soon it is seen that a process has begun which was to be killed before.
_LOOK_AGAIN_SECONDS = 0.1
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

    Where processes were not started, do not begin, or died, threads do the work. None is forked from this one: a fork
    would copy the reactor, open connections and other threads' locks.
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
        self._processes: Processes | None = None
        self._starter: threading.Thread | None = None
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
        """Lets the processes begin now, so that they have imported `modules` when the first file comes."""
        if self._processes is not None or not self.count:
            return
        processes = self._processes = Processes(self.count, self._niceness, modules)
        self._waiting = []
        try:
            processes.launch_template()
        except OSError as error:
            self._fail(error)
            return
        # Another thread waits for them: this one may be the event loop's.
        self._starter = threading.Thread(target=self._start, args=(processes,), daemon=True)
        self._starter.start()

    def _start(self, processes: Processes) -> None:
        timer = threading.Timer(START_SECONDS, self._give_up, [processes])
        timer.daemon = True
        timer.start()
        try:
            sign = processes.begin()
        except Exception as error:  # noqa: BLE001 - whatever keeps them from beginning, the work is done
            timer.cancel()
            self._fail(error)
            return
        sign.add_done_callback(partial(self._on_sign, timer))

    def _fail(self, error: Exception) -> None:
        self._begin(
            f"The processes that read workbooks could not be started ({type(error).__name__}: {error}), so threads "
            "read them, which takes longer. See what this machine is short of; SHOPDATA_WORKERS=0 does without them."
        )

    def _on_sign(self, timer: threading.Timer, sign: Future[None]) -> None:
        timer.cancel()
        self._is_broken |= sign.cancelled() or sign.exception() is not None
        self._begin()

    def _give_up(self, processes: Processes) -> None:
        is_late = self._begin(
            f"The processes that read workbooks did not begin within {START_SECONDS} s, so threads read them, "
            "which takes longer. See whether a virus scanner or a rule of this machine holds them back; "
            "SHOPDATA_WORKERS=0 does without them."
        )
        if is_late:
            self._kill_begun(processes)

    def _kill_begun(self, processes: Processes) -> None:
        """Also those that are just about to begin."""
        processes.kill()
        while self._starter is not None and self._starter.is_alive():
            self._starter.join(_LOOK_AGAIN_SECONDS)
            processes.kill()

    def _begin(self, why_not: str = "") -> bool:
        """Hands out what has waited: to the processes, or else tells why not. False if nothing had to wait any more."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
            if waiting is None:
                return False
            self._is_broken |= why_not != ""
        if why_not:
            self._tell(why_not)
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
                asked = processes.pool.submit(work.function, *work.args, **work.kwargs)
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
            self._kill_begun(processes)
            processes.pool.shutdown(wait=False)
            processes.end_template()
        elif processes is not None and wait:
            self._end(processes, cancel_futures=cancel_futures)
            processes.end_template()
        elif processes is not None:
            processes.pool.shutdown(wait=False, cancel_futures=cancel_futures)
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def _end(self, processes: Processes, *, cancel_futures: bool) -> None:
        shutdown = partial(processes.pool.shutdown, cancel_futures=cancel_futures)
        ending = threading.Thread(target=shutdown, daemon=True)
        ending.start()
        while ending.is_alive():
            ending.join(START_SECONDS)
            if ending.is_alive() and not self._asked:
                # One of them has never begun, though others did.
                processes.kill_members()

    def __exit__(self, *error: object) -> None:
        """What nobody waits for any more is not begun."""
        self.shutdown(cancel_futures=True)


def _pass_on(work: _Work, done: Future[Any]) -> None:
    # A function inside the one that asks would hold itself, and with it every result, until Python looks for rubbish.
    try:
        work.told.set_result(done.result())
    except BaseException as error:  # noqa: BLE001 - whoever asked wants to know
        work.told.set_exception(error)
