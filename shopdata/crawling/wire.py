"""What comes over the line: onto the disk while it comes, cut at a limit, unpacked with a limit."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, ResponseDataLossError

from shopdata.files import as_disk_error, nameless

_BLOCK_BYTES = 1 << 18


class GarbledAnswerError(DownloadFailedError):
    """Raised for an answer whose packing can't be undone."""


class Wire:
    """The bytes of one answer as they came, headers apart.

    Put into `meta["shopdata_wire"]` of a request, it takes the answer's bytes; with `is_file` the response has no body,
    and `unpacked` gives it piece by piece.
    """

    def __init__(self, folder: Path, most_bytes: int, *, is_file: bool = False) -> None:
        self.most_bytes = most_bytes
        self.is_file = is_file
        self.size = 0
        self.encodings: list[str] = []
        self._folder = folder
        self._error: OSError | None = None
        self._file = nameless(self, folder)

    def close(self) -> None:
        """Lets the bytes go; as if nothing had come."""
        self.size = 0
        with suppress(OSError):
            self._file.close()

    def restart(self) -> None:
        """For the same question asked again."""
        self.size, self.encodings, self._error = 0, [], None
        self._file.seek(0)
        self._file.truncate()

    def write(self, data: bytes) -> None:
        """Takes the next bytes. An error of the disk is told by `check`: who calls here is inside the reactor."""
        try:
            if self._error is None and not self._file.closed:
                self._file.write(data)
                self.size += len(data)
        except OSError as error:
            self._error = error

    def check(self) -> None:
        """Raises DiskError if the disk did not take all of it."""
        with as_disk_error(self._folder / "answer"):
            if self._error is not None:
                raise self._error

    def raw(self, most_bytes: int | None = None) -> Iterator[bytes]:
        """The bytes as they came, at most so many."""
        left = self.size if most_bytes is None else min(most_bytes, self.size)
        place = 0
        while left > 0:
            self._file.seek(place)
            piece = self._file.read(min(left, _BLOCK_BYTES))
            if not piece:
                return
            place, left = place + len(piece), left - len(piece)
            yield piece

    def unpacked(self) -> Iterator[bytes]:
        """The bytes as they are meant.

        Raises:
            DownloadCancelledError: they are more than `most_bytes`.
            ResponseDataLossError: they end too early.
            GarbledAnswerError: they are packed in another way than they say, or than was asked for.
        """
        size = 0
        for piece in _inflated(self.raw(), ", ".join(self.encodings)) if self.encodings else self.raw():
            size += len(piece)
            if size > self.most_bytes:
                raise DownloadCancelledError(f"more than {self.most_bytes} bytes")
            yield piece

    def whole(self) -> bytes:
        """All of `unpacked`; never twice in memory."""
        with io.BytesIO() as body:
            body.writelines(self.unpacked())
            return body.getvalue()

    # What Scrapy's reader wants of its buffer.

    def getvalue(self) -> bytes:
        """Nothing: it is not in memory."""
        return b""

    def truncate(self, _size: int) -> None:
        """Nothing: what came before the limit is kept, so that somebody can look at it."""


def _inflated(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise GarbledAnswerError(encoding)
    inflater: Any = None
    try:
        for piece in pieces:
            while piece:
                if inflater is None or inflater.eof:
                    # Several may stand one behind the other. Some servers leave out the frame of "deflate".
                    is_framed = encoding != "deflate" or piece[0] & 0x0F == 8
                    inflater = zlib.decompressobj(47 if is_framed else -15)
                yield inflater.decompress(piece, _BLOCK_BYTES)
                piece = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    except zlib.error as error:
        raise GarbledAnswerError(f"{encoding}: {error}") from None
    if inflater is not None and not inflater.eof:
        raise ResponseDataLossError(f"{encoding} without its end")
