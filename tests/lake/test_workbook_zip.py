"""The zip around a merged workbook."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from pathlib import Path

import pytest

from shopdata.lake import workbook_zip
from shopdata.lake.excel_container import Limits, Package
from shopdata.lake.workbook_zip import ZipWriter, combine_crc, deflate

PARTS = [random.Random(seed).randbytes(1000 * seed) + b"x" * 5000 for seed in range(4)]


def written() -> zipfile.ZipFile:
    file = io.BytesIO()
    writer = ZipWriter(file)
    writer.write("first.xml", b"<a/>")
    writer.write_pieces("xl/数据.xml", map(deflate, PARTS))
    writer.write("last.xml", b"<z/>")
    writer.close()
    return zipfile.ZipFile(file)


@pytest.mark.parametrize("large_from", [0xFFFFFFFF, 20_000, 100], ids=["usual", "large-zip", "large-members"])
def test_what_goes_in_comes_out(monkeypatch: pytest.MonkeyPatch, large_from: int) -> None:
    monkeypatch.setattr(workbook_zip, "_LARGE_FROM", large_from)
    package = written()
    assert package.testzip() is None
    assert package.namelist() == ["first.xml", "xl/数据.xml", "last.xml"]
    assert package.read("xl/数据.xml") == b"".join(PARTS)
    assert package.read("last.xml") == b"<z/>"


def test_our_reader_knows_large_zips_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workbook_zip, "_LARGE_FROM", 100)
    path = tmp_path / "a.zip"
    path.write_bytes(written().fp.getvalue())  # type: ignore[union-attr]
    with Package(path, Limits(), "a.zip") as package:
        assert package.read("xl/数据.xml") == b"".join(PARTS)


def test_checksums_are_combined() -> None:
    total = 0
    for part in PARTS:
        total = combine_crc(total, zlib.crc32(part), len(part))
    assert total == zlib.crc32(b"".join(PARTS))
    assert combine_crc(7, 0, 0) == 7
