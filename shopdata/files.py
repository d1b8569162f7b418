"""Files of the state directory: whole or not there; what the operating system says against them is a sentence."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from shopdata.exceptions import DiskError

_BLOCK_BYTES = 1 << 20
#: So much of a file without a name stays in memory.
_IN_MEMORY_BYTES = 1 << 20


def nameless(owner: object, folder: Path) -> tempfile.SpooledTemporaryFile[bytes]:
    """A file to write and read that is gone with its owner; in memory as long as it is small, then in this folder.

    Not where temporary files usually are: on many machines that is memory.
    """
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(folder))  # noqa: SIM115 - the owner's
    weakref.finalize(owner, _close, file)
    return file


def _close(file: tempfile.SpooledTemporaryFile[bytes]) -> None:
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
            beside.replace(path)
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
    held = FileLock(lock, mode=0o600, timeout=seconds)
    with as_disk_error(lock):
        lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            held.acquire()
        except Timeout:
            raise DiskError(
                "another process does not let go of this file",
                where=str(lock),
                found=f"no end of it in {seconds:g} s",
                todo="See which process of shopdata stands still, end it, and run again.",
            ) from None
    try:
        yield
    finally:
        held.release()


def move(source: Path, target: Path) -> Path:
    """Renames a file, over an older one of the same name.

    Raises:
        DiskError: the disk is full, or may not be written.
    """
    with as_disk_error(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # Another file system: a rename can't cross it.
            write_durably(target, source.read_bytes())
            source.unlink()
        _sync_folder(target.parent)
    return target


@contextlib.contextmanager
def as_disk_error(path: Path) -> Iterator[None]:
    """What the operating system says against writing below `path` leaves as a sentence."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
        raise DiskError(
            "the disk is full" if is_full else "the state directory can't be used",
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
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
