"""What we write is its owner's alone: reports hold chats, telephone numbers and what a shop earns."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

_PRIVATE = 0o077
#: What lies in a state directory (docs/reference.md), and the demo. Where anything else lies, others live as well.
_OURS = frozenset(
    {
        "incoming",
        "raw",
        "doubtful",
        "rejected",
        "screenshots",
        "tables",
        "merged",
        "sessions",
        "service",
        "pace",
        "shadow",
        "doctor",
        "recordings",
        "demo",
    }
    | {"node", "node.lock"}
    | {"ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm", "ledger.sqlite3.lock"}
    # Of earlier versions.
    | {"traffic.json", "traffic.json.lock"}
)

_users_umask: int | None = None


def begin() -> None:
    """From here on this process, and all that it starts, makes files that nobody else can read."""
    global _users_umask
    before = os.umask(_PRIVATE)
    if _users_umask is None:
        _users_umask = before


@contextlib.contextmanager
def as_the_user_wants() -> Iterator[None]:
    """For the length of the block files are made as elsewhere: those that a person has asked for by name."""
    if _users_umask is None:
        yield
        return
    ours = os.umask(_users_umask)
    try:
        yield
    finally:
        os.umask(ours)


def close_to_others(state_dir: Path) -> None:
    """Takes from others what they may read of a state directory, as versions before this one have made it."""
    if os.name != "posix" or not state_dir.is_dir():
        return
    try:
        entries = list(state_dir.iterdir())
        open_ones = [path for path in entries if path.name in _OURS and _is_open(path)]
        if all(path.name in _OURS for path in entries) and entries and _is_open(state_dir):
            open_ones.append(state_dir)
        for top in open_ones:
            _close(top)
    except OSError as error:
        logger.warning("%s: others on this machine may read it: %s", state_dir, error.strerror)
        return
    if open_ones:
        logger.warning("%s: others on this machine could read it; it is its owner's alone now", state_dir)


def _close(top: Path) -> None:
    _take_from_others(top)
    # What lies inside was made with the same umask; behind a closed door it waits for nobody, but may be moved.
    for folder, folders, files in os.walk(top) if top.name in _OURS else ():
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                _take_from_others(Path(folder, name))


def _take_from_others(path: Path) -> None:
    if not path.is_symlink():
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_PRIVATE)


def _is_open(path: Path) -> bool:
    return not path.is_symlink() and bool(path.stat().st_mode & _PRIVATE)
