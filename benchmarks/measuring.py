"""Runs a command to its end, and tells its time and the memory of it and of all processes that it starts."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
#: To look at a process costs it some milliseconds.
SAMPLE_SECONDS = 0.2
# Byte code is kept, as where it is installed, whatever this shell says: all that is measured inherits it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@dataclass(frozen=True)
class Measured:
    """Seconds by the clock and of the processor, and the highest sum of memory (MB) of a process with its children."""

    seconds: float
    cpu: float
    peak_mb: float
    output: str = field(default="", repr=False)


def measure(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    good: Sequence[int] = (0,),
    folder: Path = ROOT,
) -> Measured:
    """Runs a command in a folder, by default the project's.

    Raises:
        CalledProcessError: it ended with another code than the `good` ones, so there is nothing to compare.
    """
    used = processor_seconds()
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True)
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(SAMPLE_SECONDS):
            peak = max(peak, tree_memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    seconds = time.monotonic() - started
    done.set()
    watcher.join()
    if process.returncode not in good:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Measured(round(seconds, 2), round(processor_seconds() - used, 2), round(peak), output)


def tree_memory(pid: int) -> float:
    """Memory of a process and all below it, in MB; shared pages are counted once (PSS)."""
    total = 0.0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            try:
                memory = process.memory_full_info()
                total += getattr(memory, "pss", memory.uss)
            except psutil.Error:
                continue
    except psutil.Error:
        return 0
    return total / 1e6


def processor_seconds() -> float:
    """Of all processes that this one has started, and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
