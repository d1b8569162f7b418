"""The browser's end of the pipe: its standard input and output, which nobody else in this process gets to see."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from shopdata.sessions.live.wire import MOST_LINE_BYTES, Kind, packed, packed_event, packed_frame


class Line:
    """Tells the service what happens, and hears what to do.

    Args:
        heard: called in the loop's thread with each line, and with None at the end: then nobody is there any more.
    """

    def __init__(self, lines: BinaryIO, pieces: BinaryIO, heard: Callable[[dict[str, Any] | None], None]) -> None:
        self._lines = lines
        self._pieces = pieces
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        # One thread: what is told stays in its order, and a full pipe holds up nothing else.
        self._writer = ThreadPoolExecutor(1, "tells the service")
        threading.Thread(target=self._read, name="hears the service", daemon=True).start()

    def tell(self, **event: Any) -> None:
        """Something has happened."""
        self._writer.submit(self._write, packed_event(event))

    async def show(self, about: Mapping[str, int], jpeg: bytes) -> None:
        """A picture; comes back when it is on its way."""
        await self._loop.run_in_executor(self._writer, self._write, packed_frame(about, jpeg))

    def show_code(self, png: bytes) -> None:
        """The QR code as it is now; empty for none."""
        self._writer.submit(self._write, packed(Kind.QR, png))

    def close(self) -> None:
        """Comes back when all is told."""
        self._writer.shutdown()

    def _write(self, piece: bytes) -> None:
        try:
            self._pieces.write(piece)
            self._pieces.flush()
        except (OSError, ValueError):
            self._end()

    def _read(self) -> None:
        try:
            while line := self._lines.readline(MOST_LINE_BYTES + 1):
                command = json.loads(line) if line.endswith(b"\n") else None
                if not isinstance(command, dict):
                    break
                self._loop.call_soon_threadsafe(self._heard, command)
        except (OSError, ValueError, RuntimeError):
            pass  # closed, or not of our making, or the loop has ended
        self._end()

    def _end(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._heard, None)
        except RuntimeError:
            return  # the loop has ended before


def take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for us alone: whatever else is printed goes where errors go."""
    lines, pieces = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return lines, pieces
