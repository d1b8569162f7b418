"""The files that a page of the documentation tells its reader to write."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_FENCE = re.compile(r"^```(?:python|yaml|toml|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"^(?:In )?`([\w./-]+\.(?:py|yaml|toml|json))`", re.MULTILINE)


def files_on(page: str) -> dict[str, str]:
    """By path: a block of code belongs to the path that begins a paragraph nearest above it."""
    text = (DOCS / page).read_text("utf-8")
    found: dict[str, str] = {}
    for block in _FENCE.finditer(text):
        paths = list(_PATH.finditer(text, 0, block.start()))
        # A path names one file; further blocks below it are asides.
        if paths and paths[-1][1] not in found:
            found[paths[-1][1]] = block[1]
    return found
