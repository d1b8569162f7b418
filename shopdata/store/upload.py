"""What is put into the store, and on which condition."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from shopdata.store.s3_client import PART_BYTES, FileBody

#: A file up to this size (bytes) is held in memory: of small ones there are many.
_IN_MEMORY_BYTES = 1 << 20
#: Where an object's metadata keeps its hex digest.
SHA256_HEADER = "x-amz-meta-sha256"


@dataclass(frozen=True)
class StoredObject:
    """What the store holds under a key."""

    key: str
    #: Hex digest, as its writer kept it in the metadata; empty for an object that was not put by shopdata.
    sha256: str
    bytes: int
    etag: str


@dataclass(frozen=True)
class Content:
    """The bytes to put. What is sent is what was hashed: small files are read once, others looked at as they leave."""

    sha256: str
    size_bytes: int
    data: bytes | None = field(default=None, repr=False)
    path: Path | None = None

    @classmethod
    def of(cls, data: bytes) -> Content:
        """Bytes in memory."""
        return cls(hashlib.sha256(data).hexdigest(), len(data), data)

    @classmethod
    def of_file(cls, path: Path) -> Content:
        """A file; one that is not small stays on disk and is read again, piece by piece."""
        if path.stat().st_size <= _IN_MEMORY_BYTES:
            return cls.of(path.read_bytes())
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(digest, file.tell(), path=path)

    @property
    def is_whole(self) -> bool:
        """True if it is sent in one PUT, False if in parts."""
        return self.size_bytes <= PART_BYTES

    @contextlib.contextmanager
    def body(self) -> Iterator[bytes | FileBody]:
        """What one PUT sends, for the length of the block."""
        if self.path is None:
            yield self.data or b""
        else:
            with self.path.open("rb") as file:
                yield FileBody(file, self.size_bytes, self.sha256)

    def open(self) -> BinaryIO:
        """A stream of it, from the beginning."""
        return io.BytesIO(self.data or b"") if self.path is None else self.path.open("rb")

    def is_in(self, stored: StoredObject | None) -> bool:
        """True if the store holds these bytes."""
        return stored is not None and (stored.bytes, stored.sha256) == (self.size_bytes, self.sha256)


@dataclass(frozen=True)
class Condition:
    """What must be true about the object that is there for a put to happen; without both, nothing."""

    if_match: str | None = None
    if_absent: bool = False

    def headers(self) -> dict[str, str]:
        """As HTTP says it; empty without a condition."""
        if self.if_absent:
            return {"If-None-Match": "*"}
        return {} if self.if_match is None else {"If-Match": f'"{self.if_match}"'}

    def is_met_by(self, there: StoredObject | None) -> bool:
        """True if a put may go on with `there` in the store."""
        if self.if_absent:
            return there is None
        return self.if_match is None or (there is not None and there.etag == self.if_match)
