"""Files of the state directory: whole or not there; what the operating system says against them is a sentence."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from shopdata.exceptions import DiskError
from shopdata.long_paths import MOST_SIGNS, REMEDY, is_too_long

#: Windows: for so long what looks at each new file (a virus scanner, an index) may keep it from being renamed.
_RETRY_SECONDS = 2.0 if os.name == "nt" else 0.0
_LOOK_EVERY_SECONDS = 0.05
#: What Windows calls it when another program has a file, or a part of it, for itself.
_SHARING_VIOLATIONS = (32, 33)


class HeldError(PermissionError):
    """Raised when another program holds a file open that is to be replaced. Windows minds that; others do not."""


def nameless(owner: object, folder: Path, in_memory_bytes: int = 1 << 20) -> IO[bytes]:
    """A file to write and read that is gone with its owner; in memory as long as it is small, then in this folder.

    Not where temporary files usually are: on many machines that is memory.
    """
    file: IO[bytes]
    if in_memory_bytes:
        file = tempfile.SpooledTemporaryFile(in_memory_bytes, dir=str(folder))  # noqa: SIM115 - the owner's
    else:
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the same
    weakref.finalize(owner, _close, file)
    return file


def _close(file: IO[bytes]) -> None:
    # What a full disk did not take was told when it was written.
    with contextlib.suppress(OSError):
        file.close()


def write_durably(path: Path, content: bytes | Iterable[bytes], *, mode: int = 0o666) -> None:
    """Writes beside, flushes to the disk, then replaces. One process at a time: what is beside has one name.

    Args:
        content: whole, or in pieces; none of them is kept in memory.
        mode: of a file that is new, less what the umask takes.

    Raises:
        DiskError: the disk is full, or may not be written.
    """
    beside = path.with_name(f"{path.name}.tmp")
    with as_disk_error(path):
        try:
            with open(beside, "wb", opener=partial(os.open, mode=mode)) as file:
                file.writelines([content] if isinstance(content, bytes) else content)
                file.flush()
                os.fsync(file.fileno())
            put_in_place(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def write_private(path: Path, content: bytes) -> None:
    """As `write_durably`, a file that only its owner can read."""
    write_durably(path, content, mode=0o600)


@contextlib.contextmanager
def alone(lock: Path, seconds: float = 60) -> Iterator[None]:
    """For the length of the block no other process is in one with the same lock; its folder is made, for its owner.

    Raises:
        DiskError: another process does not come out of it, or the lock can't be made.
    """
    from filelock import FileLock, Timeout

    # Five milliseconds, not fifty: hundreds of shops come here at once, and none stays longer.
    held = FileLock(lock, mode=0o600, timeout=seconds, poll_interval=0.005)
    with as_disk_error(lock):
        lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            held.acquire()
        except Timeout:
            raise DiskError(
                "another process does not let go of this file",
                code="file_in_use",
                where=str(lock),
                found=f"no end of it in {seconds:g} s",
                todo="See which process of shopdata stands still, end it, and run again.",
            ) from None
    try:
        yield
    finally:
        held.release()


def put_in_place(source: Path, target: Path) -> Path:
    """Renames a file, over an older one of the same name; returns where it is now.

    Raises:
        HeldError: another program does not let go of the one that is there, or it is write-protected.
        OSError: the disk is full, or may not be written.
    """
    deadline = time.monotonic() + _RETRY_SECONDS
    while True:
        try:
            return source.replace(target)
        except OSError as error:
            # A folder in its place is what a test has on other systems.
            is_held = isinstance(error, PermissionError | IsADirectoryError) and (os.name == "nt" or target.exists())
            if not is_held:
                raise
            if time.monotonic() >= deadline:
                said = error.strerror or type(error).__name__
                raise HeldError(error.errno, said, str(target if target.exists() else source)) from None
        time.sleep(_LOOK_EVERY_SECONDS)


def put_in_place_or_beside(source: Path, target: Path) -> Path:
    """As `put_in_place`; where the old file is held open, it stays, and the new one is put beside it.

    Returns:
        where it is now: `target`, else as `beside_of` has it. What an earlier time has put there is gone.

    Raises:
        OSError: the disk is full, may not be written, or both are held open.
    """
    beside = beside_of(target)
    try:
        found = put_in_place(source, target)
    except HeldError as held:
        try:
            return put_in_place(source, beside)
        except HeldError:
            raise held from None
    discard(beside)
    return found


def beside_of(target: Path) -> Path:
    """`report.new.xlsx` for `report.xlsx`."""
    return target.with_name(f"{target.stem}.new{target.suffix}")


def discard(path: Path) -> None:
    """Removes a file that nobody needs any more, if it is there; one that is held open stays."""
    with contextlib.suppress(PermissionError, FileNotFoundError):
        path.unlink()


def require_readable(path: Path) -> None:
    """Waits a moment for whoever holds a file so that nobody else can read it. Raises DiskError if that goes on."""
    deadline = time.monotonic() + _RETRY_SECONDS
    while True:
        try:
            with path.open("rb"):
                return
        except FileNotFoundError:
            return
        except PermissionError as error:
            if time.monotonic() >= deadline:
                with as_disk_error(path):
                    raise HeldError(error.errno, error.strerror, str(path)) from None
        time.sleep(_LOOK_EVERY_SECONDS)


def move(source: Path, target: Path, put: Callable[[Path, Path], Path] = put_in_place) -> Path:
    """Renames a file, over an older one of the same name; returns where it is now.

    Args:
        put: `put_in_place`, or `put_in_place_or_beside`.

    Raises:
        DiskError: the disk is full, or may not be written, or another program holds one of the files open.
    """
    with as_disk_error(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            found = put(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # Another file system: a rename can't cross it.
            write_durably(target, source.read_bytes())
            source.unlink()
            found = target
        _sync_folder(target.parent)
    return found


@contextlib.contextmanager
def as_disk_error(path: Path) -> Iterator[None]:
    """What the operating system says against writing below `path` leaves as a sentence."""
    try:
        yield
    except OSError as error:
        if isinstance(error, HeldError) or getattr(error, "winerror", None) in _SHARING_VIOLATIONS:
            raise DiskError(
                "another program does not let go of this file, or it is write-protected",
                code="file_in_use",
                where=str(error.filename2 or error.filename or path),
                found=error.strerror or "",
                todo="Close it there (a workbook: in Excel), then run again.",
            ) from None
        if is_too_long(Path(error.filename2 or error.filename or path)):
            raise DiskError(
                "the state directory can't be used: this path is too long",
                where=str(path),
                found=f"{len(str(path.absolute()))} signs",
                expected=f"at most {MOST_SIGNS}",
                todo=REMEDY,
            ) from None
        is_full = error.errno in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
        raise DiskError(
            "the disk is full" if is_full else "the state directory can't be used",
            code="disk_full" if is_full else "disk_failed",
            where=str(path.parent),
            found=error.strerror or type(error).__name__,
            todo="Make room there" if is_full else "Give this user the right to write there",
        ) from None


def _sync_folder(folder: Path) -> None:
    """A rename outlives a power cut only once its folder is on the disk; Windows knows no such call."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
