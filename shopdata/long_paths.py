"""Windows takes paths of 259 signs, unless somebody has switched longer ones on."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from shopdata.exceptions import ArgumentError

MOST_SIGNS = 259
#: The names inside a state directory; ids of shops with more than 25 letters need more.
_ROOM = 100
REMEDY = "Choose a shorter folder, or let an administrator switch on long paths in Windows (LongPathsEnabled)."


def are_limited() -> bool:
    """Asks the system; False everywhere but on Windows."""
    if os.name != "nt":
        return False
    try:
        answer = getattr(ctypes, "WinDLL")("ntdll").RtlAreLongPathsEnabled  # noqa: B009 - there on Windows only
    except (AttributeError, OSError):  # before Windows 10
        return True
    answer.restype = ctypes.c_ubyte
    return not answer()


def is_too_long(path: Path) -> bool:
    """True if that may be why the system says that something is not there."""
    return len(str(path.absolute())) > MOST_SIGNS and are_limited()


def require_room(folder: Path, setting: str) -> None:
    """Sees that what lies in a folder can have a path.

    Raises:
        ArgumentError: its own takes too much of what the system allows.
    """
    signs = len(str(folder.absolute()))
    if signs > MOST_SIGNS - _ROOM and are_limited():
        raise ArgumentError(
            f"this folder's path is too long: with what lies in it, it has more than {MOST_SIGNS + 1} signs",
            where=setting,
            found=f"{signs} signs",
            expected=f"at most {MOST_SIGNS - _ROOM}",
            todo=REMEDY,
        )
