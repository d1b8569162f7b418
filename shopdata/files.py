"""Files of the state directory: whole or not there; what the operating system says against them is a sentence."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from shopdata.exceptions import DiskError

_BLOCK_BYTES = 1 << 20


def write_durably(path: Path, content: bytes) -> None:
    """Writes beside, flushes to the disk, then replaces.

    Raises:
        DiskError: the disk is full, or may not be written.
    """
    beside = path.with_name(f"{path.name}.tmp")
    with as_disk_error(path):
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can read, beside, then in place; the folder as well, where it is new.

    One process at a time: what is beside has one name.

    Raises:
        DiskError: as `write_durably`.
    """
    beside = path.with_suffix(".part")
    with as_disk_error(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        beside.replace(path)


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
