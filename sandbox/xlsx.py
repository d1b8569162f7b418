"""Writes .xlsx files the way portals' exporters do: fast, one sheet, text as shared or inline strings.

A library would do for small files; here 20,000 rows of 112 columns must be ready in seconds, so cells that repeat are
rendered once with a place-holder for the row number, and a row is put together from such pieces.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from sandbox.truth import Value

# Stands for the row number in rendered cells. Not allowed in XML, so it can't be part of a text.
ROW = "\x01"
ROWS_PER_WRITE = 250
# Above this a sheet's XML may pass 2 GiB, which zip needs to know beforehand.
ROWS_FOR_ZIP64 = 150_000

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

# No cellStyles: openpyxl then warns "Workbook contains no default style" (docs/portals.md 5.1 [S]).
_STYLES = (
    f'{_DECLARATION}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellXfs></styleSheet>'
)


class StoppedError(Exception):
    """Raised by `write_workbook` when it is told to stop; the unfinished file is left to the caller."""


class CellRenderer:
    """Turns values into cells, text either inline or as numbers into a table of shared strings."""

    def __init__(self, *, is_shared: bool) -> None:
        self._strings: dict[str, int] | None = {} if is_shared else None

    def cells(self, letters: Sequence[str], values: Sequence[Value]) -> str:
        """The cells of these values in these columns, with `ROW` where the row number goes. None gives no cell."""
        return "".join(
            self._cell(letter, value) for letter, value in zip(letters, values, strict=True) if value is not None
        )

    def _cell(self, letter: str, value: str | int | float) -> str:
        if not isinstance(value, str):
            return f'<c r="{letter}{ROW}"><v>{value!r}</v></c>'
        if self._strings is None:
            return f'<c r="{letter}{ROW}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        return f'<c r="{letter}{ROW}" t="s"><v>{self._strings.setdefault(value, len(self._strings))}</v></c>'

    def shared_strings(self) -> str | None:
        """The part sharedStrings.xml with every text seen so far, or None when texts are inline."""
        if self._strings is None:
            return None
        items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in self._strings)
        return f'{_DECLARATION}<sst xmlns="{_MAIN}" uniqueCount="{len(self._strings)}">{items}</sst>'


def column_letters(count: int) -> list[str]:
    """A, B, … Z, AA, … for that many columns."""
    letters = []
    for index in range(1, count + 1):
        name = ""
        while index:
            index, rest = divmod(index - 1, 26)
            name = chr(65 + rest) + name
        letters.append(name)
    return letters


def write_workbook(
    path: Path,
    rendered_rows: Iterable[str],
    renderer: CellRenderer,
    *,
    columns: int,
    rows: int,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Writes a workbook of one sheet. `rendered_rows` are the cells of each row, header first, `rows` in all.

    Equal input gives equal bytes. Memory is bounded by the shared strings. Raises `StoppedError` when `is_stopping`.
    """
    last = f"{column_letters(columns)[-1]}{max(rows, 1)}" if columns else "A1"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _fixed_parts(has_shared_strings=renderer.shared_strings() is not None):
            archive.writestr(zipfile.ZipInfo(name), text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=rows > ROWS_FOR_ZIP64) as sheet:
            start = f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{last}"/><sheetData>'
            sheet.write(start.encode())
            waiting: list[str] = []
            for number, cells in enumerate(rendered_rows, start=1):
                waiting.append(f'<row r="{ROW}">{cells}</row>'.replace(ROW, str(number)))
                if len(waiting) == ROWS_PER_WRITE:
                    if is_stopping():
                        raise StoppedError(path.name)
                    sheet.write("".join(waiting).encode())
                    waiting.clear()
            sheet.write("".join(waiting).encode() + b"</sheetData></worksheet>")
        if (strings := renderer.shared_strings()) is not None:
            with archive.open("xl/sharedStrings.xml", "w") as part:
                part.write(strings.encode())


def _fixed_parts(*, has_shared_strings: bool) -> list[tuple[str, str]]:
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = [
        ("/xl/workbook.xml", "sheet.main"),
        ("/xl/worksheets/sheet1.xml", "worksheet"),
        ("/xl/styles.xml", "styles"),
    ]
    targets = [("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]
    if has_shared_strings:
        overrides.append(("/xl/sharedStrings.xml", "sharedStrings"))
        targets.append(("sharedStrings", "sharedStrings.xml"))
    content_types = "".join(
        f'<Override PartName="{part}" ContentType="{sheet_type}.{kind}+xml"/>' for part, kind in overrides
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return [
        (
            "[Content_Types].xml",
            f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{content_types}</Types>',
        ),
        (
            "_rels/.rels",
            f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        ),
        (
            "xl/workbook.xml",
            f'{_DECLARATION}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        ),
        ("xl/styles.xml", _STYLES),
    ]
