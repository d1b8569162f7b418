"""The folder in which driver and browser put their temporary files, and which goes with them."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from shopdata.browser.chromium import cannot_start

#: Profile, caches and what its processes share: with less, Chromium starts and then crashes in a page.
_ROOM_BYTES = 32 << 20
#: What a socket's address may have; Chromium puts one into a folder of its own in the one for temporary files.
_LONGEST_ADDRESS = 107 if sys.platform == "linux" else 103
_CHROMIUMS_SOCKET = "/org.chromium.Chromium.XXXXXX/SingletonSocket"
_SHORT = "/tmp"  # noqa: S108 - a folder with a name that nobody can guess is made in it
_VARIABLES = ("TMPDIR", "TMP", "TEMP") if os.name == "posix" else ("TEMP", "TMP")
_LOOK_EVERY_SECONDS = 0.1
_REMOVE_SECONDS = 10
_PREFIX, _LOCK = "sd", "held"
#: Between the making of a folder and its lock is a moment in which it looks like one that was left.
_YOUNG_SECONDS = 60


class BrowserFolder:
    """One for temporary files, in the usual one; driver and browser leave some there, mostly when they are killed."""

    def __init__(self) -> None:
        self._path: Path | None = None
        #: Where the usual one is too deep for Chromium's sockets: another one for the browser.
        self._short: Path | None = None
        self._locks: list[FileLock] = []

    @contextlib.contextmanager
    def for_programs(self) -> Iterator[None]:
        """Programs that are started in the block put their temporary files there.

        Raises:
            BrowserError: there can be none, or there is no room.
        """
        # First of all for our own files, whoever asks when: the answer is kept for good.
        usual = tempfile.gettempdir()
        usual = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), usual)
        try:
            self._path = self._with_room(self._path, usual)
        except OSError as error:
            raise cannot_start(f"temporary files can't be written to {usual}: {error.strerror}") from None
        if _is_too_deep(self._path) and not _is_too_deep(Path(_SHORT, "sd12345678")):
            with contextlib.suppress(OSError):
                self._short = self._with_room(self._short, _SHORT)
        before = {name: os.environ.get(name) for name in _VARIABLES}
        os.environ.update(dict.fromkeys(_VARIABLES, str(self._path)))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    @property
    def path(self) -> Path:
        """Where the browser's files go."""
        path = self._short or self._path
        assert path is not None, "nothing was started yet"
        return path

    def environment(self) -> dict[str, str | float | bool]:
        """What the browser needs to be told besides."""
        return dict.fromkeys(_VARIABLES, str(self.path))

    def remove(self) -> None:
        """Removes what there is; a browser whose driver was killed ends by itself, and writes until then."""
        for lock in self._locks:
            lock.release()
        self._locks.clear()
        for path in (self._path, self._short):
            end = time.monotonic() + _REMOVE_SECONDS
            while path is not None and path.exists() and time.monotonic() < end:
                shutil.rmtree(path, ignore_errors=True)
                time.sleep(_LOOK_EVERY_SECONDS if path.exists() else 0)
        self._path = self._short = None

    def _with_room(self, path: Path | None, parent: str) -> Path:
        """This folder, or a new one, after so much was written to it as a browser needs."""
        if path is None or not path.is_dir():
            _remove_left_over(Path(parent))
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            # For as long as we live: who finds it unlocked may remove it.
            lock = FileLock(path / _LOCK, timeout=0)
            # NotImplementedError: filelock's, on file systems without locks. Nobody then removes what we might leave.
            with contextlib.suppress(OSError, Timeout, NotImplementedError):
                lock.acquire()
                self._locks.append(lock)
        probe = path / "room"
        try:
            with probe.open("wb") as file:
                for _ in range(_ROOM_BYTES >> 20):
                    file.write(bytes(1 << 20))
            probe.unlink()
        except OSError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return path


def _remove_left_over(parent: Path) -> None:
    """Folders of ours whose run was killed: those with a lock that nobody holds."""
    for path in parent.glob(f"{_PREFIX}????????"):
        with contextlib.suppress(OSError, Timeout, NotImplementedError):
            is_old = time.time() - path.stat().st_mtime > _YOUNG_SECONDS
            is_ours = os.name == "nt" or path.lstat().st_uid == os.geteuid()
            if is_old and is_ours and (path / _LOCK).is_file() and not path.is_symlink():
                with FileLock(path / _LOCK, timeout=0):
                    pass
                shutil.rmtree(path, ignore_errors=True)


def _is_too_deep(path: Path) -> bool:
    return os.name == "posix" and len(f"{path}{_CHROMIUMS_SOCKET}".encode()) > _LONGEST_ADDRESS
