"""The runner over a folder of anybody's files: it counts, shows who differs, and is stopped by no file."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from benchmarks.corpus import ROOT, Answer, Reader, difference, judge, main


@pytest.mark.cold
def test_a_folder_is_read_by_all_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    for row in (["SKU", "库存"], ["0012345678901234567", 5], ["2", 0.5]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.xls").write_bytes(b"%PDF-1.4\n")
    monkeypatch.setattr(sys, "argv", ["corpus", str(tmp_path), "--all", "--slow", "600", "--seconds", "600"])
    assert main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a.xlsx: equal"
    assert (
        lines[1].replace("\\", "/").startswith("sub/b.xls: refused: b.xls: the file is no table. Found a PDF document")
    )
    assert lines[2] == "2 files: 1 read, 1 refused, 0 traceback, 0 slow, 0 hung, 0 crashed"
    assert lines[3].startswith("compared sheet by sheet: 1 equal every peer that opens them, 0 differ; 0 we alone open")
    assert lines[4:] == [
        "calamine: 1 equal, 0 differs, 1 refused",
        "openpyxl: 1 equal, 0 differs, 1 refused",
        "xlrd: 0 equal, 0 differs, 2 refused",
    ]


@pytest.mark.cold
def test_a_file_that_takes_too_long_or_kills_the_reader_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,4\n", "utf-8")
    reader = Reader("shopdata", 0.001, ROOT)
    try:
        assert reader.read(tmp_path / "a.csv").state == "hung"
        reader.seconds = 600
        assert reader.read(tmp_path / "a.csv").sheets == [[["a", "b"], ["1", "2"], ["3", "4"]]]
        assert reader.process is not None
        reader.process.kill()
        reader.process.wait()
        assert reader.read(tmp_path / "a.csv").state == "crashed"
        assert reader.read(tmp_path / "a.csv").state == "read"
    finally:
        reader.stop()


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        pytest.param([[["a", ""], ["1", ""]]], "", id="the-same"),
        pytest.param([[["a"], ["", ""], ["1"]], [[""]]], "", id="blank-rows-and-sheets"),
        pytest.param([[["a"], ["2"]]], "sheet 1: row 2 '1', row 2 '2'", id="another-value"),
        pytest.param([[["a"], ["1"], ["2"]]], "sheet 1: 2 rows and 3", id="more-rows"),
        pytest.param([[["a", "b"], ["1"]]], "sheet 1: a column that we have not: ((0, 'b'),)", id="another-column"),
        pytest.param([[["a"], ["1"]], [["b"]]], "1 sheets and 2", id="another-sheet"),
    ],
)
def test_what_differs_is_shown(theirs: list[list[list[str]]], found: str) -> None:
    assert difference([[["a"], ["1"]]], theirs) == found


def test_a_bare_exception_in_a_sentence_counts_as_a_traceback() -> None:
    counts: Counter[str] = Counter()
    no = Answer("refused", 0.1, "x")
    peers = {"calamine": no, "openpyxl": no, "xlrd": Answer("hung", 60, "x")}
    told = judge({"shopdata": Answer("refused", 12, "a: Found AssertionError: ,"), **peers}, counts, 10)
    assert told == ["traceback: a: Found AssertionError: ,", "slow: 12.0 s"]
    assert (counts["ours traceback"], counts["ours slow"], counts["xlrd hung"]) == (1, 1, 1)
