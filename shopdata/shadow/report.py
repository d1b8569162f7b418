"""The report of a comparison as a workbook: overview, differences one by one, files, and how it was compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shopdata.files import as_disk_error, discard, put_in_place_or_beside
from shopdata.texts import replace_illegal
from shopdata.wording import Texts

#: The sheets, in this order.
SHEETS = ("shadow.sheet.overview", "shadow.sheet.differences", "shadow.sheet.files", "shadow.sheet.about")
#: A cell of Excel holds no more.
_MOST_CHARACTERS = 32_000

Row = Sequence[str | int | float | None]


def write_report(t: Texts, path: Path, tables: Sequence[tuple[Row, Iterable[Row]]]) -> Path:
    """Writes a workbook; returns where it is: beside `path` where the old one is open in Excel.

    Args:
        tables: the head and the rows of each sheet.

    Raises:
        DiskError: it can't be written.
    """
    # As a whole it takes as long to import as many a comparison.
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for title, (head, rows) in zip(map(t, SHEETS), tables, strict=True):
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for number, text in enumerate(head, 1):
            sheet.column_dimensions[get_column_letter(number)].width = _width(text)
        sheet.append(list(_cells(sheet, head, is_head=True)))
        for row in rows:
            sheet.append(list(_cells(sheet, row)))
    beside = path.with_name(f"{path.name}.part")
    with as_disk_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            book.save(beside)
            return put_in_place_or_beside(beside, path)
        except BaseException:
            discard(beside)
            raise


def _cells(sheet: Any, row: Row, *, is_head: bool = False) -> Iterator[Any]:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    for value in row:
        if not isinstance(value, str):
            yield value
            continue
        cell = WriteOnlyCell(sheet, value=replace_illegal(value)[0][:_MOST_CHARACTERS])
        # It quotes files of others: what begins with `=` is a text.
        cell.data_type = "s"
        if is_head:
            cell.font = Font(bold=True)
        yield cell


def _width(text: object) -> int:
    """Wide characters count twice; what is told below is mostly longer."""
    return min(60, max(12, 2 + sum(2 if ord(character) > 0x2E7F else 1 for character in str(text))))
