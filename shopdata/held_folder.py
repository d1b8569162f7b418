"""A folder for what is not finished: one process' own, and gone with it, however that ends."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from filelock import FileLock, Timeout

_SUFFIX = ".unfinished"


class AlreadyHeldError(Exception):
    """Raised where another process makes the same file now."""


class HeldFolder:
    """Beside the file that is being made; empty at first.

    Raises:
        AlreadyHeldError: another process makes that file now.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f".{target.name}{_SUFFIX}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _lock_of(self.path)
        # NotImplementedError: filelock's, on file systems without locks. Two at once are nobody's business there.
        with contextlib.suppress(NotImplementedError):
            try:
                self._lock.acquire()
            except Timeout:
                raise AlreadyHeldError from None
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir()

    def remove(self) -> None:
        """It goes, with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()


def remove_left(folder: Path) -> None:
    """What processes have left in a folder that were killed: theirs are locked as long as they live."""
    for path in folder.glob(f".*{_SUFFIX}"):
        with contextlib.suppress(OSError, Timeout, NotImplementedError), _lock_of(path):
            shutil.rmtree(path, ignore_errors=True)


def _lock_of(path: Path) -> FileLock:
    # Whoever removes it may be another thread.
    return FileLock(path.with_name(f"{path.name}.lock"), timeout=0, thread_local=False)
