"""Commands in processes that need not import everything anew: forked from one that has (`template_process.py`)."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import functools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from template_process import Order

REPO = Path(__file__).parents[1]
#: What every command is started with.
STARTED_WITH = {"PYTHONPATH": str(REPO), "PYTHONUTF8": "1"}
#: What Python and libc read at their start: a process that is to have other values must be started, not forked.
_READ_AT_THE_START = ("PYTHON", "LC_", "LANG", "MALLOC_", "LD_")

#: Another thread may have taken the news that one waits for.
_ASK_EVERY_SECONDS = 0.25


class WarmProcess:
    """A forked process, with what is used here of `subprocess.Popen`."""

    def __init__(self, template: Template, pid: int) -> None:
        self._template = template
        self.pid = pid
        #: As the template has told it.
        self.code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        self._template.look()
        return self.code

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = _ASK_EVERY_SECONDS if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired("scrapy", timeout or 0)
            self._template.wait_for_news(min(left, _ASK_EVERY_SECONDS))
        return code

    def send_signal(self, number: int) -> None:
        """Does nothing if it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # its end is not told yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        """At once."""
        self.send_signal(signal.SIGKILL)


class Template:
    """The process that forks. It ends with this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Those whose end is still to come: the system gives numbers anew after some ten thousand processes.
        self._running: dict[int, WarmProcess] = {}
        ours, its = multiprocessing.Pipe()
        self._connection = ours
        self._process = subprocess.Popen(
            [sys.executable, REPO / "tests" / "template_process.py", str(its.fileno())],
            pass_fds=[its.fileno()],
            # Without a thread of OpenBLAS: a fork has only the one that forks.
            env={"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1"} | _usual(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        its.close()
        atexit.register(self.close)

    def run(self, order: Order) -> WarmProcess:
        """Begins a command."""
        with self._lock:
            self._connection.send(dataclasses.asdict(order))
            while (begun := self._read()) is None:
                pass
            return begun

    def look(self) -> None:
        """Takes the news that are there."""
        with self._lock:
            while self._connection.poll():
                self._read()

    def wait_for_news(self, seconds: float) -> None:
        """Until the end of any of its processes is told. What another thread has taken then is in no news any more."""
        self._connection.poll(seconds)

    def _read(self) -> WarmProcess | None:
        """Takes one: a process that has begun, or the end of one."""
        pid, code = self._connection.recv()
        if code is not None:
            self._running.pop(pid).code = code
            return None
        self._running[pid] = WarmProcess(self, pid)
        return self._running[pid]

    def close(self) -> None:
        """Lets it end."""
        self._connection.close()
        self._process.wait()


@functools.cache
def _template() -> Template:
    return Template()


def start_warm(order: Order) -> WarmProcess | None:
    """Begins a command in a forked process; None where it must be started instead."""
    usual = {"PYTHONPATH": STARTED_WITH["PYTHONPATH"]}
    is_usual = has_usual_path(order.environment) and _fixed(order.environment | usual) == _usual()
    return _template().run(order) if sys.platform == "linux" and is_usual else None


def has_usual_path(environment: Mapping[str, str]) -> bool:
    """True where modules come from the repository, or from folders besides that change nothing of Python's start."""
    folders = environment.get("PYTHONPATH", "").split(os.pathsep)
    return str(REPO) in folders and not any(Path(folder, "sitecustomize.py").exists() for folder in folders)


def _usual() -> dict[str, str]:
    # Hundreds of processes would compile the whole project anew.
    return {n: v for n, v in _fixed(os.environ).items() if n != "PYTHONDONTWRITEBYTECODE"} | STARTED_WITH


def _fixed(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that stays as it was at a process's start."""
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_THE_START)}
