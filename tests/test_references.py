"""What code, tests and documents refer to is in the repository: the document, and the place in it.

Links of documents are followed by tests/test_reference.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("shopdata", "sandbox", "tests", "benchmarks", "pipelines_config", "docs", ".ci", ".github")
KINDS = {".py", ".md", ".yaml", ".yml", ".js", ".html", ".css", ".toml", ".in", ".bat", ""}
#: `docs/portals.md 4.3, 8.1`, `docs/reference.md#receipt`, `CONTRIBUTING.md#errors`, or a document as a whole.
REFERENCE = re.compile(
    r"\b((?:docs|benchmarks)/[\w.-]+\.md|(?<!/)[A-Z]{3,}[\w.-]*\.md)"
    r"(?:#([\w-]+)| (\d+(?:\.\d+)*(?:(?:,| and|,? to) \d+(?:\.\d+)*)*))?"
)
#: A file of code in a folder; those of examples are none of ours.
MODULE = re.compile(r"`((?!acme)(?:\w+/)+(?!jd_example|example|test_jd_example)\w+\.py)`")
PLACES = ("", "shopdata", "shopdata/service", "sandbox", "tests")
#: A word in capitals and a number of two parts: how documents are named that only their author has.
ELSEWHERE = re.compile(r"\b(?!HTTP\b|JSON\b|XLSB\b)[A-Z]{4,} (?:section )?\d+\.\d+")


def texts() -> Iterator[tuple[str, str]]:
    """All that people write here, by its path."""
    paths = [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    for path in paths:
        if path.is_file() and path.suffix in KINDS and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


@cache
def places_in(document: str) -> frozenset[str]:
    """Numbers of sections and of numbered rows, and the fragments of headings as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```", "", (ROOT / document).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    numbers = re.findall(r"^(?:#+|\|) (\d+(?:\.\d+)*)\b", text, flags=re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return frozenset({*numbers, *(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)})


def test_every_reference_leads_somewhere() -> None:
    lost: set[str] = set()
    followed = 0
    for path, text in texts():
        for found in REFERENCE.finditer(text):
            document, fragment, numbers = found.groups()
            places = {fragment} if fragment else set(re.findall(r"\d+(?:\.\d+)*", numbers or ""))
            is_here = (ROOT / document).is_file()
            if not is_here or places - places_in(document):
                lost.add(f"{path}: {found[0]}")
            followed += len(places)
    assert lost == set()
    assert followed > 100


def test_no_reference_to_what_only_its_author_has() -> None:
    assert [f"{path}: {found[0]}" for path, text in texts() for found in ELSEWHERE.finditer(text)] == []


def test_every_module_that_is_named_is_there() -> None:
    named = {(path, found[1]) for path, text in texts() for found in MODULE.finditer(text)}
    assert len(named) > 20
    assert [pair for pair in named if not any((ROOT / place / pair[1]).is_file() for place in PLACES)] == []
