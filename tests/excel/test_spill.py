"""Rows that lie on the disk between being read and being saved are the same rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from foreign import MAIN, inline, write_by_hand

from shopdata.excel import Contract, Rules, read_table
from shopdata.excel.assembly import builder
from shopdata.excel.tables import Table
from shopdata.exceptions import DiskError

DATASET = Contract(columns=("id", "text", "time"), ids=("id",), required=("id",))


def row(number: int) -> dict[str, Any]:
    """Numbers, texts, truths and nothing, mixed; a column that only late rows have."""
    kinds = (number, f"=text {number}\n", number % 3 == 0, None, number / 7, [number])
    late = {"late": number} if number > 4_000 else {}
    return {"id": 13800000000 + number, "text": kinds[number % 6], "flag": number % 2 == 0, **late}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.json"
    rows = ({"shopdata": {"dataset": "chats"}}, *(row(number) for number in range(5_000)))
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in rows), "utf-8")
    return path


def saved(table: Table, path: Path) -> bytes:
    table.save(path)
    return path.read_bytes()


def test_a_table_is_the_same_whether_its_rows_were_in_memory_or_not(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = read_table(file, DATASET)
    monkeypatch.setattr(builder, "IN_MEMORY_BYTES", 0)
    on_disk = read_table(file, DATASET)
    assert type(in_memory.batches) is not type(on_disk.batches)
    assert len(on_disk.batches) == 3
    assert on_disk.rows == in_memory.rows == 5_000
    assert on_disk.columns == ("id", "text", "time", "flag", "late")
    assert on_disk.distinct("flag") == in_memory.distinct("flag") == {"TRUE": 2_500, "FALSE": 2_500}
    assert saved(on_disk, tmp_path / "a") == saved(in_memory, tmp_path / "b")


@pytest.mark.parametrize("rules", [Rules(merged_cells="fill"), Rules(totals="mark"), Rules(totals="drop")], ids=str)
def test_a_large_workbook_is_the_same_table_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: Rules) -> None:
    """Some pieces of XML, cells that are merged over two of them, a last one of totals and of a column without name."""
    last = 20_001
    rows = [
        f'<row r="{number}"><c r="A{number}"><v>{number}</v></c>'
        + (f'<c r="B{number}" t="b"><v>1</v></c>' if number < 10 else "")
        + (
            f'<c r="C{number}"><v>0.5</v></c>'
            if number % 3
            else f'<c r="C{number}" t="inlineStr"><is><t>-</t></is></c>'
        )
        + f'<c r="D{number}" t="inlineStr"><is><t>{"some text " * 12}</t></is></c>'
        + (f'<c r="F{number}"><v>1</v></c></row>' if number == last - 1 else "</row>")
        for number in range(2, last)
    ]
    head = "".join(
        inline(f"{letter}1", name) for letter, name in zip("ABCD", ("id", "状态", "价格", "备注"), strict=True)
    )
    sheet = (
        f'<?xml version="1.0"?><worksheet {MAIN}><sheetData><row r="1">{head}</row>{"".join(rows)}'
        f'<row r="{last}">{inline(f"A{last}", "合计")}</row></sheetData>'
        f'<mergeCells count="1"><mergeCell ref="B9:B{last - 5}"/></mergeCells></worksheet>'
    )
    path = write_by_hand(tmp_path / "a.xlsx", sheet)
    in_memory = read_table(path, None, rules=rules, spill_folder=tmp_path)
    monkeypatch.setattr(builder, "IN_MEMORY_BYTES", 0)
    on_disk = read_table(path, None, rules=rules, spill_folder=tmp_path)
    assert type(in_memory.batches) is not type(on_disk.batches)
    assert on_disk.rows == in_memory.rows
    assert len(on_disk.batches) > 1
    assert on_disk.distinct("状态") == in_memory.distinct("状态")
    assert saved(on_disk, tmp_path / "a") == saved(in_memory, tmp_path / "b")


def test_nothing_stays_behind(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "IN_MEMORY_BYTES", 0)
    table = read_table(file, DATASET)
    assert table.rows == 5_000
    del table
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_is_a_sentence(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource", reason="Windows knows no such limit")
    monkeypatch.setattr(builder, "IN_MEMORY_BYTES", 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(DiskError, match="the disk is full"):
            read_table(file, DATASET)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
