"""The container around an old workbook: one file with streams in it, each a chain of sectors."""

from __future__ import annotations

import io
from typing import Any

import olefile

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class BrokenContainerError(Exception):
    """Raised when a container can't be read, has no workbook in it, or has a chain that goes round."""


def workbook_stream(content: bytes) -> tuple[bytes, str]:
    """The records of a workbook, and the name that they have in the container; '' for a workbook without one.

    Raises BrokenContainerError.
    """
    if not content.startswith(_OLE):
        return content, ""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as container:
            name = next(name for name in ("Workbook", "Book") if container.exists(name))
            _check_chains(container, name, len(content))
            return bytes(container.openstream(name).read()), name
    except Exception:  # noqa: BLE001 - a damaged file makes olefile raise whatever its parts raise
        raise BrokenContainerError from None


def _check_chains(container: Any, name: str, size: int) -> None:
    """The chains that lead to a stream have an end, and all of their sectors are in the file.

    Readers that don't count follow a chain without an end for ever; so does olefile when it writes.
    """
    entry = next(entry for entry in container.root.kids if entry.name.lower() == name.lower())
    in_file = size // container.sectorsize  # the header is one more
    _check_chain(container.fat, container.first_dir_sector, in_file - 1)
    # The last sector of a stream may be shorter: some writers don't fill it.
    if entry.size >= container.minisectorcutoff:
        _check_chain(container.fat, entry.isectStart, in_file)
        return
    container.loadminifat()
    _check_chain(container.fat, container.root.isectStart, in_file)
    _check_chain(container.minifat, entry.isectStart, len(container.minifat))


def _check_chain(table: Any, sector: int, limit: int) -> None:
    for _ in range(len(table) + 1):
        if sector == olefile.ENDOFCHAIN:
            return
        if sector >= limit:
            break
        sector = table[sector]
    raise BrokenContainerError
