"""Workbooks that Excel opens though they are packed or ordered unlike its own; and times as ISO writes them."""

# ruff: noqa: E501 - one case, one line, however long its XML is

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from foreign import DATASET, FIXTURES, LINKS, MAIN, PACKAGE_LINKS, header_row, inline, rows_of, write_by_hand

from shopdata.excel import read_table, sniff
from shopdata.excel.formats.xlsx import parsed_sheets
from shopdata.exceptions import RejectedFileError

HEADER = header_row(names=("SKU", "可用库存", "备注"))
ROWS = f'<row r="2">{inline("A2", "1")}<c r="B2"><v>5</v></c></row><row r="3">{inline("A3", "2")}<c r="B3"><v>6</v></c></row>'
EXPECTED = [("1", "5"), ("2", "6")]


def found_in(path: Path) -> list[tuple[str | None, str | None]]:
    return [(row[0], row[2]) for row in rows_of(read_table(path, DATASET))]


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def cell(place: str, value: str) -> str:
    return f'<c r="{place}"><v>{value}</v></c>'


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(HEADER + row(2, cell("B2", "5"), cell("A2", "1")) + row(3, cell("B3", "6"), cell("A3", "2")), id="cells-backwards"),
        pytest.param(HEADER + row(2, cell("C2", "9"), cell("A2", "1"), cell("B2", "5")) + row(3, cell("A3", "2"), cell("C3", "9"), cell("B3", "6")), id="cells-in-any-order"),
        pytest.param(HEADER + row(3, cell("A3", "2"), cell("B3", "6")) + row(2, cell("A2", "1"), cell("B2", "5")), id="rows-backwards"),
        pytest.param(row(3, cell("A3", "2"), cell("B3", "6")) + row(2, cell("B2", "5"), cell("A2", "1")) + HEADER, id="header-last"),
        pytest.param(HEADER + "<row><c><v>1</v></c><c><v>5</v></c></row>" + "<row><c><v>2</v></c><c><v>6</v></c></row>", id="places-only-in-the-header"),
        pytest.param(HEADER + '<row r="2"><c r="A2"><v>1</v></c><c><v>5</v></c></row><row><c r="A3"><v>2</v></c><c><v>6</v></c></row>', id="some-places"),
        pytest.param(HEADER + row(2, cell("a2", "1"), cell("b2", "5")) + row(3, cell("a3", "2"), cell("b3", "6")), id="places-in-small-letters"),
        pytest.param(HEADER + row(2, '<c r="A2" s="0"/>', cell("A2", "1"), cell("B2", "5"), '<c r="B2"/>') + row(3, cell("A3", "2"), cell("B3", "6")), id="a-blank-in-the-same-place"),
    ],
)  # fmt: skip
def test_cells_stand_where_they_say(tmp_path: Path, rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_by_hand(tmp_path / "a.xlsx", rows)
    assert found_in(path) == EXPECTED
    monkeypatch.setattr("shopdata.excel.reading.fast_sheets", parsed_sheets)
    assert found_in(path) == EXPECTED


def renamed(change: Callable[[str], str]) -> Callable[[Path], Path]:
    """A workbook of LibreOffice whose parts have other names in the zip."""

    def make(path: Path) -> Path:
        with zipfile.ZipFile(FIXTURES / "libreoffice.xlsx") as source, zipfile.ZipFile(path, "w") as package:
            for name in source.namelist():
                info = zipfile.ZipInfo("x")
                info.filename = change(name)
                package.writestr(info, source.read(name))
        return path

    return make


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(renamed(str.upper), id="upper-case"),
        pytest.param(renamed(str.lower), id="lower-case"),
        pytest.param(renamed(lambda name: name.replace("xl/s", "xl/S").replace("workbook.xml", "Workbook.xml")), id="some-capitals"),
        pytest.param(renamed(lambda name: name.replace("/", "\\")), id="backslashes"),
        pytest.param(renamed(lambda name: f"/{name}"), id="slash-before"),
    ],
)  # fmt: skip
def test_a_part_is_found_however_its_name_is_written(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "a.xlsx")
    assert sniff(path) == "xlsx"
    assert rows_of(read_table(path, DATASET)) == rows_of(read_table(FIXTURES / "libreoffice.xlsx", DATASET))


@pytest.mark.parametrize(
    "target",
    ["/xl/worksheets/sheet1.xml", "./worksheets/sheet1.xml", "../xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml",
     "worksheets\\sheet1.xml", "\\xl\\worksheets\\sheet1.xml", "/XL/Worksheets/Sheet1.xml"],
)  # fmt: skip
def test_a_sheet_is_found_however_its_target_is_written(tmp_path: Path, target: str) -> None:
    link = f'<Relationship Id="r1" Type="{LINKS}/worksheet" Target="{target}"/>'
    links = f'<Relationships xmlns="{PACKAGE_LINKS}">{link}</Relationships>'
    path = write_by_hand(tmp_path / "a.xlsx", HEADER + ROWS, members={"xl/_rels/workbook.xml.rels": links})
    assert found_in(path) == EXPECTED


