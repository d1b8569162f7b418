"""How the processes of `Workers` begin and end: forked from one that has imported what they need, or each by itself."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopdata.excel.worker_template import Template

#: Forked, two take 40 MB less than two that have each imported all of it, and begin in half of the processor's time.
#: Nothing of a run is copied: what forks is a process of its own (`worker_template`). macOS' libraries take no fork.
_IS_FORKED = sys.platform == "linux"


class Processes:
    """A pool whose processes begin when they are told to.

    Args:
        modules: what they import before their first work.
    """

    def __init__(self, count: int, niceness: int, modules: Sequence[str]) -> None:
        self._count, self._modules = count, tuple(modules)
        context = multiprocessing.get_context("forkserver" if _IS_FORKED else "spawn")
        self.pool = ProcessPoolExecutor(count, context, initializer=_prepare, initargs=(niceness,))
        # All of them begin at once, with the first work: one that began later would import our main module.
        self.pool._safe_to_dynamically_spawn_children = False  # type: ignore[attr-defined]
        self._template: Template | None = None

    def launch_template(self) -> None:
        """Lets what they are forked from begin, and waits for nothing. Raises OSError."""
        if _IS_FORKED:
            from shopdata.excel.worker_template import Template  # Windows has nothing that forks

            self._template = Template(self._modules)

    def begin(self) -> Future[None]:
        """Waits until all of them have begun: for ever, if something holds them back and nobody kills it.

        Returns:
            done with the first sign of any of them.

        Raises:
            Exception: there are none, for whatever reason.
        """
        with _without_main_module():
            sign = self.pool.submit(_import, ())
            for _ in range(self._count):
                self.pool.submit(_import, self._modules)
        return sign

    def members(self) -> list[BaseProcess]:
        """Those that have begun."""
        return list((getattr(self.pool, "_processes", None) or {}).values())

    def kill(self) -> None:
        """Ends them at once, and what they come from."""
        self.kill_members()
        if self._template is not None:
            self._template.kill()

    def kill_members(self) -> None:
        """Ends them at once."""
        for process in self.members():
            # It may have ended by itself, and been forgotten.
            with contextlib.suppress(OSError, ValueError):
                process.kill()

    def end_template(self) -> None:
        """Lets what they came from end. They must have ended."""
        if self._template is not None:
            self._template.end()


@contextlib.contextmanager
def _without_main_module() -> Iterator[None]:
    """A process first imports its parent's main module: here all of Scrapy, which no worker needs."""
    about: dict[str, Any] = vars(sys.modules["__main__"])
    kept: dict[str, Any] = {name: about.pop(name) for name in ("__spec__", "__file__") if name in about}
    about["__spec__"] = None
    try:
        yield
    finally:
        about.update(kept)


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
