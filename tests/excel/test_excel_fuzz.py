"""Broken files: bits turned, ends cut, members swapped, XML mangled. Allowed is a clean refusal, or the right table.

`SHOPDATA_TEST_EXAMPLES` raises the number of broken files of each kind (default 40).
"""

from __future__ import annotations

import os
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import foreign
import pytest
from foreign import DATASET, EXPECTED, FIXTURES, rows_of

from shopdata.excel import read_table
from shopdata.exceptions import RejectedFileError

EXAMPLES = int(os.environ.get("SHOPDATA_TEST_EXAMPLES", "40"))


def sources(folder: Path) -> list[Path]:
    """Files of every container, with the one table in them."""
    made = [
        foreign.write_xlsxwriter(folder / "shared.xlsx"),
        foreign.write_xlsxwriter(folder / "inline.xlsx", inline=True),
    ]
    kept = [
        FIXTURES / name
        for name in ("libreoffice.xlsx", "libreoffice.xls", "xlwt.xls", "libreoffice.html", "gb18030.csv")
    ]
    return made + kept


def turn_bits(data: bytes, rng: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
    return bytes(broken)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def cut_out(data: bytes, rng: random.Random) -> bytes:
    begin = rng.randrange(len(data))
    return data[:begin] + data[begin + rng.randrange(1, 200) :]


def repeat(data: bytes, rng: random.Random) -> bytes:
    begin = rng.randrange(len(data))
    return data[:begin] + data[begin : begin + 100] * rng.randrange(2, 5) + data[begin:]


def read_or_refuse(path: Path) -> list[list[str | None]] | None:
    """The rows, or None for a refusal with a whole sentence. Anything else fails the test."""
    try:
        return rows_of(read_table(path, DATASET))
    except RejectedFileError as error:
        assert error.todo  # noqa: PT017 - a refusal is allowed here, not demanded
        return None


@pytest.mark.filterwarnings("ignore")  # what foreign parsers find odd in broken files
@pytest.mark.timeout(120 + EXAMPLES)
@pytest.mark.parametrize("breaker", [turn_bits, cut, cut_out, repeat])
def test_a_broken_file_is_refused_or_read_right(
    tmp_path: Path, breaker: Callable[[bytes, random.Random], bytes]
) -> None:
    rng = random.Random(breaker.__name__)
    refused = 0
    files = sources(tmp_path)
    whole = {path: read_table(path, DATASET) for path in files}
    for number in range(EXAMPLES):
        source = files[number % len(files)]
        path = tmp_path / "broken"
        path.write_bytes(breaker(source.read_bytes(), rng))
        rows = read_or_refuse(path)
        refused += rows is None
        # A zip has checksums: what was read in spite of the damage is what stood there. The others have none.
        if rows is not None and source.suffix == ".xlsx":
            assert rows == rows_of(whole[source])
    assert refused > EXAMPLES / 4


def mangle(xml: str, rng: random.Random) -> str:
    """A change that keeps the zip whole: the reader of the XML must notice, or read what now stands there."""
    tags = list(re.finditer(r"<[^>]*>", xml))
    tag = rng.choice(tags)
    other = rng.choice(tags)
    match rng.randrange(5):
        case 0:
            return xml[: tag.start()] + xml[tag.end() :]
        case 1:
            return xml[: tag.start()] + other[0] + xml[tag.start() :]
        case 2:
            return xml[: tag.start()] + "<!-- -->" + xml[tag.start() :]
        case 3:
            return xml[: rng.randrange(len(xml))]
    place = rng.randrange(len(xml))
    return xml[:place] + rng.choice('<>&"=/ \x01\ufffe') + xml[place + 1 :]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(120 + EXAMPLES)
@pytest.mark.parametrize("inline", [False, True], ids=["shared", "inline"])
def test_fast_and_full_parser_agree_on_mangled_xml(
    tmp_path: Path, inline: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fast reader may hand over to the full parser, and then be refused; it must never see another table."""
    from shopdata.excel import reading

    source = foreign.write_xlsxwriter(tmp_path / "a.xlsx", inline=inline)
    rng = random.Random(7)
    with zipfile.ZipFile(source) as package:
        members = {name: package.read(name) for name in package.namelist()}
    kept = 0
    for _ in range(EXAMPLES * 2):
        name = rng.choice(
            ["xl/worksheets/sheet1.xml"] * 3 + ["xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"]
        )
        if name not in members:
            continue
        path = tmp_path / "broken.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for member, data in members.items():
                package.writestr(member, mangle(data.decode(), rng).encode() if member == name else data)
        fast = read_or_refuse(path)
        with monkeypatch.context() as patch:
            patch.setattr(reading, "fast_sheets", reading.parsed_sheets)
            full = read_or_refuse(path)
        if full is not None:
            assert fast == full
            kept += 1
    assert kept


@pytest.mark.filterwarnings("ignore")
def test_swapped_members_are_noticed(tmp_path: Path) -> None:
    with zipfile.ZipFile(foreign.write_xlsxwriter(tmp_path / "a.xlsx")) as package:
        members = {name: package.read(name) for name in package.namelist()}
    names = sorted(members)
    for first in names:
        for second in names:
            if first < second:
                swapped = members | {first: members[second], second: members[first]}
                path = tmp_path / "swapped.xlsx"
                with zipfile.ZipFile(path, "w") as package:
                    for name, data in swapped.items():
                        package.writestr(name, data)
                assert read_or_refuse(path) in (None, EXPECTED)