def test_a_sheet_without_a_part_is_told_of_and_the_others_are_read(tmp_path: Path) -> None:
    link = f'<Relationship Id="r1" Type="{LINKS}/worksheet" Target="worksheets/%s.xml"/>'
    members = {
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{LINKS}"><sheets><sheet name="概览" r:id="r9"/><sheet name="明细" r:id="r1"/>'
        '<sheet name="说明" r:id="r2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE_LINKS}">{link % "sheet1"}'
        f"{(link % 'none').replace('r1', 'r2')}</Relationships>",
    }
    path = write_by_hand(tmp_path / "a.xlsx", HEADER + ROWS, members=members)
    table = read_table(path, DATASET)
    assert table.rows == 2
    assert [(found.kind, found.text) for found in table.warnings] == [
        ("missing_sheet", "sheet '概览' is listed, but not in the file"),
        ("missing_sheet", "sheet '说明' is listed, but not in the file"),
    ]


FORMATS = ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "h:mm", "[h]:mm:ss", "0.00")
DAY, MOMENT, TIME, ELAPSED, PLAIN = range(1, 6)


@pytest.mark.parametrize(
    ("value", "style", "expected"),
    [
        pytest.param("2026-03-01", 0, "2026-03-01", id="day"),
        pytest.param("2026-03-01", DAY, "2026-03-01", id="day-as-day"),
        pytest.param("2026-03-01", MOMENT, "2026-03-01 00:00:00", id="day-as-moment"),
        pytest.param("2026-03-01T00:00:00", DAY, "2026-03-01", id="midnight-as-day"),
        pytest.param("2026-03-01T08:30:00", DAY, "2026-03-01 08:30:00", id="moment-as-day"),
        pytest.param("2026-03-01T08:30:00Z", MOMENT, "2026-03-01 08:30:00", id="moment-of-greenwich"),
        pytest.param("2026-03-01T08:30:00.000+08:00", 0, "2026-03-01 08:30:00", id="moment-of-a-zone"),
        pytest.param("2026-03-01T08:30:00.5", PLAIN, "2026-03-01 08:30:00.500", id="half-a-second"),
        pytest.param("2026-03-01 08:30", MOMENT, "2026-03-01 08:30:00", id="blank-between"),
        pytest.param("08:30:00", 0, "08:30:00", id="time"),
        pytest.param("08:30", TIME, "08:30:00", id="time-without-seconds"),
        pytest.param("T08:30:00Z", DAY, "08:30:00", id="time-with-its-letter"),
        pytest.param("1899-12-30T08:30:00", TIME, "08:30:00", id="time-on-day-zero"),
        pytest.param("1899-12-31T08:30:00", TIME, "08:30:00", id="time-on-excels-day-zero"),
        pytest.param("1900-01-01T12:00:00", ELAPSED, "36:00:00", id="duration-as-moment"),
        pytest.param("PT36H", ELAPSED, "36:00:00", id="hours"),
        pytest.param("P1DT2H3M4.0S", 0, "26:03:04", id="days-and-hours"),
        pytest.param("-PT30M", 0, "-00:30:00", id="negative"),
    ],
)
def test_a_time_of_iso_is_what_it_says(
    tmp_path: Path, value: str, style: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (
        f'{HEADER}<row r="2">{inline("A2", "1")}{cell("B2", "5")}<c r="C2" s="{style}" t="d"><v>{value}</v></c></row>'
    )
    path = write_by_hand(tmp_path / "a.xlsx", rows, formats=FORMATS)
    quick = read_table(path, DATASET)
    assert rows_of(quick)[0][8] == expected
    monkeypatch.setattr("shopdata.excel.reading.fast_sheets", parsed_sheets)
    slow = read_table(path, DATASET)
    assert rows_of(slow) == rows_of(quick)
    kinds = [[table.formats[code] for code in table.batches[0].columns[8].code_array()] for table in (quick, slow)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("value", ["soon", "2026-13-01", "P", "PT", "25:00", "2026-03-01T"])
def test_a_time_that_is_none_is_refused_by_its_name(tmp_path: Path, value: str) -> None:
    path = write_by_hand(
        tmp_path / "a.xlsx", f'{HEADER}<row r="2">{inline("A2", "1")}<c r="B2" t="d"><v>{value}</v></c></row>'
    )
    with pytest.raises(RejectedFileError, match=f"'{value}' in a cell of type 'd'"):
        read_table(path, DATASET)
