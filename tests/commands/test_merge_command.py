"""`scrapy merge` as a person calls it."""

# ruff: noqa: E501 - one entry, one line

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from scrapy.settings import Settings

from shopdata.commands.merge import Command
from shopdata.excel import read_table

ROOT = Path(__file__).resolve().parents[2]
WINDOWS_NAME = re.compile(r'[^<>:"/\\|?*\0-\x1f]+')


@dataclass
class Result:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Result]

#: What is said of the fixture's other files.
NAMED = (
    "Skipped .DS_Store: a hidden file, or one of the system.\n"
    "Skipped ~$旗舰店.xlsx: it only says that somebody has a file open.\n"
)


@pytest.fixture
def scrapy_merge(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command without the start of a new Python."""

    def run(*args: object, **settings: object) -> Result:
        command = Command()
        command.settings = Settings(settings)
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        options, rest = parser.parse_known_args([str(argument) for argument in args])
        command.run(rest, options)
        return Result(command.exitcode, *capsys.readouterr())

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shops that can be read, and what else lies about in folders: NAMED."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, sku in (("旗舰店", "001"), ("二店", "1234567890123456789")):
        book = openpyxl.Workbook()
        book.active.append(["SKU", "可用库存"])
        book.active.append([sku, 5])
        book.save(folder / f"{name}.xlsx")
    (folder / "~$旗舰店.xlsx").write_bytes(b"Excel's lock")
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return folder


def test_a_folder_becomes_a_workbook_and_a_parquet(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    out, parquet = tmp_path / "out.xlsx", tmp_path / "out.parquet"
    result = scrapy_merge(folder, "-o", out, "--parquet", parquet, "--summary")
    assert (result.returncode, result.stderr) == (0, NAMED)
    expected = [("shop", "SKU", "可用库存"), ("二店", "1234567890123456789", 5), ("旗舰店", "001", 5)]
    assert list(openpyxl.load_workbook(out)["数据"].values) == expected
    assert [tuple(row.values()) for row in pq.read_table(parquet).to_pylist()] == [
        tuple(str(value) for value in row) for row in expected[1:]
    ]
    assert "2 rows of 2 files in 3 columns" in result.stdout
    assert "旗舰店.xlsx" in result.stdout


@pytest.mark.cold
def test_scrapy_knows_the_command(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scrapy", "merge", str(folder), "-o", str(tmp_path / "out.xlsx")]
    environment = dict(os.environ) | {"PYTHONUTF8": "1"}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300)
    assert (result.returncode, result.stderr) == (0, NAMED)
    assert "2 rows of 2 files in 3 columns" in result.stdout


def test_a_file_that_cannot_be_used_is_named(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    (folder / "三店.xlsx").write_text("<html><title>登录</title></html>", "utf-8")
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


def test_many_rows_go_into_several_workbooks(folder: Path, scrapy_merge: Run) -> None:
    out = folder / "merged.xlsx"
    result = scrapy_merge(folder, "-o", out, "--at-most-rows", 1)
    assert result.returncode == 0
    assert "merged-1.xlsx, merged-2.xlsx" in result.stderr
    rows = [list(openpyxl.load_workbook(folder / f"merged-{number}.xlsx")["数据"].values) for number in (1, 2)]
    assert [table[1][0] for table in rows] == ["二店", "旗舰店"]
    assert openpyxl.load_workbook(out).sheetnames == ["说明"]
    again = scrapy_merge(folder, "-o", folder / "merged.xlsx", "--at-most-rows", 2)
    assert again.stderr.count("it is the result of a merge") == 3
    assert openpyxl.load_workbook(out).sheetnames == ["数据", "说明"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param(["{folder}", "-o", "{folder}/x.xlsx", "--at-most-rows", "0"], "at least one row", id="no-rows"),
        pytest.param(["{folder}", "-o", "{folder}/旗.xlsx", "--at-most-rows", "1"], "might be overwritten", id="over"),
        pytest.param(["{folder}"], "a folder and a workbook are needed", id="no-output"),
        pytest.param(["{folder}/none", "-o", "{folder}/out.xlsx"], "this is not a folder", id="no-folder"),
        pytest.param(["{folder}", "-o", "{folder}/旗舰店.xlsx"], "would be overwritten", id="over-a-source"),
        pytest.param(["{folder}", "-o", "{folder}/none/out.xlsx"], "folder of the result", id="nowhere-to-write"),
    ],
)
def test_wrong_arguments_are_said(folder: Path, args: list[str], sentence: str, scrapy_merge: Run) -> None:
    (folder / "旗-1.xlsx").write_bytes((folder / "旗舰店.xlsx").read_bytes())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = scrapy_merge(*(argument.format(folder=folder) for argument in args))
    assert result.returncode == 2
    assert sentence in result.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("option", ["-o", "--parquet"])
def test_no_source_is_overwritten(folder: Path, tmp_path: Path, option: str, scrapy_merge: Run) -> None:
    source = folder / "旗舰店.xlsx"
    before = source.read_bytes()
    other = ["-o", tmp_path / "out.xlsx"] if option == "--parquet" else []
    result = scrapy_merge(folder, option, source, *other)
    assert (result.returncode, source.read_bytes()) == (2, before)
    assert "would be overwritten" in result.stderr


def test_one_file_can_not_be_both_results(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--parquet", folder / ".." / "out.xlsx")
    assert result.returncode == 2
    assert "can't be one file" in result.stderr


def test_a_folder_is_no_place_for_the_result(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    result = scrapy_merge(folder, "-o", tmp_path)
    assert (result.returncode, list(tmp_path.iterdir())) == (2, [folder])
    assert "this is a folder" in result.stderr


def test_a_result_that_can_not_be_written_is_said_and_leaves_nothing(
    folder: Path, tmp_path: Path, scrapy_merge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, old = Path.replace, tmp_path / "out.xlsx"
    old.write_bytes(b"old")

    def refuse(self: Path, target: Path) -> Path:  # as Windows does while the old result is open in Excel
        if target.name == "out.xlsx":
            raise PermissionError(13, "Permission denied", str(self), None, str(target))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        patch.setattr("shopdata.files._RETRY_SECONDS", 0)
        result = scrapy_merge(folder, "-o", old)
    assert result.returncode == 1
    assert f"{old}: this can't be written. Found Permission denied" in result.stderr
    assert (old.read_bytes(), sorted(tmp_path.iterdir())) == (b"old", sorted([folder, old]))


def workbook(path: Path, *sheets: str) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title in sheets:
        sheet = book.create_sheet(title)
        sheet.append(["SKU", "可用库存"] if title.startswith("数据") else ["这是说明"])
        sheet.append(["7", 7] if title.startswith("数据") else [None])
    book.save(path)


@pytest.mark.parametrize("sheets", [("数据", "说明"), ("数据明细", "说明")])
def test_a_report_with_names_like_ours_is_no_earlier_result(
    folder: Path, tmp_path: Path, sheets: tuple[str, ...], scrapy_merge: Run
) -> None:
    workbook(folder / "三店.xlsx", *sheets)
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert result.returncode == 0
    assert "3 rows of 3 files" in result.stdout
    assert "1 warnings: --summary or the sheet 说明 tells them." in result.stderr


def test_workbooks_of_any_name_are_used_or_named(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    workbook(folder / "download", "数据")
    workbook(folder / "wps.et", "数据")
    with zipfile.ZipFile(folder / "binary.xlsb", "w") as package:
        package.writestr("xl/workbook.bin", b"")
    (folder / "LICENSE").write_text("a text, and no table")
    if os.name == "posix":
        (folder / "gone.xlsx").symlink_to(folder / "nowhere")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert result.returncode == 1
    assert "4 rows of 4 files" in result.stdout
    assert "binary.xlsb: the workbook can't be read. Found no worksheet" in result.stderr
    assert os.name != "posix" or "gone.xlsx: there is no file behind this name" in result.stderr
    assert "Skipped LICENSE: a text." in result.stderr


#: What lies in a folder -> how it is named; None for what is used. With the exit code, and the one of --strict.
ENTRIES = [
    pytest.param("a.md", b"# none of ours\n", "Skipped a.md: a text.", 0, 1, id="a-text"),
    pytest.param("a.pdf", b"%PDF-1.4\n", "Skipped a.pdf: a PDF document.", 0, 1, id="a-document"),
    pytest.param("a.xls", b"%PDF-1.4\n", "Left out a.xls: the file is no table. Found a PDF document", 1, 1, id="a-document-named-xls"),
    pytest.param("a.json", b'{"a": 1}', "Skipped a.json: JSON.", 0, 1, id="json"),
    pytest.param("a.md", b"", "Skipped a.md: an empty file.", 0, 1, id="an-empty-file"),
    pytest.param("a.xlsx", b"", "Left out a.xlsx: the file is no table. Found an empty file", 1, 1, id="an-empty-workbook"),
    pytest.param("a.csv", b"", "Left out a.csv: the file is no table. Found an empty file", 1, 1, id="an-empty-csv"),
    pytest.param("a.dat", b"SKU,a\n1,2\n", "Left out a.dat: a text named '.dat', which may be a copy. If it is meant to be merged, call it .csv.", 1, 1, id="a-table-of-another-name"),
    pytest.param("a.slk", b"ID;PWXL\nC;Y1;X1;K1\n", "Left out a.slk: a SYLK spreadsheet. Open it in", 1, 1, id="another-spreadsheet"),
    pytest.param("a.rar", b"Rar!\x1a\x07\0", "Left out a.rar: a RAR archive. Unpack it", 1, 1, id="an-archive"),
    pytest.param("~$b.xlsx", b"x", "Skipped ~$b.xlsx: it only says", 0, 0, id="a-lock"),
    pytest.param(".~lock.b.ods#", b"x", "Skipped .~lock.b.ods#: it only says", 0, 0, id="a-lock-of-libreoffice"),
    pytest.param(".b.xlsx", b"x", "Skipped .b.xlsx: a hidden file", 0, 0, id="a-hidden-file"),
    pytest.param("Thumbs.db", b"\xd0\xcf", "Skipped Thumbs.db: a hidden file, or one of the system", 0, 0, id="of-the-system"),
    pytest.param("三月", None, "Skipped 三月: a folder: what lies in folders of the folder is not merged.", 0, 1, id="a-folder"),
    pytest.param("b.xlsx", None, "Skipped b.xlsx: a folder", 0, 1, id="a-folder-named-like-a-workbook"),
    pytest.param("a.csv", "系统繁忙，请稍后再试".encode(), "Left out a.csv: the text is no table: nothing proves its columns", 1, 1, id="a-sentence"),
    pytest.param("a.xls", b"<input type=password><table><tr><td>a</td></tr></table>", "Left out a.xls: a web page came instead of a workbook. Found a login page", 1, 1, id="a-login-page"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "said", "code", "strict_code"), ENTRIES)
def test_every_entry_of_a_folder_is_used_or_named(
    tmp_path: Path,
    folder: Path,
    name: str,
    content: bytes | None,
    said: str,
    code: int,
    strict_code: int,
    scrapy_merge: Run,
) -> None:
    if content is None:
        (folder / name).mkdir()
        workbook(folder / name / "c.xlsx", "数据")
    else:
        (folder / name).write_bytes(content)
    strict = scrapy_merge(folder, "-o", tmp_path / "strict.xlsx", "--strict")
    assert (strict.returncode, (tmp_path / "strict.xlsx").exists()) == (strict_code, strict_code == 0)
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert (result.returncode, "2 rows of 2 files" in result.stdout) == (code, True)
    assert said in result.stderr
    assert said in strict.stderr


def test_a_copy_is_not_merged_a_second_time(folder: Path, tmp_path: Path, scrapy_merge: Run) -> None:
    (folder / "旗舰店.xlsx.bak").write_bytes((folder / "旗舰店.xlsx").read_bytes())
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert (result.returncode, "2 rows of 2 files" in result.stdout) == (1, True)
    assert "Left out 旗舰店.xlsx.bak: a workbook named '.bak', which may be a copy." in result.stderr


def test_a_folder_without_a_table_is_said_with_what_is_in_it(tmp_path: Path, scrapy_merge: Run) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.md").write_text("x")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert result.returncode == 2
    assert result.stderr.startswith("Skipped a.md: a text.\n")
    assert "there is no table in the folder" in result.stderr


@pytest.mark.parametrize("name", ["o.csv", "o.xls", "o.xlsm", "o", "o.parquet"])
def test_the_workbook_is_not_called_something_else(folder: Path, tmp_path: Path, name: str, scrapy_merge: Run) -> None:
    result = scrapy_merge(folder, "-o", tmp_path / name)
    assert (result.returncode, (tmp_path / name).exists()) == (2, False)
    assert "what -o writes is a workbook." in result.stderr
    assert "Call it o.xlsx" in result.stderr


@pytest.mark.parametrize("name", ["o.csv", "p.xlsx"])
def test_the_parquet_file_is_not_called_something_else(
    folder: Path, tmp_path: Path, name: str, scrapy_merge: Run
) -> None:
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--parquet", tmp_path / name)
    assert (result.returncode, list(tmp_path.iterdir())) == (2, [folder])
    assert "what --parquet writes is a Parquet file." in result.stderr


def test_results_in_the_folder_itself_are_no_sources(folder: Path, scrapy_merge: Run) -> None:
    for _ in range(2):
        result = scrapy_merge(folder, "-o", folder / "OUT.XLSX", "--parquet", folder / "out.parquet", "--strict")
        assert (result.returncode, "2 rows of 2 files" in result.stdout) == (0, True)


@pytest.mark.parametrize("name", ["a'b\"c", "😀:sob:", "x\ny", "[bold]x"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str, scrapy_merge: Run) -> None:
    if os.name == "nt" and not WINDOWS_NAME.fullmatch(name):
        pytest.skip("Windows has no file of this name")
    folder = tmp_path / "in"
    folder.mkdir()
    workbook(folder / f"{name}.xlsx", "数据")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--summary")
    assert (result.returncode, result.stderr) == (0, "")
    assert next(iter(openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"].values))[0] == "shop"
    assert openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"]["A2"].value == name
    assert all(line in result.stdout for line in f"{name}.xlsx".split("\n"))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode there")
def test_a_name_out_of_an_old_chinese_zip_is_read_as_such(tmp_path: Path, scrapy_merge: Run) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    workbook(folder / os.fsdecode("店铺.xlsx".encode("gb18030")), "数据")
    (folder / os.fsdecode("坏.xlsx".encode("gb18030"))).write_bytes(b"PK\x03\x04 cut")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--parquet", tmp_path / "out.parquet", "--summary")
    assert result.returncode == 1
    assert "Left out 坏.xlsx" in result.stderr
    assert pq.read_table(tmp_path / "out.parquet")["shop"].to_pylist() == ["店铺"]
    assert "店铺.xlsx" in result.stdout


def test_one_file_that_nobody_expected_does_not_stop_the_others(
    folder: Path, tmp_path: Path, scrapy_merge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shopdata.excel.merging import files

    def read(path: Path, *args: Any, **options: Any) -> Any:
        return {}["none"] if path.stem == "二店" else read_table(path, *args, **options)

    monkeypatch.setattr(files, "read_table", read)
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert result.returncode == 1
    assert "二店.xlsx: the file can't be read. Found KeyError: 'none'" in result.stderr
    assert "1 rows of 1 files" in result.stdout


def test_ctrl_c_leaves_nothing_half_done(
    folder: Path, tmp_path: Path, scrapy_merge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shopdata.excel.merging.merge.WorkbookWriter.write_notes", interrupt)
    (tmp_path / "out.xlsx").write_text("an earlier result")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--parquet", tmp_path / "out.parquet")
    assert (result.returncode, result.stderr) == (130, f"{NAMED}Stopped: earlier results stay as they were.\n")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out.xlsx"}
    assert (tmp_path / "out.xlsx").read_text() == "an earlier result"


def test_more_columns_than_a_sheet_can_hold_are_refused(tmp_path: Path, scrapy_merge: Run) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(9):
        names = ",".join(f"c{number}_{place}" for place in range(1900))
        (folder / f"{number}.csv").write_text(f"{names}\n1{',' * 1899}\n")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert result.returncode == 1
    assert "more different columns than a sheet can hold. Found 17,101, expected at most 16,384" in result.stderr
    assert list(tmp_path.iterdir()) == [folder]


def test_no_process_where_none_may_be(folder: Path, scrapy_merge: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopdata.excel.merging.files.FROM_BYTES", 0)
    monkeypatch.setattr("shopdata.excel.worker_processes.ProcessPoolExecutor", None)
    result = scrapy_merge(folder, "-o", folder.parent / "out.xlsx", SHOPDATA_WORKERS="0")
    assert "rows of 2 files" in result.stdout


@pytest.mark.parametrize("number", ["many", "-1", "1.5", "", "²", "9" * 5000], ids=lambda number: number[:9])
def test_a_number_of_processes_that_is_none(folder: Path, scrapy_merge: Run, number: str) -> None:
    result = scrapy_merge(folder, "-o", folder.parent / "out.xlsx", SHOPDATA_WORKERS=number)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"SHOPDATA_WORKERS: invalid number. Found {number[:60]!r}, expected a whole")


def test_totals_merged_cells_and_zips_are_taken_by_switches(tmp_path: Path, scrapy_merge: Run) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    book = openpyxl.Workbook()
    for row in (["省份", "数量"], ["华东", 5], [None, 6], ["合计", 11]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(folder / "甲.xlsx")
    with zipfile.ZipFile(folder / "乙.zip", "w") as package:
        for name, number in (("1.csv", 7), ("2.csv", 8)):
            package.writestr(name, f"省份,数量\n华北,{number}\n")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--summary")
    assert result.returncode == 1
    assert "乙.zip: the zip does not hold one table" in result.stderr
    assert "--join-zips" in result.stderr
    assert "甲.xlsx: row 4 looks like a total; kept" in result.stdout
    assert "甲.xlsx     3  row 1, certain" in result.stdout
    assert "甲.xlsx, column '省份': 1 cell is blank because the one above is merged over it" in result.stdout.replace(
        "\n", ""
    )
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--totals", "drop", "--fill-merged", "--join-zips")
    assert result.returncode == 0
    assert list(openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"].values)[1:] == [
        ("乙", "华北", 7),
        ("乙", "华北", 8),
        ("甲", "华东", 5),
        ("甲", "华东", 6),
    ]


def test_files_without_a_header_are_taken_by_a_switch(tmp_path: Path, scrapy_merge: Run) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "甲.csv").write_text("2026-03-01,茶,5\n2026-03-02,酒,6\n", "utf-8")
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx")
    assert result.returncode == 1
    assert "甲.csv: no header was found. Found 2026-03-01, 茶, 5" in result.stderr
    assert "--no-header" in result.stderr
    result = scrapy_merge(folder, "-o", tmp_path / "out.xlsx", "--no-header")
    assert (result.returncode, result.stderr) == (0, "")
    assert list(openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"].values) == [
        ("shop", "column_A", "column_B", "column_C"),
        ("甲", "2026-03-01", "茶", 5),
        ("甲", "2026-03-02", "酒", 6),
    ]
