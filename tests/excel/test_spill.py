"""Rows that lie on the disk between being read and being saved are the same rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shopdata.excel import Contract, read_table
from shopdata.excel.formats import json_lines
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
    monkeypatch.setattr(json_lines, "IN_MEMORY_BYTES", 0)
    on_disk = read_table(file, DATASET)
    assert type(in_memory.batches) is not type(on_disk.batches)
    assert len(on_disk.batches) == 3
    assert on_disk.rows == in_memory.rows == 5_000
    assert on_disk.columns == ("id", "text", "time", "flag", "late")
    assert on_disk.distinct("flag") == in_memory.distinct("flag") == {"TRUE": 2_500, "FALSE": 2_500}
    assert saved(on_disk, tmp_path / "a") == saved(in_memory, tmp_path / "b")


def test_nothing_stays_behind(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "IN_MEMORY_BYTES", 0)
    table = read_table(file, DATASET)
    assert table.rows == 5_000
    del table
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_is_a_sentence(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource", reason="Windows knows no such limit")
    monkeypatch.setattr(json_lines, "IN_MEMORY_BYTES", 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(DiskError, match="the disk is full"):
            read_table(file, DATASET)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
