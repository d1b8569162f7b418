"""`scrapy merge` as a person calls it."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from scrapy.settings import Settings

from shopdata.commands.merge import Command

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Result:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Result]


@pytest.fixture
def scrapy_merge(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command without the start of a new Python."""

    def run(*args: object) -> Result:
        command = Command()
        command.settings = Settings()
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        options, rest = parser.parse_known_args([str(argument) for argument in args])
        command.run(rest, options)
        return Result(command.exitcode, *capsys.readouterr())

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shops that can be read, one that can't, and what else lies about in folders."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, sku in (("旗舰店", "001"), ("二店", "1234567890123456789")):
        book = openpyxl.Workbook()
        book.active.append(["SKU", "可用库存"])
        book.active.append([sku, 5])
        book.save(folder / f"{name}.xlsx")
    (folder / "~$旗舰店.xlsx").write_bytes(b"Excel's lock")
    (folder / "notes.md").write_text("none of ours")
    return folder


def test_a_folder_becomes_a_workbook_and_a_parquet(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    out, parquet = tmp_path / "out.xlsx", tmp_path / "out.parquet"
    result = scrapy_merge(folder, "-o", out, "--parquet", parquet, "--summary")
    assert (result.returncode, result.stderr) == (0, "")
    expected = [("shop", "SKU", "可用库存"), ("二店", "1234567890123456789", 5), ("旗舰店", "001", 5)]
    assert list(openpyxl.load_workbook(out)["数据"].values) == expected
    assert [tuple(row.values()) for row in pq.read_table(parquet).to_pylist()] == [
        tuple(str(value) for value in row) for row in expected[1:]
    ]
    assert "2 rows of 2 files in 3 columns" in result.stdout
    assert "旗舰店.xlsx" in result.stdout


def test_scrapy_knows_the_command(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scrapy", "merge", str(folder), "-o", str(tmp_path / "out.xlsx")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    assert "2 rows of 2 files in 3 columns" in result.stdout


def test_a_file_that_cannot_be_used_is_named(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    (folder / "三店.xlsx").write_text("<html><title>登录</title></html>")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert result.returncode == 1
    assert "三店.xlsx: a web page came instead of a workbook" in result.stderr
    assert len(list(openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"].values)) == 3
    assert "Traceback" not in result.stderr


def test_strict_writes_nothing_then(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    (folder / "三店.xlsx").write_bytes(b"PK\x03\x04 cut")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--strict")
    assert result.returncode == 1
    assert "Nothing was written" in result.stderr
    assert not (tmp_path / "out.xlsx").exists()


def test_an_earlier_result_is_skipped(folder: Path, scrapy_merge: Run) -> None:
    out = folder / "merged.xlsx"
    assert scrapy_merge(folder, "-o", out).returncode == 0
    before = out.read_bytes()
    result = scrapy_merge(folder, "-o", out)
    assert result.returncode == 0
    assert "merged.xlsx: it is the result of a merge" in result.stderr
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param(["{folder}"], "a folder and a workbook are needed", id="no-output"),
        pytest.param(["{folder}/none", "-o", "{folder}/out.xlsx"], "this is not a folder", id="no-folder"),
        pytest.param(["{folder}", "-o", "{folder}/旗舰店.xlsx"], "would be overwritten", id="over-a-source"),
        pytest.param(["{folder}", "-o", "{folder}/none/out.xlsx"], "folder of the result", id="nowhere-to-write"),
    ],
)
def test_wrong_arguments_are_said(folder: Path, args: list[str], sentence: str, scrapy_merge: Run) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = scrapy_merge(*(argument.format(folder=folder) for argument in args))
    assert result.returncode == 2
    assert sentence in result.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
