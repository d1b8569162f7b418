"""The process that worker processes are forked from. It has imported what they need, and nothing else is in it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver


class Template:
    """A pool's part in Python's fork server, of which there is one for all pools of this process."""

    _lock = threading.Lock()
    _users = 0

    def __init__(self, modules: Sequence[str]) -> None:
        """Lets the server begin, and waits for nothing. What it imports is what its first user wants."""
        with Template._lock:
            forkserver.set_forkserver_preload(list(modules))
            # It would look for modules where we stand, and not where an egg's are; a thread of OpenBLAS would not be
            # forked along.
            path = os.pathsep.join(sys.path)
            with _environment(PYTHONPATH=path, PYTHONSAFEPATH="1", OPENBLAS_NUM_THREADS="1"):
                forkserver.ensure_running()
            Template._users += 1
            self._is_used = True

    def kill(self) -> None:
        """Ends it at once: whoever waits for a process of it gets an error."""
        with Template._lock:
            if self._is_used:
                _kill_server()

    def end(self) -> None:
        """Ends it with its last user, whose processes have ended."""
        with Template._lock:
            if not self._is_used:
                return
            self._is_used = False
            Template._users -= 1
            if not Template._users:
                _kill_server()
                forkserver._forkserver._stop()  # type: ignore[attr-defined]


def _kill_server() -> None:
    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if pid is not None:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def _environment(**changed: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
