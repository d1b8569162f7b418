"""The zip around a workbook, opened with limits, and inflated by isal in pieces of a known size."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from isal import igzip_lib, isal_zlib

from shopdata.excel.containers.passwords import protected
from shopdata.excel.limits import Limits
from shopdata.exceptions import RejectedFileError

#: isal's stubs call it an instance.
_IsalError = cast(type[Exception], igzip_lib.IsalError)

#: How much XML is looked at in one go. Large ones are cheaper (what a call costs by itself is paid once per piece and
#: column); but with 8 MiB two files of 50,000 x 25 that are read side by side take 550 MB, and 400 are wanted.
PIECE_BYTES = 2 << 20


def part_key(name: str) -> str:
    """What the names of one part have in common: neither case nor the kind of slash tells parts apart (ECMA-376-2)."""
    return name.replace("\\", "/").lstrip("/").lower()


class Package:
    """A zip file whose members can be read whole or piece by piece.

    Raises:
        RejectedFileError: it is not a whole zip, is encrypted, or breaks the limits.
    """

    def __init__(self, source: Path | bytes, limits: Limits, where: str) -> None:
        self._limits, self._where = limits, where
        self._file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
            self._members = {info.filename: info for info in self._zip.infolist()}
            self._by_key = {part_key(name): name for name in reversed(self._members)}
        # NotImplementedError: zipfile's, for a version that it does not know.
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            self._file.close()
            raise self.broken(str(error)) from None
        try:
            self._check()
        except RejectedFileError:
            self._file.close()
            raise

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    @property
    def names(self) -> list[str]:
        """The members, folders left out."""
        return [name for name in self._members if not name.endswith("/")]

    def __contains__(self, name: str) -> bool:
        return name in self._members or part_key(name) in self._by_key

    def _info(self, name: str) -> zipfile.ZipInfo:
        """A member by its name, or else by one that means the same part."""
        return self._members[name if name in self._members else self._by_key[part_key(name)]]

    def broken(self, detail: str) -> RejectedFileError:
        """The refusal of a zip that is cut short or damaged."""
        return RejectedFileError(
            "the file is cut short or damaged",
            code="file_damaged",
            where=self._where,
            found=detail,
            expected="a whole zip container",
            todo="Download it again; if it stays so, the portal made it badly.",
        )

    def _too_much(self, found: str, expected: str) -> RejectedFileError:
        return RejectedFileError(
            "the file unpacks to more than is safe",
            code="file_too_large",
            where=self._where,
            found=found,
            expected=expected,
            todo="If the file is meant to be like this, raise the limits.",
        )

    def _check(self) -> None:
        members, limits = self._members.values(), self._limits
        if len(members) > limits.members:
            raise self._too_much(f"{len(members)} members", f"at most {limits.members}")
        unpacked = sum(info.file_size for info in members)
        if unpacked > limits.unpacked_bytes:
            raise self._too_much(f"{unpacked:,} bytes", f"at most {limits.unpacked_bytes:,}")
        for info in members:
            if info.header_offset < 0:
                raise self.broken(f"{info.filename!r} begins before the file")
            if info.flag_bits & 0x1:
                raise protected(self._where)
            if info.file_size > limits.ratio_from_bytes and info.file_size > max(info.compress_size, 1) * limits.ratio:
                found = f"{info.filename!r} of {info.file_size:,} bytes out of {info.compress_size:,}"
                raise self._too_much(found, f"at most {limits.ratio} times the packed size")

    def size(self, name: str) -> int:
        """Unpacked bytes of a member, as its directory says (and as `pieces` checks)."""
        return self._info(name).file_size

    def mark(self, name: str) -> tuple[int, int]:
        """Size and checksum of a member: equal for equal contents."""
        info = self._info(name)
        return info.file_size, info.CRC

    def read(self, name: str) -> bytes:
        """A member as a whole."""
        return b"".join(self.pieces(name))

    def pieces(self, name: str, piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
        """A member in pieces of at most `piece_bytes`; size and checksum are verified before the last one is given."""
        info = self._info(name)
        self._file.seek(info.header_offset)
        header = self._file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise self.broken(f"no local header for {name!r}")
        skip = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        start = info.header_offset + 30 + skip
        if info.compress_type == zipfile.ZIP_STORED:
            source = self._stored(start, info.compress_size, piece_bytes)
        elif info.compress_type == zipfile.ZIP_DEFLATED:
            source = self._inflated(name, start, info.compress_size, piece_bytes)
        else:
            raise self.broken(f"compression method {info.compress_type} in {name!r}")
        crc, size, held = 0, 0, b""
        for piece in source:
            size += len(piece)
            if size > info.file_size:
                raise self.broken(f"{name!r} is longer than its directory says")
            crc = isal_zlib.crc32(piece, crc)
            if held:
                yield held
            held = piece
        if size != info.file_size or crc != info.CRC:
            raise self.broken(f"{name!r} does not match its checksum")
        if held:
            yield held

    def _stored(self, start: int, left: int, piece_bytes: int) -> Iterator[bytes]:
        while left > 0:
            self._file.seek(start)
            piece = self._file.read(min(left, piece_bytes))
            if not piece:
                return
            start, left = start + len(piece), left - len(piece)
            yield piece

    def _inflated(self, name: str, start: int, left: int, piece_bytes: int) -> Iterator[bytes]:
        inflater = isal_zlib.decompressobj(wbits=-15)
        packed = b""
        gathered: list[bytes] = []
        room = piece_bytes
        while not inflater.eof:
            if not packed and left > 0:
                self._file.seek(start)
                packed = self._file.read(min(left, 256 << 10))
                start, left = start + len(packed), left - len(packed)
            at_end = not packed
            try:
                out = inflater.decompress(packed, room)
            except (_IsalError, ValueError) as error:
                raise self.broken(f"{name!r}: {error}") from None
            packed = inflater.unconsumed_tail
            gathered.append(out)
            room -= len(out)
            if not room:
                yield b"".join(gathered)
                gathered, room = [], piece_bytes
            elif at_end and not out:
                break
        if gathered:
            yield b"".join(gathered)
