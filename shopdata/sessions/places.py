"""Where sessions and what goes with them are kept: files of this machine, or the ledger that several machines share.

What is in a place has a name as a file would have: `PLATFORM_SHOP.session`, `PLATFORM_SHOP.device`, `identities.json`,
`restraint.json`. Sessions and devices are encrypted when there is a key; in a ledger all of it is, always.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from shopdata.files import alone, as_disk_error, write_private
from shopdata.sessions.secret_files import (
    SALT_BYTES,
    UnreadableError,
    is_encrypted,
    is_sealed,
    new_salt,
    salt_of,
    seal,
    unseal,
)

#: What is a secret, by the end of its name.
SECRET = (".session", ".device")
_LOOKING = threading.Lock()


class Place(Protocol):
    """Bytes by names. Every method raises DiskError or LedgerError where the place can't be used."""

    def where(self, name: str = "") -> str:
        """For people."""

    def read(self, name: str) -> bytes | None:
        """What is kept, in plain; None if there is nothing.

        Raises:
            UnreadableError: it is damaged.
            OtherKeyUsedError: it was written with another key.
        """

    def has(self, name: str) -> bool:
        """True if something is kept, whether it can be read or not."""

    def write(self, name: str, content: bytes, *, is_new: bool = False) -> None:
        """Replaces what is kept.

        Args:
            is_new: somebody has just signed in with it here.
        """

    def remove(self, name: str) -> None:
        """Nothing is kept any more; no error if nothing was."""

    def is_plain(self, name: str) -> bool:
        """True if it is there, and not encrypted."""

    def stamps(self) -> dict[str, object]:
        """All names, each with what changes whenever its content does."""

    def alone(self, name: str) -> AbstractContextManager[Place]:
        """For the length of the block nobody else changes what has this name; it is changed by what is given."""


@dataclass(frozen=True)
class FilePlace:
    """Files that only their owner can read, in one folder."""

    folder: Path
    secret_key: str | None = field(default=None, repr=False)

    def where(self, name: str = "") -> str:
        return str(self.folder / name)

    def read(self, name: str) -> bytes | None:
        path = self.folder / name
        with as_disk_error(path):
            if not path.exists():
                return None
            content = path.read_bytes()
        return unseal(content, self.secret_key or "") if is_sealed(content) else content

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def write(self, name: str, content: bytes, *, is_new: bool = False) -> None:
        path, is_secret = self.folder / name, name.endswith(SECRET)
        with as_disk_error(path):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_secret and self.secret_key:
            content = seal(content, self.secret_key, _salt_in(self.folder))
        write_private(path, content)

    def remove(self, name: str) -> None:
        with as_disk_error(self.folder / name):
            (self.folder / name).unlink(missing_ok=True)

    def is_plain(self, name: str) -> bool:
        path = self.folder / name
        with as_disk_error(path):
            return path.is_file() and not is_encrypted(path)

    def stamps(self) -> dict[str, object]:
        try:
            entries = list(os.scandir(self.folder))
        except OSError:
            return {}
        found: dict[str, object] = {}
        for entry in entries:
            if not entry.name.endswith((".lock", ".writing", ".tmp")):
                with contextlib.suppress(FileNotFoundError):
                    stat = entry.stat()
                    found[entry.name] = (stat.st_mtime_ns, stat.st_size)
        return found

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[Place]:
        path = self.folder / name
        with alone(path.with_suffix(".writing" if name.endswith(SECRET) else ".lock")):
            yield self


def _salt_in(folder: Path) -> bytes:
    """One for all that this process writes there: to derive a key takes longer than all else."""
    with _LOOKING:
        return _first_salt(folder)


@lru_cache(maxsize=8)
def _first_salt(folder: Path) -> bytes:
    """That of the first file by its name, so that all files come to it; one of our own where there is none."""
    for path in sorted(path for end in SECRET for path in folder.glob(f"*{end}")):
        with contextlib.suppress(OSError):
            # One that was cut off may have less of it.
            if is_encrypted(path) and len(salt := salt_of(path.read_bytes())) == SALT_BYTES:
                return salt
    return new_salt()


def object_in(content: bytes | None, name: str) -> dict[str, Any]:
    """The JSON object that content is; empty if there is none. Raises UnreadableError."""
    if content is None:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        # Also what is no UTF-8.
        raise UnreadableError(name) from None
    if not isinstance(data, dict):
        raise UnreadableError(name)
    return data
