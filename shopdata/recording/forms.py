"""A form in parts, as browsers write it: `multipart/form-data` by the rules of HTML's form submission."""

from __future__ import annotations

import re
from urllib.parse import unquote

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|([^";\s]+))""", re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="([^"]*)"')
_FILE = re.compile(r'[;\s]filename="([^"]*)"')


def parts_of(posted: bytes, content_type: str) -> list[list[str]] | None:
    """Names and values in their order; None where a file is sent along, or it is not what its type says."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    parts = (b"\r\n" + posted).split(f"\r\n--{found[1] or found[2]}".encode())
    if len(parts) < 3 or not parts[-1].startswith(b"--"):
        return None
    pairs = []
    for part in parts[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        told = head.decode("utf-8", "replace")
        name, file = _NAME.search(told), _FILE.search(told)
        if name is None or (file is not None and (file[1] or value)):
            return None
        if file is None:
            # A field for a file in which nothing was chosen says nothing.
            pairs.append([_written(name[1]), value.decode("utf-8", "replace")])
    return pairs


def _written(name: str) -> str:
    # Only these three are escaped in a name.
    return re.sub("%22|%0D|%0A", lambda sign: unquote(sign[0]), name)
