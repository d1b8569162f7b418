"""JSON objects in files that only their owner can read, encrypted when a key is set."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from shopdata.files import write_private

_SALT_BYTES = 16


class UnreadableError(ValueError):
    """Raised where a file is damaged, or was written with another key, or with none."""


@dataclass(frozen=True)
class SecretFiles:
    """Reads and writes them with one key; without a key they are plain."""

    secret_key: str | None = field(default=None, repr=False)

    def read(self, path: Path) -> dict[str, Any]:
        """What a file holds; empty if there is none.

        Raises:
            UnreadableError: it can't be read with this key.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            if self.secret_key:
                content = self._cipher(content[:_SALT_BYTES]).decrypt(content[_SALT_BYTES:])
            data = json.loads(content)
        except (InvalidToken, ValueError, RecursionError):
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
        if self.secret_key:
            salt = secrets.token_bytes(_SALT_BYTES)
            content = salt + self._cipher(salt).encrypt(content)
        write_private(path, content)

    def _cipher(self, salt: bytes) -> Fernet:
        key = hashlib.scrypt((self.secret_key or "").encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
        return Fernet(base64.urlsafe_b64encode(key))
