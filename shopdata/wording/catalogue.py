"""The tables of texts: each key once, with its text in every language."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any

import yaml

#: By the code that settings and addresses have, with what HTML and browsers call the language.
TAGS = {"zh": "zh-CN", "en": "en"}

# libyaml reads hundreds of texts in milliseconds; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Catalogue(Mapping[str, Mapping[str, str]]):
    """Texts by language and key; the tables are read when the first text is wanted."""

    def __init__(self, *folders: Traversable) -> None:
        self._folders = list(folders)

    def add(self, folder: Traversable) -> None:
        """Takes in one more folder of tables."""
        if folder not in self._folders:
            self._folders.append(folder)
            self.__dict__.pop("_texts", None)

    @cached_property
    def _texts(self) -> dict[str, dict[str, str]]:
        texts: dict[str, dict[str, str]] = {code: {} for code in TAGS}
        for folder in self._folders:
            for key, entry in read_tables(folder):
                for code in TAGS:
                    texts[code][key] = entry[code]
        return texts

    def __getitem__(self, code: str) -> Mapping[str, str]:
        return self._texts[code]

    def __iter__(self) -> Iterator[str]:
        return iter(TAGS)

    def __len__(self) -> int:
        return len(TAGS)


def read_tables(folder: Traversable) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every key of the tables in a folder with its texts by language, as they are written there."""
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            yield from (yaml.load(file.read_text("utf-8"), _LOADER) or {}).items()  # noqa: S506 - both are safe


CATALOGUES = Catalogue(importlib.resources.files(__package__) / "tables")


def add_tables(folder: Traversable) -> None:
    """Takes in texts that a package outside brings along, a platform for example; a key of ours it may replace."""
    CATALOGUES.add(folder)
