"""A binary workbook, record by record: no program here writes one."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from foreign import LINKS, PACKAGE_LINKS


def record(number: int, content: bytes = b"") -> bytes:
    """A record of MS-XLSB: its number and its size in up to two and four bytes of seven bits."""
    head = bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])
    size = len(content)
    while True:
        head += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return head + content


def wide(text: str) -> bytes:
    """A text with its length."""
    packed = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(packed) // 2) + packed


def cell(column: int, number: int, value: bytes = b"", style: int = 0) -> bytes:
    """A cell record: 1 blank, 2 RK, 3 error, 4 boolean, 5 float, 6 text, 7 shared text, 8 to 11 results of formulas."""
    return record(number, struct.pack("<II", column, style) + value)


def row(number: int, *cells: bytes) -> bytes:
    """A row from 0, with its cells behind it."""
    return record(0, struct.pack("<I", number) + bytes(13)) + b"".join(cells)


def texts(number: int, *values: str) -> bytes:
    """A row of texts."""
    return row(number, *(cell(place, 6, wide(value)) for place, value in enumerate(values)))


def link(name: str, kind: str, target: str) -> str:
    """A relationship of the workbook's."""
    return f'<Relationship Id="{name}" Type="{LINKS}/{kind}" Target="{target}"/>'


def write_xlsb(
    path: Path,
    *sheets: bytes,
    strings: tuple[str, ...] = (),
    formats: tuple[str, ...] = (),
    hidden: tuple[int, ...] = (),
    epoch_1904: bool = False,
) -> Path:
    """A workbook of rows; style 0 is General, the styles from 1 on are those of `formats`, `hidden` are numbers of
    sheets."""
    listed, links = b"", link("t", "styles", "styles.bin") + link("s", "sharedStrings", "sharedStrings.bin")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for number, rows in enumerate(sheets):
            state = struct.pack("<II", number in hidden, number + 1)
            listed += record(156, state + wide(f"r{number}") + wide(f"S{number}"))
            links += link(f"r{number}", "worksheet", f"worksheets/sheet{number}.bin")
            begin = record(129) + record(148, bytes(16)) + record(145)
            package.writestr(f"xl/worksheets/sheet{number}.bin", begin + rows + record(146) + record(130))
        package.writestr("xl/styles.bin", _styles(formats))
        items = b"".join(record(19, b"\0" + wide(text)) for text in strings)
        counts = struct.pack("<II", len(strings), len(strings))
        package.writestr("xl/sharedStrings.bin", record(159, counts) + items + record(160))
        about = record(153, struct.pack("<II", epoch_1904, 0) + wide(""))
        package.writestr("xl/workbook.bin", record(131) + about + record(143) + listed + record(144) + record(132))
        rels = f'<Relationships xmlns="{PACKAGE_LINKS}">{links}</Relationships>'
        package.writestr("xl/_rels/workbook.bin.rels", rels)
        package.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE_LINKS}"/>')
    return path


def _styles(formats: tuple[str, ...]) -> bytes:
    codes = b"".join(record(44, struct.pack("<H", 200 + n) + wide(code)) for n, code in enumerate(formats))
    # Styles of styles come first, and are none of cells.
    other = record(626, struct.pack("<I", 1)) + record(47, struct.pack("<HH", 0, 14) + bytes(12)) + record(627)
    numbers = (0, *(200 + n for n in range(len(formats))))
    styles = b"".join(record(47, struct.pack("<HH", 0, number) + bytes(12)) for number in numbers)
    known = record(615, struct.pack("<I", len(formats))) + codes + record(616)
    return (
        record(278) + known + other + record(617, struct.pack("<I", len(numbers))) + styles + record(618) + record(279)
    )
