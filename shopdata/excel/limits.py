"""What a raw file may hold: beyond it is no table of a portal, but a mistake or an attack."""

from __future__ import annotations

from dataclasses import dataclass

from shopdata.exceptions import RejectedFileError

#: Cells right of this are none (Excel's last column is XFD).
MAX_COLUMNS = 16_384

#: More cells than this in one piece of XML is not a table but an attack: most of them would be blank.
MAX_GRID_CELLS = 20_000_000

#: In a sheet with more than `MAX_GRID_CELLS` blanks between its cells, so many per cell are still a table.
MAX_GAP_PER_CELL = 100


@dataclass(frozen=True)
class Limits:
    """What a raw file may hold; all are checked before or while unpacking, never after. Sizes are in bytes."""

    file_bytes: int = 512 << 20
    unpacked_bytes: int = 4 << 30
    #: Unpacked size against packed size, for members over `ratio_from_bytes`. Excel's own sheets reach about 40.
    ratio: int = 200
    ratio_from_bytes: int = 16 << 20
    members: int = 5_000
    rows: int = 5_000_000
    columns: int = 2_000
    #: Characters; a cell of Excel holds 32,767.
    cell_length: int = 32_767
    #: All texts of a table; one that cells share counts as often as it is used.
    text_bytes: int = 2 << 30


def require_at_most(limit: int, found: int, what: str, where: str) -> None:
    """Refuses a file with more of something than is safe.

    Args:
        what: of what there are so many: `rows`, `bytes of text`.

    Raises:
        RejectedFileError: `found` is more than `limit`.
    """
    if found > limit:
        raise RejectedFileError(
            "the file is larger than is safe",
            code="file_too_large",
            where=where,
            found=f"{found:,} {what}",
            expected=f"at most {limit:,}",
            todo="If the report is meant to be like this, raise the limits.",
        )
