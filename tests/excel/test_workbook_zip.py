"""The zip around a merged workbook."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from shopdata.excel.containers.zip_package import Package
from shopdata.excel.limits import Limits
from shopdata.excel.workbook import zip as workbook_zip
from shopdata.excel.workbook.zip import ZipWriter, combine_crc, deflate

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


def test_the_local_header_of_a_large_member_tells_its_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_zip, "_LARGE_FROM", 20_000)
    package = written()
    for name, is_large in (("first.xml", False), ("xl/数据.xml", True)):
        info = package.getinfo(name)
        header = package.fp.getvalue()[info.header_offset :]  # type: ignore[union-attr]
        packed, size, name_length = struct.unpack_from("<IIH", header, 18)
        kind, length, large_size, large_packed = struct.unpack_from("<HHQQ", header, 30 + name_length)
        assert length == 16
        assert kind == (1 if is_large else 0xA220)
        assert (
            (large_packed, large_size) == (info.compress_size, info.file_size)
            if is_large
            else packed == info.compress_size
        )
        assert (packed == size == 0xFFFFFFFF) is is_large


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
