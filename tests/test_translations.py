"""What a document says in English and in Chinese is the same: headings, code, tables, links and numbers.

What other tests find out about an English table (`test_when_it_fails.py`, for example) holds of the Chinese one too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_reference import links_of

ROOT = Path(__file__).parents[1]
DOCS = (
    "checks",
    "cluster",
    "doctor",
    "engines",
    "operate",
    "shadow",
    "shops",
    "sign-in-from-the-board",
    "when-it-fails",
    "recipes",
    "record",
    "reference",
)
ENGLISH = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in DOCS)]
BLOCK = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`+([^`]+)`+")
#: Cells that are words, and have to be these.
WORDS = {"yes": "是", "no": "否", "the same": "同上", "The same": "同上", "as the first time": "同第一次"}


def in_chinese(path: Path) -> Path:
    return path.with_name(f"{path.stem}.zh-CN.md")


PAIRS = [pytest.param(path, in_chinese(path), id=path.stem) for path in ENGLISH]


@dataclass(frozen=True)
class Section:
    """What stands below a heading."""

    level: int
    title: str
    prose: str
    blocks: list[str]

    @property
    def rows(self) -> list[list[str]]:
        lines = [line for line in self.prose.splitlines() if line.startswith("|")]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    @property
    def shape(self) -> list[str]:
        """How each paragraph or entry of a list begins: `-`, `1.`, or nothing."""
        return re.findall(r"(?:\A|\n\n|\n(?= *(?:-|\d\.) )) *(-|\d\.|(?=\S))", self.prose.strip())

    @property
    def numbers(self) -> set[str]:
        """Digits outside of code and links."""
        text = re.sub(r"\]\([^)]*\)", "]", CODE.sub("", self.prose))
        return set(re.findall(r"\d[\d.,:]*\d|\d", text))


def sections(path: Path) -> list[Section]:
    text = path.read_text("utf-8")
    blocks = BLOCK.findall(text)
    parts = re.split(r"^(#+) (.+)$", BLOCK.sub("\0", text), flags=re.MULTILINE)[1:]
    found = []
    for level, title, prose in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        count = prose.count("\0")
        found.append(Section(len(level), title, prose.replace("\0", ""), blocks[:count]))
        blocks = blocks[count:]
    return found


def without_remarks(block: str) -> str:
    """Remarks in code are in the reader's language."""
    return "\n".join(line for line in re.sub(r"(?:^| ) *# .*$", "", block, flags=re.MULTILINE).splitlines() if line)


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_the_headings_are_the_same(english: Path, chinese: Path) -> None:
    assert [part.level for part in sections(english)] == [part.level for part in sections(chinese)]


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_the_paragraphs_are_the_same(english: Path, chinese: Path) -> None:
    for ours, theirs in zip(sections(english), sections(chinese), strict=True):
        assert ours.shape == theirs.shape, theirs.title


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_the_code_is_the_same(english: Path, chinese: Path) -> None:
    """Blocks line by line, and what stands in marks section by section."""
    for ours, theirs in zip(sections(english), sections(chinese), strict=True):
        assert [without_remarks(block) for block in ours.blocks] == [without_remarks(block) for block in theirs.blocks]
        assert set(CODE.findall(ours.prose)) == set(CODE.findall(theirs.prose)), theirs.title


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_the_tables_are_the_same(english: Path, chinese: Path) -> None:
    """Row by row; a cell that is only code or only Chinese is the same in both."""
    for ours, theirs in zip(sections(english), sections(chinese), strict=True):
        assert len(ours.rows) == len(theirs.rows), theirs.title
        for row, other in zip(ours.rows, theirs.rows, strict=True):
            assert len(row) == len(other), other
            for cell, told in zip(row, other, strict=True):
                assert set(CODE.findall(cell)) == set(CODE.findall(told)), told
                if not re.search("[A-Za-z]", CODE.sub("", cell)) or cell in WORDS:
                    assert told == WORDS.get(cell, cell)


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_a_number_of_the_english_stands_in_the_chinese_too(english: Path, chinese: Path) -> None:
    """The Chinese may have more: it writes some as digits that are words in English."""
    for ours, theirs in zip(sections(english), sections(chinese), strict=True):
        assert ours.numbers - theirs.numbers == set(), theirs.title


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_the_links_are_the_same(english: Path, chinese: Path) -> None:
    """Where there is a Chinese document, the Chinese one links it, and the heading that stands in the same place."""
    assert chinese.name in links_of(english)
    assert english.name in links_of(chinese)
    expected = {in_place(english, link) for link in links_of(english)} - {chinese.name}
    assert set(links_of(chinese)) - {english.name} == expected


def in_place(document: Path, link: str) -> str:
    """A link of an English document as the Chinese one has it."""
    file, mark, fragment = link.partition("#")
    target = (document.parent / file).resolve() if file else document
    if target not in ENGLISH:
        return link
    anchors = dict(zip(map(anchor, sections(target)), map(anchor, sections(in_chinese(target))), strict=True))
    return (file and file.removesuffix(".md") + ".zh-CN.md") + mark + (fragment and anchors[fragment])


def anchor(part: Section) -> str:
    return re.sub(r"[^\w\- ]", "", part.title.lower()).replace(" ", "-")
