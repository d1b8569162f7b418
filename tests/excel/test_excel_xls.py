"""Old workbooks: formats that depend on the language of Excel, and files that the usual reader refuses."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import olefile
import pytest
import xlwt
from foreign import DATASET, FIXTURES, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopdata.excel import read_table
from shopdata.excel.formats.workbook_parts import BUILTIN_FORMATS
from shopdata.excel.tables import Kind, Table
from shopdata.exceptions import RejectedFileError

HEADER = ("SKU", "可用库存", "日期", "备注")
#: What a sheet holds in 日期: value, its number format, and the text of it.
CELLS: list[tuple[Any, str, str]] = [
    (46082, "yyyy-mm-dd", "2026-03-01"),
    (46082, "yyyy-mm-dd hh:mm:ss", "2026-03-01 00:00:00"),
    (46082.354166666664, "yyyy-mm-dd hh:mm:ss", "2026-03-01 08:30:00"),
    (0.354166666666667, "h:mm", "08:30:00"),
    (1.5, "[h]:mm:ss", "36:00:00"),
    (46082, 'yyyy"年"m"月"d"日"', "2026-03-01"),
    (123456789012, "yyyy-mm-dd", "123456789012"),
    (1234567890123456789, "0", "1234567890123456800"),
    (0.3699, "0.00%", "0.3699"),
    (12.34, "0.00", "12.34"),
    (-3, "General", "-3"),
    (4.8, "0.0分", "4.8"),
    (True, "General", "TRUE"),
    (False, "General", "FALSE"),
    ("0012345678901234567", "General", "0012345678901234567"),
    ("  =1+1 & 😀\n第二行 ", "General", "  =1+1 & 😀\n第二行 "),
]


def make_book(*, epoch_1904: bool = False) -> xlwt.Workbook:
    """A workbook with `CELLS` in its column 日期, an error below them, and a hidden sheet before."""
    book = xlwt.Workbook()
    book.dates_1904 = epoch_1904
    hidden = book.add_sheet("隐")
    hidden.visibility = 1
    hidden.write(0, 0, 5)
    book.set_active_sheet(1)
    sheet = book.add_sheet("明细")
    for place, name in enumerate(HEADER):
        sheet.write(0, place, name)
    for number, (value, code, _) in enumerate(CELLS, start=1):
        is_day = epoch_1904 and ("yy" in code and value < 1e6)
        sheet.write(number, 0, str(number))
        sheet.write(number, 2, value - 1462 if is_day else value, xlwt.easyxf(num_format_str=code))
        sheet.write(number, 9, None, xlwt.easyxf(num_format_str=code))
    last = len(CELLS) + 1
    sheet.write(last, 0, str(last))
    sheet.row(last).set_cell_error(2, 0x2A)
    sheet.write_merge(last, last, 5, 8, None)
    return book


def saved(book: xlwt.Workbook, path: Path) -> Path:
    book.save(str(path))
    return path


def changed(path: Path, change: Callable[[bytearray, dict[int, list[int]]], None]) -> Path:
    """The file with its records changed in place; where they are by number, from their heads on."""
    with olefile.OleFileIO(str(path)) as container:
        stream = container.openstream("Workbook").read()
    places: dict[int, list[int]] = {}
    data, place = bytearray(stream), 0
    while place + 4 <= len(data) and data[place : place + 2] != b"\0\0":
        number, size = struct.unpack_from("<HH", data, place)
        places.setdefault(number, []).append(place)
        place += 4 + size
    change(data, places)
    with olefile.OleFileIO(str(path), write_mode=True) as container:
        container.write_stream("Workbook", bytes(data))
    return path


def texts_of(table: Table) -> list[str | None]:
    return [row[4] for row in rows_of(table)]


def kinds_of(table: Table) -> list[tuple[Kind, str]]:
    (batch,) = table.batches
    formats = [table.formats[code] for code in batch.columns[4].code_array()]
    return [(entry.kind, entry.number_format) for entry in formats]


STRINGS, FONT, XF, FORMAT, NAME, STYLE = 0x00FC, 0x0031, 0x00E0, 0x041E, 0x0018, 0x0293


def wrong_count(total: int, unique: int) -> Callable[[bytearray, dict[int, list[int]]], None]:
    return lambda data, places: struct.pack_into("<II", data, places[STRINGS][0] + 4, total, unique)


def broken_style(data: bytearray, places: dict[int, list[int]]) -> None:
    """A name that claims to be longer than its record."""
    place = places[STYLE][0]
    data[place + 4 : place + 8] = b"\x10\x00\xff\xff"


def unknown_style(data: bytearray, places: dict[int, list[int]]) -> None:
    """A number whose style is not in the file: it is a plain one."""
    struct.pack_into("<H", data, places[0x027E][-1] + 8, 999)


def short_font(data: bytearray, places: dict[int, list[int]]) -> None:
    """A font whose record ends in the middle; what is left of it is a record of its own."""
    place = places[FONT][-1]
    (size,) = struct.unpack_from("<H", data, place + 2)
    struct.pack_into("<H", data, place + 2, 7)
    struct.pack_into("<HH", data, place + 11, 0x0FFF, size - 11)


ODD = [
    pytest.param(wrong_count(999, 999), id="more-texts-told-than-there-are"),
    pytest.param(wrong_count(5, 5), id="fewer-texts-told-than-there-are"),
    pytest.param(wrong_count(0, 0), id="no-texts-told"),
    pytest.param(wrong_count(9, 0x7FFFFFFF), id="billions-of-texts-told"),
    pytest.param(broken_style, id="style-with-a-name-too-long"),
    pytest.param(short_font, id="font-that-breaks-off"),
]


@pytest.mark.parametrize("epoch_1904", [False, True], ids=["1900", "1904"])
@pytest.mark.parametrize("change", ODD)
def test_what_the_usual_reader_refuses_is_read_all_the_same(tmp_path: Path, change: Any, epoch_1904: bool) -> None:
    whole = read_table(saved(make_book(epoch_1904=epoch_1904), tmp_path / "whole.xls"), DATASET)
    assert texts_of(whole) == [*(text for _, _, text in CELLS), "#N/A"]
    odd = read_table(changed(saved(make_book(epoch_1904=epoch_1904), tmp_path / "odd.xls"), change), DATASET)
    assert rows_of(odd) == rows_of(whole)
    assert kinds_of(odd) == kinds_of(whole)
    note, *others = odd.warnings
    assert note.kind == "second_reader"
    assert others == whole.warnings


def test_a_number_in_a_style_that_is_not_there_is_a_number(tmp_path: Path) -> None:
    table = read_table(changed(saved(make_book(), tmp_path / "a.xls"), unknown_style), DATASET)
    assert table.warnings[0].kind == "second_reader"
    assert texts_of(table).count("-3") == 1


VALUES = st.one_of(
    st.text(st.characters(codec="utf-16", exclude_categories=["Cs", "Cc"]), max_size=40),
    st.text("0123456789", min_size=1, max_size=19),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-(2**29), 2**29, places=2).map(float),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(VALUES, st.sampled_from([code for _, code, _ in CELLS])), min_size=1, max_size=40),
    st.booleans(),
)
def test_both_readers_see_the_same(tmp_path: Path, cells: list[tuple[Any, str]], epoch_1904: bool) -> None:
    book = xlwt.Workbook()
    book.dates_1904 = epoch_1904
    sheet = book.add_sheet("S")
    for place, name in enumerate(HEADER):
        sheet.write(0, place, name)
    for number, (value, code) in enumerate(cells, start=1):
        sheet.write(number, 0, f"x{number}")
        sheet.write(number, 2, value, xlwt.easyxf(num_format_str=code))
        sheet.write(number, number % 7 + 3, value)
    path = saved(book, tmp_path / "a.xls")
    first = read_table(path, DATASET)
    second = read_table(changed(path, wrong_count(999, 9999)), DATASET)
    assert rows_of(second) == rows_of(first)
    assert kinds_of(second) == kinds_of(first)
    assert [found.kind for found in second.warnings] == ["second_reader", *(found.kind for found in first.warnings)]


def record(number: int, content: bytes) -> bytes:
    return struct.pack("<HH", number, len(content)) + content


def formula(row: int, result: bytes) -> bytes:
    """A formula in 日期 with this result; it says 1."""
    return record(0x0006, struct.pack("<HHH", row, 2, 15) + result + bytes(6) + b"\x03\x00\x1e\x01\x00")


LONG = "长" * 5_000
MORE = [
    formula(20, struct.pack("<d", 46082)),
    formula(21, b"\0\0\0\0\0\0\xff\xff") + record(0x0207, b"\x02\x00\x00ab"),
    formula(22, b"\0\0\0\0\0\0\xff\xff")
    + record(0x0207, struct.pack("<HB", len(LONG), 1) + LONG[:4_000].encode("utf-16-le"))
    + record(0x003C, b"\1" + LONG[4_000:].encode("utf-16-le")),
    formula(23, b"\1\0\1\0\0\0\xff\xff"),
    formula(24, b"\2\0\x07\0\0\0\xff\xff"),
    formula(25, b"\3\0\0\0\0\0\xff\xff"),
    record(0x0204, struct.pack("<HHHHB", 26, 2, 15, 2, 1) + "标签".encode("utf-16-le")),
    record(0x00BD, struct.pack("<HHHiHiH", 27, 2, 15, 46082 << 2 | 2, 15, 1234 << 2 | 3, 3)),
    record(0x0205, struct.pack("<HHHBB", 28, 2, 15, 1, 0)),
]


def test_records_that_few_write_mean_the_same_to_both_readers(tmp_path: Path) -> None:
    path = saved(make_book(), tmp_path / "a.xls")
    with olefile.OleFileIO(str(path)) as container:
        stream = container.openstream("Workbook").read()
    end = stream.rindex(record(0x000A, b""))
    whole = stream[:end] + b"".join(MORE) + stream[end:]
    place = whole.index(struct.pack("<H", STRINGS), 1_000)
    tables = []
    for count in (whole[place + 8 : place + 12], struct.pack("<I", 9_999)):
        path.write_bytes(whole[: place + 8] + count + whole[place + 12 :])
        tables.append(read_table(path, DATASET))
    assert [found.kind for found in tables[1].warnings][:1] == ["second_reader"]
    assert rows_of(tables[0]) == rows_of(tables[1])
    last = ["46082", "ab", LONG, "TRUE", "#DIV/0!", "标签", "46082", "TRUE"]
    assert texts_of(tables[1])[-len(last) :] == last
    assert rows_of(tables[1])[-2][8] == "12.34"


@pytest.mark.parametrize("field", [48, 60], ids=["directory", "short-sectors"])
def test_a_chain_without_an_end_is_not_followed(tmp_path: Path, field: int) -> None:
    """The first sector of the directory, or the first short one of the workbook, comes after itself."""
    content = bytearray((FIXTURES / "libreoffice.xls").read_bytes())
    (fat,) = struct.unpack_from("<I", content, 76)
    (start,) = struct.unpack_from("<I", content, field)
    place = 512 * (fat + 1) + 4 * start if field == 48 else 512 * (start + 1)
    struct.pack_into("<I", content, place, start if field == 48 else 0)
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    with pytest.raises(RejectedFileError, match="can't be read"):
        read_table(path, DATASET)


def lost_text(data: bytearray, places: dict[int, list[int]]) -> None:
    """A cell whose text is not in the file."""
    wrong_count(5, 5)(data, places)
    struct.pack_into("<I", data, places[0x00FD][-1] + 10, 99)


def lost_end(data: bytearray, places: dict[int, list[int]]) -> None:
    """The last sheet breaks off in the middle."""
    wrong_count(5, 5)(data, places)
    place = places[0x00FD][-2]
    data[place : len(data)] = bytes(len(data) - place)


@pytest.mark.parametrize("change", [lost_text, lost_end])
def test_what_is_not_whole_is_refused_by_both(tmp_path: Path, change: Any) -> None:
    path = changed(saved(make_book(), tmp_path / "a.xls"), change)
    with pytest.raises(RejectedFileError, match="break off or do not belong together") as caught:
        read_table(path, DATASET)
    assert "Error" not in str(caught.value)


@pytest.mark.parametrize("step", range(12))
def test_no_exception_of_a_library_reaches_a_person(tmp_path: Path, step: int) -> None:
    content = bytearray((FIXTURES / "libreoffice.xls").read_bytes())
    for place in range(512 + step * 31, len(content), 997):
        content[place] ^= 0xA5
    path = tmp_path / "a.xls"
    path.write_bytes(content if step % 2 else content[: len(content) // (step + 1)])
    told = ""
    try:
        read_table(path, DATASET)
    except RejectedFileError as error:
        told = str(error)
    assert not any(word in told for word in ("Error:", "Exception", "assert", "unpack", "index out"))


LOCAL = [*range(27, 37), *range(50, 59), *range(71, 82)]


@pytest.mark.parametrize("number", LOCAL)
def test_a_format_that_depends_on_the_language_is_a_date(tmp_path: Path, number: int) -> None:
    def change(data: bytearray, places: dict[int, list[int]]) -> None:
        struct.pack_into("<H", data, places[XF][-1] + 6, number)

    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    style = xlwt.easyxf(num_format_str="0.000")
    for place, name in enumerate(HEADER):
        sheet.write(0, place, name)
    for row, value in enumerate((46082, 46082.354166666664, 46083), start=1):
        sheet.write(row, 0, str(row))
        sheet.write(row, 2, value, style)
    table = read_table(changed(saved(book, tmp_path / "a.xls"), change), DATASET)
    if number == 79:
        assert texts_of(table) == ["1105968:00:00", "1105976:30:00", "1105992:00:00"]
        return
    midnight = " 00:00:00" if number == 77 else ""
    assert texts_of(table) == [f"2026-03-01{midnight}", "2026-03-01 08:30:00", f"2026-03-02{midnight}"]
    assert kinds_of(table) == [(Kind.DATE, BUILTIN_FORMATS[number])] * 3


@pytest.mark.parametrize("number", [23, 26, 59, 62, 63, 67, 70, 82, 163, 4000])
def test_an_unused_or_unknown_format_is_a_number(tmp_path: Path, number: int) -> None:
    def change(data: bytearray, places: dict[int, list[int]]) -> None:
        for place in places[XF][16:]:
            struct.pack_into("<H", data, place + 6, number)

    path = changed(saved(make_book(), tmp_path / "a.xls"), change)
    assert texts_of(read_table(path, DATASET))[0] == "46082"


def test_blanks_cost_nothing(tmp_path: Path) -> None:
    """65,536 x 256 formatted blanks, and a value in the first and the last row."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for place, name in enumerate(HEADER):
        sheet.write(0, place, name)
    sheet.write(65_535, 0, "1")
    sheet.write(65_535, 255, 7)
    path = saved(book, tmp_path / "a.xls")
    with olefile.OleFileIO(str(path)) as container:
        stream = container.openstream("Workbook").read()
    end = stream.rindex(struct.pack("<HHHH", 0x027E, 10, 65_535, 255))
    blanks = b"".join(
        struct.pack("<HHHH", 0x00BE, 6 + 2 * 256, row, 0) + b"\x0f\x00" * 256 + struct.pack("<H", 255)
        for row in range(1, 65_535)
    )
    (tmp_path / "b.xls").write_bytes(stream[:end] + blanks + stream[end:])
    table = read_table(tmp_path / "b.xls", DATASET)
    assert table.rows == 1
    assert table.columns[-1] == "column_IV"
    assert rows_of(table)[0][0] == "1"
