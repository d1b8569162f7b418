"""JSON objects in files that only their owner can read, encrypted when a key is set."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shopdata.files import as_disk_error, write_private
from shopdata.sessions.sealing import OtherKeyUsedError, UnreadableError, is_sealed, seal, unseal

__all__ = ["OtherKeyUsedError", "SecretFiles", "UnreadableError", "is_encrypted"]


@dataclass(frozen=True)
class SecretFiles:
    """Reads and writes them with one key; without a key they are plain."""

    secret_key: str | None = field(default=None, repr=False)

    def read(self, path: Path) -> dict[str, Any]:
        """What a file holds, also one from before there was a key; empty if there is none.

        Raises:
            UnreadableError: it is damaged.
            OtherKeyUsedError: it was written with another key.
            DiskError: it may not be read.
        """
        with as_disk_error(path):
            if not path.exists():
                return {}
            content = path.read_bytes()
        try:
            data = json.loads(unseal(content, self.secret_key or "") if is_sealed(content) else content)
        except UnreadableError:
            raise
        except (ValueError, RecursionError):
            # Also what is no UTF-8.
            raise UnreadableError(path.name) from None
        if not isinstance(data, dict):
            raise UnreadableError(path.name)
        return data

    def write(self, path: Path, data: dict[str, Any]) -> None:
        """Replaces a file.

        Raises:
            DiskError: the disk is full, or may not be written.
        """
        content = json.dumps(data, ensure_ascii=False).encode()
        write_private(path, seal(content, self.secret_key) if self.secret_key else content)


def is_encrypted(path: Path) -> bool:
    """True for a file that was written with a key."""
    with path.open("rb") as file:
        return is_sealed(file.read(64))
