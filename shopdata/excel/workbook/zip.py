"""A zip file whose members are deflated elsewhere, piece by piece, and only put in a row here.

Times are fixed, so that equal content gives equal bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from isal import isal_zlib

#: An empty last block: what ends a member whose pieces were flushed one by one.
_LAST_BLOCK = b"\x03\x00"
_FIXED_DATE = (1980 - 1980) << 9 | 1 << 5 | 1
#: Says that the true number stands in the zip64 extra field; numbers from `_LARGE_FROM` on must stand there.
_MAX_32 = 0xFFFF_FFFF
_LARGE_FROM = _MAX_32
#: "Growth hint" of Office's own files: room that is kept free, here for the sizes of a member over 4 GiB.
_ROOM = struct.pack("<HHHH12x", 0xA220, 16, 0xA028, 0)


@dataclass(frozen=True)
class Deflated:
    """A piece of a member: raw deflate data that ends on a byte, and what it unpacks to."""

    packed: bytes
    size: int
    crc: int


def deflate(data: bytes) -> Deflated:
    """Packs a piece so that others can follow it. Level 1 of isal costs a tenth of zlib's usual 6 and 17 % of size."""
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush(isal_zlib.Z_FULL_FLUSH)
    return Deflated(packed, len(data), isal_zlib.crc32(data))


class ZipWriter:
    """Writes members in the order they are given; sizes over 4 GiB are allowed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._directory: list[bytes] = []

    def write(self, name: str, data: bytes) -> None:
        """A small member, at the usual level."""
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
        self.write_pieces(name, [Deflated(packed, len(data), zlib.crc32(data))])

    def write_pieces(self, name: str, pieces: Iterable[Deflated]) -> None:
        """A member out of pieces that come as they get ready."""
        start = self._file.tell()
        encoded = name.encode()
        self._file.write(self._header(encoded, 0, 0, 0))
        crc = size = packed_size = 0
        for piece in pieces:
            self._file.write(piece.packed)
            crc = combine_crc(crc, piece.crc, piece.size)
            size += piece.size
            packed_size += len(piece.packed)
        self._file.write(_LAST_BLOCK)
        packed_size += len(_LAST_BLOCK)
        end = self._file.tell()
        self._file.seek(start)
        self._file.write(self._header(encoded, crc, packed_size, size))
        self._file.seek(end)
        self._directory.append(_directory_entry(encoded, crc, packed_size, size, start))

    @staticmethod
    def _header(name: bytes, crc: int, packed: int, size: int) -> bytes:
        is_large = max(packed, size) >= _LARGE_FROM
        extra = struct.pack("<HHQQ", 1, 16, size, packed) if is_large else _ROOM
        shown = (_MAX_32, _MAX_32) if is_large else (packed, size)
        version = 45 if is_large else 20
        return (
            struct.pack(
                "<4s5H3I2H", b"PK\x03\x04", version, 0x800, 8, 0, _FIXED_DATE, crc, *shown, len(name), len(extra)
            )
            + name
            + extra
        )

    def close(self) -> None:
        """Writes the directory."""
        start = self._file.tell()
        for entry in self._directory:
            self._file.write(entry)
        size, count = self._file.tell() - start, len(self._directory)
        if start >= _LARGE_FROM:
            end = start + size
            self._file.write(struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start))
            self._file.write(struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1))
        shown = start if start < _LARGE_FROM else _MAX_32
        self._file.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, shown, 0))


def _directory_entry(name: bytes, crc: int, packed: int, size: int, start: int) -> bytes:
    large = [value for value in (size, packed, start) if value >= _LARGE_FROM]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    packed, size, start = (value if value < _LARGE_FROM else _MAX_32 for value in (packed, size, start))
    version = 45 if large else 20
    fixed = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", version, version, 0x800, 8, 0, _FIXED_DATE, crc, packed, size,
        len(name), len(extra), 0, 0, 0, 0, start,
    )  # fmt: skip
    return fixed + name + extra


def combine_crc(first: int, second: int, second_size: int) -> int:
    """The checksum of two pieces in a row, from the checksums of each (as zlib's crc32_combine)."""
    for place in range(second_size.bit_length()):
        if second_size >> place & 1:
            first = _times(_zeros(place), first)
    return first ^ second


@cache
def _zeros(place: int) -> list[int]:
    """What 2**place zero bytes do to a checksum, as a matrix over GF(2)."""
    if place:
        return _square(_zeros(place - 1))
    one_bit = [0xEDB88320] + [1 << bit for bit in range(31)]
    return _square(_square(_square(one_bit)))


def _times(matrix: list[int], vector: int) -> int:
    total, place = 0, 0
    while vector:
        if vector & 1:
            total ^= matrix[place]
        vector >>= 1
        place += 1
    return total


def _square(matrix: list[int]) -> list[int]:
    return [_times(matrix, row) for row in matrix]
