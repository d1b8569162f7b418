"""How the browser's process and the service speak with each other over one pipe.

To the service: a length (4 bytes), a kind (1 byte), and what it is: a picture, an event, a QR code. To the browser's
process: lines of JSON, each with what to do under `do`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

_HEAD = struct.Struct(">IB")
_ABOUT = struct.Struct(">H")

#: A picture of a login page has some 15 kB; whoever sends more of one thing is not one of us.
MOST_BYTES = 1 << 20
MOST_LINE_BYTES = 64 << 10


class Kind(IntEnum):
    """What a piece is."""

    #: `{"n": number, "w": width, "h": height}` behind its own length (2 bytes), then a JPEG. Pixels of the page.
    FRAME = 1
    #: JSON.
    EVENT = 2
    #: A PNG; empty where there is none any more.
    QR = 3


class OddPieceError(ValueError):
    """Raised for what is none of ours."""


def packed(kind: Kind, content: bytes) -> bytes:
    """A piece."""
    return _HEAD.pack(len(content), kind) + content


def packed_event(event: Mapping[str, Any]) -> bytes:
    """An event as a piece."""
    return packed(Kind.EVENT, json.dumps(event, ensure_ascii=False).encode())


def packed_frame(about: Mapping[str, int], jpeg: bytes) -> bytes:
    """A picture as a piece."""
    head = json.dumps(about).encode()
    return packed(Kind.FRAME, _ABOUT.pack(len(head)) + head + jpeg)


def unpacked_frame(content: bytes) -> tuple[dict[str, int], bytes]:
    """What is known of a picture, and the JPEG."""
    (size,) = _ABOUT.unpack_from(content)
    start = _ABOUT.size + size
    return json.loads(content[_ABOUT.size : start]), content[start:]


class Unpacker:
    """Pieces out of what comes in."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """The pieces that are whole now.

        Raises:
            OddPieceError: one is longer than any, or of no kind.
        """
        self._rest += data
        while len(self._rest) >= _HEAD.size:
            size, number = _HEAD.unpack_from(self._rest)
            if size > MOST_BYTES or number not in set(Kind):
                raise OddPieceError(f"a piece of kind {number} with {size} bytes")
            end = _HEAD.size + size
            if len(self._rest) < end:
                return
            content = bytes(self._rest[_HEAD.size : end])
            del self._rest[:end]
            yield Kind(number), content
