"""The merged workbook for people: streamed to disk, sheet by sheet, with equal bytes for equal rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import quoteattr

from shopdata.excel.names import column_letters
from shopdata.excel.workbook.cells import text_cell
from shopdata.excel.workbook.styles import HEADER, WRAPPED, Styles
from shopdata.excel.workbook.zip import Deflated, ZipWriter, deflate

#: Rows of a sheet that are left for data, below the header.
MAX_DATA_ROWS = 1_048_575
#: A sheet of data, and the sheet that tells about it.
DATA_SHEET, NOTES_SHEET = "数据", "说明"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def sheet_names(rows: int) -> list[str]:
    """The names of the data sheets for so many rows: `数据`, or `数据1`, `数据2` ... where one can't hold them."""
    count = max(1, -(-rows // MAX_DATA_ROWS))
    return [DATA_SHEET] if count == 1 else [f"{DATA_SHEET}{number}" for number in range(1, count + 1)]


#: Widths of the columns of 说明 in characters, a line's height in points, and the most that Excel allows for a row.
_NOTES_WIDTHS = (26, 24, 14, 80)
_LINE_HEIGHT, _MAX_HEIGHT = 15, 409


def _row_height(row: Sequence[str]) -> str:
    """The height that a row of wrapped texts needs: not every program works it out when it opens a file."""
    lines = 1
    for text, width in zip(row, _NOTES_WIDTHS, strict=False):
        shown = (sum(2 if ord(character) > 0x2E7F else 1 for character in line) for line in text.split("\n"))
        lines = max(lines, sum(max(1, -(-length // width)) for length in shown))
    return f' ht="{min(lines * _LINE_HEIGHT, _MAX_HEIGHT)}" customHeight="1"' if lines > 1 else ""


class WorkbookWriter:
    """Writes data sheets one after the other, then the notes and all that Excel needs around them."""

    def __init__(self, path: Path, columns: Sequence[str], widths: Sequence[int]) -> None:
        self._file = path.open("wb")
        self._zip = ZipWriter(self._file)
        self._columns, self._widths = columns, widths
        self._sheets: list[str] = []

    def write_data(self, name: str, rows: int, pieces: Iterator[Deflated]) -> None:
        """A sheet with header; `rows` is the number of data rows in `pieces`."""
        last = f"{column_letters(len(self._columns) - 1)}{rows + 1}"
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
            for place, width in enumerate(self._widths, start=1)
        )
        header = "".join(
            text_cell(f"{column_letters(place)}1", column, HEADER) for place, column in enumerate(self._columns)
        )
        begin = (
            f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{last}"/>'
            '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
            'state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews>'
            '<sheetFormatPr defaultRowHeight="15"/>'
            f'<cols>{widths}</cols><sheetData><row r="1">{header}</row>'
        )
        end = f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>'

        def members() -> Iterator[Deflated]:
            yield deflate(begin.encode())
            yield from pieces
            yield deflate(end.encode())

        self._sheets.append(name)
        self._zip.write_pieces(f"xl/worksheets/sheet{len(self._sheets)}.xml", members())

    def write_notes(self, rows: Sequence[Sequence[str]]) -> None:
        """The sheet 说明: rows of texts, the first column in bold where a row has one cell only."""
        lines = []
        for number, row in enumerate(rows, start=1):
            style = HEADER if len(row) == 1 else WRAPPED
            cells = [
                text_cell(f"{column_letters(place)}{number}", text, style) for place, text in enumerate(row) if text
            ]
            height = _row_height(row) if style == WRAPPED else ""
            lines.append(f'<row r="{number}"{height}>{"".join(cells)}</row>')
        xml = (
            f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetFormatPr defaultRowHeight="15"/>'
            '<cols><col min="1" max="1" width="26" customWidth="1"/><col min="2" max="2" width="24" customWidth="1"/>'
            '<col min="3" max="3" width="14" customWidth="1"/><col min="4" max="4" width="80" customWidth="1"/></cols>'
            f"<sheetData>{''.join(lines)}</sheetData></worksheet>"
        )
        self._sheets.append(NOTES_SHEET)
        self._zip.write(f"xl/worksheets/sheet{len(self._sheets)}.xml", xml.encode())

    def finish(self, styles: Styles) -> list[str]:
        """Writes the parts around the sheets; the names of all sheets."""
        numbers = range(1, len(self._sheets) + 1)
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, self._sheets, strict=True)
        )
        links = "".join(
            f'<Relationship Id="rId{number}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for number in numbers
        )
        after = len(self._sheets) + 1
        parts = {
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><bookViews><workbookView/></bookViews>'
            f"<sheets>{sheets}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}'
            f'<Relationship Id="rId{after}" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{types}'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
        }
        for name, xml in parts.items():
            self._zip.write(name, (_DECLARATION + xml).encode())
        self._zip.write("xl/styles.xml", styles.xml())
        self._zip.close()
        self._file.close()
        return self._sheets

    def abandon(self) -> None:
        """Closes the file after an error; what was written is of no use."""
        with suppress(OSError):
            self._file.close()
