"""Workbooks as other programs write them: openpyxl, XlsxWriter, and XML by hand for what no library would write."""

# ruff: noqa: E501, DTZ001 - rows are lines, and a cell has no time zone

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from shopdata.excel import Contract
from shopdata.excel.tables import Table

FIXTURES = Path(__file__).with_name("excel_fixtures")

#: A small contract with a column of every kind.
DATASET = Contract(
    columns=("SKU", "商品名称", "可用库存", "价格", "日期", "时刻", "在售", "占比", "备注"),
    aliases={"可用库存": ("全国可用库存",)},
    ids=("SKU",),
    required=("SKU", "可用库存"),
)
HEADER = list(DATASET.columns)

#: What a person would type into the cells.
VALUES: list[list[Any]] = [
    ["0012345678901234567", "茶 & 杯 <大>", 12, 9.9, dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 8, 30), True, 0.3699, "-"],
    ["1000000000000000002", "=1+1", -3, 0.1, dt.date(2024, 2, 29), dt.datetime(2026, 12, 31, 23, 59, 59), False, 1, "--"],
    ["00012345", "表情😀 全角ＡＢＣ（元）", 0, 11715.63, None, None, None, None, "第一行\n第二行"],
    ["7", "  前后  ", 123456789012345, 1e-05, None, None, None, 0.5, None],
]  # fmt: skip

#: The same as the lake holds it.
EXPECTED: list[list[str | None]] = [
    ["0012345678901234567", "茶 & 杯 <大>", "12", "9.9", "2026-03-01", "2026-03-01 08:30:00", "TRUE", "0.3699", "-"],
    ["1000000000000000002", "=1+1", "-3", "0.1", "2024-02-29", "2026-12-31 23:59:59", "FALSE", "1", "--"],
    ["00012345", "表情😀 全角ＡＢＣ（元）", "0", "11715.63", None, None, None, None, "第一行\n第二行"],
    ["7", "  前后  ", "123456789012345", "0.00001", None, None, None, "0.5", None],
]

FORMATS = {"日期": "yyyy-mm-dd", "时刻": "yyyy-mm-dd hh:mm:ss", "占比": "0.00%"}


def rows_of(table: Table) -> list[list[str | None]]:
    """All rows of a table in its own order of columns."""
    return [list(row.values()) for row in table.to_arrow().to_pylist()]


def write_openpyxl(path: Path, rows: list[list[Any]] = VALUES, header: list[str] = HEADER) -> Path:
    """The plain way of Python people."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(header)
    for row in rows:
        sheet.append(row)
        for cell, name in zip(sheet[sheet.max_row], header, strict=True):
            cell.number_format = FORMATS.get(name, "General")
            if isinstance(cell.value, str):
                cell.data_type = "s"  # else "=1+1" becomes a formula
    book.save(path)
    return path


def write_xlsxwriter(path: Path, *, inline: bool = False, epoch_1904: bool = False) -> Path:
    """Shared strings, or inline ones in its mode of constant memory."""
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": inline, "strings_to_formulas": False, "date_1904": epoch_1904}
    )
    sheet = book.add_worksheet("明细")
    formats = {name: book.add_format({"num_format": code}) for name, code in FORMATS.items()}
    sheet.write_row(0, 0, HEADER)
    for number, row in enumerate(VALUES, start=1):
        for place, (name, value) in enumerate(zip(HEADER, row, strict=True)):
            if isinstance(value, bool):
                sheet.write_boolean(number, place, value)
            elif isinstance(value, dt.date):
                sheet.write_datetime(number, place, value, formats[name])
            elif isinstance(value, str):
                sheet.write_string(number, place, value)
            elif value is not None:
                sheet.write_number(number, place, value, formats.get(name))
    book.close()
    return path


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>'
)


def inline(place: str, text: str) -> str:
    """A cell with an inline string; `text` is XML."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def header_row(number: int = 1, names: tuple[str, ...] = ("SKU", "商品名称", "可用库存")) -> str:
    """The first columns of the contract as a row of inline strings."""
    cells = "".join(inline(f"{'ABCDEFGH'[place]}{number}", name) for place, name in enumerate(names))
    return f'<row r="{number}">{cells}</row>'


