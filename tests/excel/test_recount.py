"""Counting anew finds what was published, also in the raw files that we write ourselves."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from foreign import DATASET, FIXTURES, header_row, inline, write_by_hand
from shipped_config import load_shipped_config

from shopdata.crawling.paged_rows import Page, PagedRows, Room
from shopdata.excel import read_table
from shopdata.excel.containers.extent import cells_spanned
from shopdata.excel.contract import Contract
from shopdata.excel.recount import count_raw
from shopdata.exceptions import RejectedFileError
from shopdata.platforms.pdd.chat import ChatFile, message_row


def write_chats(path: Path) -> None:
    with ChatFile(path, {"dataset": "pdd_chat"}, is_masked=True) as file:
        for uid in ("a", "b"):
            file.add(uid, [message_row({"uid": uid}, {"msg_id": number, "content": "x"}) for number in ("1", "2")])


def write_reviews(path: Path) -> None:
    rows = PagedRows("reviewId", Room(pages=9, rows=9, bytes=9999), path.parent)
    rows.add(Page([{"reviewId": number} for number in range(4)], 4))
    rows.write(path, {"dataset": "pdd_badscore"})


@pytest.mark.parametrize(
    ("name", "write"),
    [pytest.param("pdd_chat", write_chats, id="chats"), pytest.param("pdd_badscore", write_reviews, id="reviews")],
)
def test_lines_that_say_what_the_file_is_are_no_rows(tmp_path: Path, name: str, write: object) -> None:
    path, dataset = tmp_path / "raw.json", load_shipped_config().dataset(name)
    assert callable(write)
    write(path)
    assert count_raw(path, "json", dataset) == read_table(path, dataset).rows == 4


def test_cells_that_are_far_apart_do_not_end_the_process(tmp_path: Path) -> None:
    """The reader that counts holds all cells between the first and the last one."""
    far = f'<row r="2">{inline("A2", "1")}</row><row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'
    path = write_by_hand(tmp_path / "a.xlsx", header_row() + far)
    assert cells_spanned(path) == 1_048_576 * 16_384
    assert count_raw(path, "xlsx", DATASET) == read_table(path, DATASET).rows == 2


@pytest.mark.parametrize(("column", "most"), [("Z", 26), ("CV", 104), ("GZ", 260), ("ZZ", 702), ("AAA", 16_384)])
def test_how_far_apart_cells_are_is_seen_in_any_form(tmp_path: Path, column: str, most: int) -> None:
    rows = f'<row spans="1:9" r="30"><c s="1" r="{column}30"><v>7</v></c></row>'
    assert cells_spanned(write_by_hand(tmp_path / "a.xlsx", header_row() + rows)) == 30 * most


def test_a_wrong_count_of_texts_does_not_end_the_process(tmp_path: Path) -> None:
    content = bytearray((FIXTURES / "libreoffice.xls").read_bytes())
    place = content.index(b"\xfc\x00\x05\x01")
    content[place + 8 : place + 12] = b"\xff\xff\xff\xff"
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    assert count_raw(path, "xls", DATASET) == read_table(path, DATASET).rows == 4


@pytest.mark.parametrize(("sheet", "rows"), [(None, 3), (2, 1), ("旧 ", 1), (1, 2)])
def test_the_sheet_that_the_contract_names_is_read_and_counted(
    tmp_path: Path, sheet: str | int | None, rows: int
) -> None:
    book = openpyxl.Workbook()
    for name, numbers in (("新", "12"), ("旧", "3")):
        page = book.create_sheet(name)
        page.append(["SKU", "n"])
        for number in numbers:
            page.append([number, "x"])
    book["Sheet"].sheet_state = "hidden"
    path = tmp_path / "a.xlsx"
    book.save(path)
    contract = Contract(columns=("SKU", "n"), required=("SKU",), sheet=sheet)
    assert count_raw(path, "xlsx", contract) == read_table(path, contract).rows == rows


def test_a_sheet_that_is_not_there_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("明细").append(["SKU", "n"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(RejectedFileError, match=r"no such sheet.*'Sheet', '明细'.*sheet '明'.*under `sheet`"):
        read_table(tmp_path / "a.xlsx", Contract(columns=("SKU", "n"), sheet="明"))
