"""What goes back to a browser: bytes of a page, a file, or the way to another page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from shopdata.exceptions import ShopdataError

HTML = "text/html; charset=utf-8"
BINARY = "application/octet-stream"


class PageNotFoundError(Exception):
    """There is no such page, or no such thing to show on it. Raised by pages and answered with 404."""


class BadFormError(ShopdataError):
    """A button was pressed with values that no page of ours has. Answered with 400."""


@dataclass(frozen=True)
class Answer:
    """Bytes, or an open file that is sent piece by piece and closed then."""

    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    file: BinaryIO | None = None
    #: The size of `file`.
    size_bytes: int = 0


def redirect(target: str) -> Answer:
    """To another page of the board, to be asked for with GET."""
    return Answer(status=303, headers={"Location": target})


def download(path: Path, name: str, content_type: str = BINARY, *, is_inline: bool = False) -> Answer:
    """A file on this machine, under a name of ours.

    Raises:
        PageNotFoundError: it is not there.
    """
    try:
        file = path.open("rb")
    except OSError:
        raise PageNotFoundError from None
    return Answer(
        content_type=content_type,
        headers={"Content-Disposition": disposition(name, is_inline=is_inline)},
        file=file,
        size_bytes=_size(file),
    )


def _size(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


def disposition(name: str, *, is_inline: bool = False) -> str:
    """The header that names a file: plain letters for old programs, the whole name for others."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    kind = "inline" if is_inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
