"""Who holds a lease: a run, in a process, on a machine; and whether that process can still be alive."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_SEPARATOR = "|"


@dataclass(frozen=True)
class Owner:
    """A run in a process. As text it is what the ledger keeps."""

    run_id: str
    host: str
    pid: int
    #: When the process began, in the system's own measure: a process id is given again sooner or later.
    began: str
    #: Where a process id means anything: this start of this machine, and in it this container.
    place: str

    @classmethod
    def here(cls, run_id: str) -> Self:
        """A run in this process."""
        return cls(run_id, socket.gethostname()[:80], os.getpid(), process_began(os.getpid()) or "", _place())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What `str` made; None for any other text."""
        try:
            run_id, host, pid, began, place = text.rsplit(_SEPARATOR, 4)
            return cls(run_id, host, int(pid), began, place)
        except ValueError:
            return None

    def __str__(self) -> str:
        return _SEPARATOR.join((self.run_id, self.host, str(self.pid), self.began, self.place))

    def for_people(self) -> str:
        """The run and where it is at work."""
        return f"run {self.run_id} on {self.host} (process {self.pid})"

    @property
    def is_gone(self) -> bool:
        """True if its process has certainly ended. False is no promise: of other machines nobody here can tell."""
        return self.place == _place() and process_began(self.pid) != self.began


def name_of(owner: str) -> str:
    """For people: who is meant by a text in the ledger."""
    parsed = Owner.parse(owner)
    return parsed.for_people() if parsed else owner


def mark_of(pid: int) -> str | None:
    """Tells a process from all others that had or will have its pid, whatever the wall clock is set to.

    None if there is none, or it has ended.
    """
    began = process_began(pid)
    return None if began is None else f"{began}@{_place()}"


@functools.cache
def _place() -> str:
    parts = [socket.gethostname()]
    # Containers of one machine have the same boot and often the same host name, but process ids of their own.
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii"))
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()[:16]


def process_began(pid: int) -> str | None:
    """When a process began; None if there is none of this id, or it has ended and only waits for its parent."""
    if not Path("/proc/self/stat").exists():
        import psutil

        try:
            return str(psutil.Process(pid).create_time())
        except psutil.Error:
            return None
    try:
        # psutil counts from the wall clock, which is set now and then; the kernel's own count stays.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    state, began = fields[0], fields[19]
    return None if state in "ZX" else began
