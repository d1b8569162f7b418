"""What a recipe makes of a file before it is kept: one of a zip, or some as parts of one table."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from shopdata.config.recipes.steps import Unpack
from shopdata.crawling.recipes.unpacking import unpack_file
from shopdata.excel import read_table
from shopdata.excel.contract import Contract
from shopdata.exceptions import RejectedFileError

CONTRACT = Contract(columns=("订单号", "金额"), ids=("订单号",), required=("订单号",), zip_parts="join")
BILLS, MORE = "订单号,金额\r\n900719925474099301,1.50\r\n", "订单号,金额\r\n2,2.50\r\n"


def packed(folder: Path, **members: bytes) -> Path:
    path = folder / "came.whole"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_what_matches_takes_the_zips_place(tmp_path: Path, encoding: str) -> None:
    members = {"账单/说明.txt": b"yuan", "账单/明细.CSV": BILLS.encode(encoding), "__MACOSX/账单/._明细.csv": b"\0\5"}
    path = packed(tmp_path, **members)
    unpack_file(path, Unpack(match="*.csv"), "x")
    assert path.read_bytes() == BILLS.encode(encoding)
    assert read_table(path, CONTRACT).to_arrow().to_pydict() == {"订单号": ["900719925474099301"], "金额": ["1.50"]}


def test_parts_of_one_table_stay_together_and_what_is_none_goes(tmp_path: Path) -> None:
    path = packed(tmp_path, **{"a.csv": BILLS.encode(), "b.csv": MORE.encode(), "summary.txt": b"x,y\r\n1,2\r\n"})
    unpack_file(path, Unpack(match="*.csv", all=True), "x")
    once = path.read_bytes()
    assert read_table(path, CONTRACT).rows == 2
    unpack_file(path, Unpack(match="*.csv", all=True), "x")
    assert path.read_bytes() == once
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("names", "found"),
    [(["a.csv", "b.csv"], "'a.csv', 'b.csv'"), (["a.txt"], "'a.txt'"), (["../../a.txt"], "'../../a.txt'")],
    ids=["two", "none", "elsewhere"],
)
def test_another_number_of_files_is_refused(tmp_path: Path, names: list[str], found: str) -> None:
    path = packed(tmp_path, **dict.fromkeys(names, BILLS.encode()))
    before = path.read_bytes()
    with pytest.raises(RejectedFileError, match="`match` says what it is called") as refused:
        unpack_file(path, Unpack(match="*.csv"), "x")
    assert refused.value.found == found
    assert path.read_bytes() == before


def test_no_name_in_it_leads_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = packed(folder, **{"../../out.csv": BILLS.encode()})
    unpack_file(path, Unpack(match="*.csv"), "x")
    assert path.read_bytes() == BILLS.encode()
    assert [file.name for file in tmp_path.iterdir()] == ["in"]


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = packed(tmp_path, **{"a.csv": b"0" * (64 << 20)})
    with pytest.raises(RejectedFileError, match="more than is safe"):
        unpack_file(path, Unpack(match="*.csv"), "x")
    assert path.stat().st_size < 1 << 20


def test_a_damaged_member_is_refused_and_the_zip_stays(tmp_path: Path) -> None:
    path = packed(tmp_path, **{"a.csv": BILLS.encode() * 2000})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(RejectedFileError, match="cut short or damaged"):
        unpack_file(path, Unpack(), "x")
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_file_that_is_no_zip_stays_as_it_came(tmp_path: Path) -> None:
    path = tmp_path / "came.whole"
    path.write_bytes(BILLS.encode())
    unpack_file(path, Unpack(match="*.xlsx"), "x")
    assert path.read_bytes() == BILLS.encode()
