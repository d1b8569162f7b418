"""What is put into the store, and on which condition."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from shopdata.store.s3_client import PART_BYTES

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
    """The bytes to put. Those that fit into one PUT are read once, so that what is hashed is what is sent."""

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
        """A file; one above `PART_BYTES` stays on disk and is read again, part by part."""
        if path.stat().st_size <= PART_BYTES:
            return cls.of(path.read_bytes())
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(digest, file.tell(), path=path)

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