def write_by_hand(
    path: Path,
    *sheets: str,
    strings: str | None = None,
    formats: tuple[str, ...] = (),
    states: tuple[str, ...] = (),
    properties: str = "",
    members: dict[str, str | bytes] | None = None,
) -> Path:
    """A workbook out of XML.

    Args:
        path: where it goes.
        sheets: what stands in each `sheetData`; a text that begins with `<?xml` is a whole worksheet.
        strings: what stands in `sst`; None for a workbook without shared strings.
        formats: the number formats of the styles 1, 2 ...; style 0 is General. None at all means no styles part.
        states: visibility of each sheet.
        properties: attributes of `workbookPr`.
        members: more members of the zip, or other contents for these.
    """
    numbers = range(1, len(sheets) + 1)
    links = "".join(
        f'<Relationship Id="r{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    listed = "".join(
        f'<sheet name="S{n}" sheetId="{n}" state="{(states + ("visible",) * n)[n - 1]}" r:id="r{n}"/>' for n in numbers
    )
    contents: dict[str, str | bytes] = {"[Content_Types].xml": CONTENT_TYPES}
    if strings is not None:
        links += f'<Relationship Id="s" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
        contents["xl/sharedStrings.xml"] = f"<sst {MAIN}>{strings}</sst>"
    if formats:
        links += f'<Relationship Id="t" Type="{LINKS}/styles" Target="styles.xml"/>'
        codes = "".join(f'<numFmt numFmtId="{200 + n}" formatCode="{code}"/>' for n, code in enumerate(formats))
        styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(formats)))
        contents["xl/styles.xml"] = (
            f"<styleSheet {MAIN}><numFmts>{codes}</numFmts><fonts><font/></fonts><fills><fill><patternFill/></fill></fills>"
            f'<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'
        )
    for number, sheet in zip(numbers, sheets, strict=True):
        whole = sheet if sheet.startswith("<?xml") else f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>"
        contents[f"xl/worksheets/sheet{number}.xml"] = whole
    contents["xl/workbook.xml"] = (
        f'<workbook {MAIN} xmlns:r="{LINKS}"><workbookPr {properties}/><sheets>{listed}</sheets></workbook>'
    )
    contents["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{PACKAGE_LINKS}">{links}</Relationships>'
    contents["_rels/.rels"] = (
        f'<Relationships xmlns="{PACKAGE_LINKS}">'
        f'<Relationship Id="w" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (contents | (members or {})).items():
            package.writestr(name, content)
    return path


def write_biff5(path: Path, rows: list[list[Any]], *, password: bool = False) -> Path:
    """A workbook of Excel 5, record by record, without a container around it; texts in code page 936."""

    def record(number: int, content: bytes) -> bytes:
        return struct.pack("<HH", number, len(content)) + content

    cells = b""
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                text = value.encode("cp936")
                cells += record(0x0204, place + struct.pack("<H", len(text)) + text)
            elif value is not None:
                cells += record(0x0203, place + struct.pack("<d", value))
    sheet = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0010, 0, 0)) + cells + record(0x000A, b"")
    begin = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0005, 0, 0)) + record(0x0042, struct.pack("<H", 936))
    if password:
        begin += record(0x002F, struct.pack("<HH", 0x1234, 0x5678))
    begin += record(0x00E0, bytes(16))
    after = len(begin) + 4 + 6 + 1 + 6 + 4
    path.write_bytes(begin + record(0x0085, struct.pack("<IHB", after, 0, 6) + b"Sheet0") + record(0x000A, b"") + sheet)
    return path
