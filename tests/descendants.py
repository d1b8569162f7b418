"""The processes below one, at little cost: tests look at them all the time while a run goes on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

#: Linux lists the children of each thread, unless its kernel was built without.
_HAS_LISTS = any(Path("/proc/self/task").glob("*/children"))


def below(pid: int) -> list[psutil.Process]:
    """Children of a process, and theirs; none of a process that is gone.

    psutil reads of each process of the machine whose child it is: hundreds of files, to find two.
    """
    if not _HAS_LISTS:
        try:
            return psutil.Process(pid).children(recursive=True)
        except psutil.Error:
            return []
    found: list[psutil.Process] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        waiting += children
        for child in children:
            try:
                found.append(psutil.Process(child))
            except psutil.NoSuchProcess:
                continue
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for thread in threads:
        with suppress(OSError):  # it has ended meanwhile
            found += map(int, (thread / "children").read_text("ascii").split())
    return found
