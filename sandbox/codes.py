"""The codes of login pages that an app scans, and the app on the telephone of whoever has an account.

The picture is no QR code: the sandbox draws its own, and only its own app reads it. It holds the token and a sum of it:
what was read from a picture that was cut or squeezed on its way is known as such.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

#: Modules of one side: the content, a frame around it, and a white margin.
CONTENT, SIDE = 12, 16
MODULE_PIXELS = 10
_TOKEN_BYTES = 12
_MOST = 1_000


class CodeState(StrEnum):
    """What became of a code."""

    WAITING = "waiting"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(slots=True)
class _Code:
    platform: str
    ends_at: float
    state: CodeState = CodeState.WAITING
    #: Whose app has scanned it.
    shop_id: str = ""


class Codes:
    """All codes that were shown. Safe to use from several threads."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._codes: OrderedDict[str, _Code] = OrderedDict()

    def make(self, platform: str) -> str:
        """The token of a new code."""
        token = secrets.token_hex(_TOKEN_BYTES)
        with self._lock:
            self._codes[token] = _Code(platform, time.monotonic() + self._seconds)
            if len(self._codes) > _MOST:
                self._codes.popitem(last=False)
        return token

    def look(self, token: str) -> tuple[CodeState, str]:
        """What became of a code, and whose app has scanned it. One that was never made has expired."""
        with self._lock:
            code = self._codes.get(token)
            if code is None:
                return CodeState.EXPIRED, ""
            if time.monotonic() > code.ends_at and code.state in (CodeState.WAITING, CodeState.SCANNED):
                code.state = CodeState.EXPIRED
            return code.state, code.shop_id

    def expire(self) -> None:
        """The time of all codes is over that wait for something."""
        with self._lock:
            for code in self._codes.values():
                code.ends_at = 0.0

    def scan(self, bits: str, platform: str, shop_id: str) -> None:
        """The app of this account reads a picture. Raises `ValueError` if it can't be read, or is of no use now."""
        token = token_of(bits)
        state, _ = self.look(token)
        with self._lock:
            if state is not CodeState.WAITING or self._codes[token].platform != platform:
                raise ValueError(f"the app of {shop_id} can't use this code: it is {state} on its own platform only")
            self._codes[token].state, self._codes[token].shop_id = CodeState.SCANNED, shop_id

    def answer(self, shop_id: str, state: CodeState) -> None:
        """The app of this account confirms or cancels what it has scanned. Raises `ValueError` if that is nothing."""
        with self._lock:
            scanned = [
                code
                for code in self._codes.values()
                if code.shop_id == shop_id and code.state is CodeState.SCANNED and time.monotonic() < code.ends_at
            ]
            if not scanned:
                raise ValueError(f"the app of {shop_id} has scanned no code that still waits")
            scanned[-1].state = state


class App:
    """A platform's app on the telephone of one account."""

    def __init__(self, codes: Codes, platform: str, shop_id: str) -> None:
        self._codes = codes
        self._platform = platform
        self._shop_id = shop_id

    def scan(self, bits: str) -> None:
        """Reads a picture: its content row by row, `1` for black. Raises `ValueError` if that leads nowhere."""
        self._codes.scan(bits, self._platform, self._shop_id)

    def confirm(self) -> None:
        """Lets whoever shows the code in."""
        self._codes.answer(self._shop_id, CodeState.CONFIRMED)

    def cancel(self) -> None:
        """Does not."""
        self._codes.answer(self._shop_id, CodeState.CANCELLED)


def bits_of(token: str) -> str:
    """The content of a picture, row by row, `1` for black."""
    content = bytes.fromhex(token)
    sealed = content + hashlib.sha256(content).digest()
    return "".join(f"{byte:08b}" for byte in sealed)[: CONTENT * CONTENT]


def token_of(bits: str) -> str:
    """The token that a picture holds. Raises `ValueError` if it was not read whole."""
    digits = bits[: _TOKEN_BYTES * 8]
    token = f"{int(digits or '0', 2):0{_TOKEN_BYTES * 2}x}"
    if bits_of(token) != bits:
        raise ValueError("this is no picture of a code, or not all of it")
    return token


def picture_of(token: str) -> bytes:
    """A PNG of a code."""
    bits = bits_of(token)
    rows = []
    for y in range(-2, SIDE - 2):
        row = bytearray()
        for x in range(-2, SIDE - 2):
            is_frame = max(abs(2 * x - CONTENT + 1), abs(2 * y - CONTENT + 1)) == CONTENT + 1
            is_inside = 0 <= x < CONTENT and 0 <= y < CONTENT
            is_black = is_frame or (is_inside and bits[y * CONTENT + x] == "1")
            row += (b"\x00" if is_black else b"\xff") * MODULE_PIXELS
        rows += [b"\x00" + bytes(row)] * MODULE_PIXELS
    size = SIDE * MODULE_PIXELS
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
