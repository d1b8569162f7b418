"""Half a surrogate pair, controls, marks that nobody sees: they cost a sign, never the day, whatever the container."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt

from shopdata.excel import Contract, read_table
from shopdata.exceptions import RejectedFileError

DATASET = Contract(columns=("SKU", "名称"), required=("SKU", "名称"), ids=("SKU",))
#: As Excel on Windows copies names out of a form.
TURNED = "\u202d名称\u202c"
HALF, TAIL = "\ud83d", "\udc4c"
#: Stands in a file for what no library writes.
MARK = "ZZ"

Make = Callable[[Path], bytes]


def csv(encoding: str) -> Make:
    text = f"SKU,{TURNED},新\x1b列{HALF}\n1,好的{HALF},a\n2,👌,{TAIL}b\n"
    return lambda _: ("\ufeff" + text if encoding == "utf-16" else text).encode(encoding, "surrogatepass")


def html(folder: Path) -> bytes:
    cells = csv("utf-8")(folder).decode("utf-8", "surrogatepass").splitlines()
    rows = ("<tr>" + "".join(f"<td>{cell}</td>" for cell in line.split(",")) + "</tr>" for line in cells)
    page = f"<html><body><table>{''.join(rows)}</table></body></html>"
    return page.encode("utf-8", "surrogatepass")


def xls(folder: Path) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("x")
    for number, row in enumerate(
        (("SKU", TURNED, f"新列{MARK}"), ("1", f"好的{MARK}", "a"), ("2", "👌", f"{MARK}b的"))
    ):
        for place, text in enumerate(row):
            sheet.write(number, place, text)
    book.save(folder / "x.xls")
    content = (folder / "x.xls").read_bytes()
    mark = MARK.encode("utf-16-le")
    for half in (HALF, HALF, TAIL):
        content = content.replace(mark, half.encode("utf-16-le", "surrogatepass") + "\u200b".encode("utf-16-le"), 1)
    return content


def xlsx(written: Callable[[str], str]) -> Make:
    def make(folder: Path) -> bytes:
        book = openpyxl.Workbook()
        for row in (("SKU", TURNED, f"新列{MARK}"), ("1", f"好的{MARK}", "a"), ("2", "👌", f"{MARK}{MARK}b")):
            book.active.append(row)
        book.save(folder / "plain.xlsx")
        with zipfile.ZipFile(folder / "plain.xlsx") as plain, zipfile.ZipFile(folder / "x.xlsx", "w") as changed:
            for name in plain.namelist():
                content = plain.read(name).decode()
                content = content.replace(MARK * 2, written(TAIL)).replace(MARK, written(HALF))
                changed.writestr(name, content)
        return (folder / "x.xlsx").read_bytes()

    return make


CONTAINERS = {
    "CSV": csv("utf-8"),
    "CSV in UTF-16": csv("utf-16"),
    "HTML": html,
    "xls": xls,
    "xlsx, Excel's escapes": xlsx(lambda half: f"_x{ord(half):04X}_"),
    "xlsx, XML's references": xlsx(lambda half: f"&#x{ord(half):X};"),
}


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_a_half_pair_costs_a_sign_and_is_told(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "report"
    path.write_bytes(make(tmp_path))
    table = read_table(path, DATASET)
    rows = table.to_arrow().to_pydict()
    assert rows["SKU"] == ["1", "2"]
    assert [text.rstrip("\u200b") for text in rows["名称"]] == ["好的\ufffd", "👌"]
    told = {found.column: found.count for found in table.warnings if found.kind == "illegal_character"}
    new = table.columns[2]
    assert new.startswith("新")
    assert new.isprintable()
    assert told.pop(new) >= 1
    assert told == {"名称": 1}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        pytest.param(b"[" * 200_000, "[[[[", id="nested deep"),
        pytest.param('{"msg": "系统繁忙"}'.encode("gbk"), "系统繁忙", id="an object in GBK"),
        pytest.param('["系统繁忙"]\n'.encode("gbk"), "系统繁忙", id="a list in GBK"),
        pytest.param(b'{"success": false}', "success", id="an answer"),
        pytest.param(b'{"shopdata": 5}\n{"SKU": 1}\n', "shopdata", id="our mark, of another kind"),
        pytest.param(b'{"shopdata": {}}\n[1]\n', "[1]", id="a row that is none"),
        pytest.param(b'{"shopdata": {"format": 2}}\n{"SKU": "1", "\xff": 2}\n', "SKU", id="a row that is no text"),
    ],
)
def test_what_begins_as_rows_do_and_is_none_is_refused(tmp_path: Path, content: bytes, shown: str) -> None:
    path = tmp_path / "report"
    path.write_bytes(content)
    with pytest.raises(RejectedFileError, match="this is not a file of rows") as caught:
        read_table(path, DATASET)
    assert shown in str(caught.value)
    assert str(caught.value).isprintable()


def test_old_files_are_read_as_ever_and_lose_no_row_any_more(tmp_path: Path) -> None:
    path = tmp_path / "report"
    lines = (
        '{"shopdata": {"dataset": "x", "total": 2}}',
        '{"SKU": "1", "名称": "a", "shopdata": {"messages": 1}}',
        '{"shopdata": {"conversation": "1", "messages": 1}}',
        '{"SKU": "2", "名称": "b"}',
    )
    path.write_text("\n".join(lines) + "\n", "utf-8")
    table = read_table(path, DATASET)
    assert table.to_arrow().column("SKU").to_pylist() == ["1", "2"]


def test_rows_that_are_missing_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text('{"shopdata": {"format": 2, "rows": 2}}\n{"SKU": "1", "名称": "a"}\n', "utf-8")
    with pytest.raises(RejectedFileError, match=r"does not hold the rows that it says\. Found 1 rows, expected 2"):
        read_table(path, DATASET)


def test_rows_without_any_value_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text('{"shopdata": {"format": 2, "rows": 2}}\n{"SKU": "1", "名称": "a"}\n{"SKU": null}\n', "utf-8")
    table = read_table(path, DATASET)
    assert (table.rows, [(found.kind, found.count) for found in table.warnings]) == (1, [("blank_row", 1)])
