"""The tables of texts: each key once, with its text in every language."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from functools import cache

import yaml

#: By the code that settings and addresses have, with what HTML and browsers call the language.
TAGS = {"zh": "zh-CN", "en": "en"}

# libyaml reads hundreds of texts in milliseconds; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def catalogue(language: str) -> Mapping[str, str]:
    """The texts of a language by their keys."""
    return _tables()[language]


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    texts: dict[str, dict[str, str]] = {code: {} for code in TAGS}
    for file in (importlib.resources.files(__package__) / "tables").iterdir():
        for key, entry in yaml.load(file.read_text("utf-8"), _LOADER).items():  # noqa: S506 - both are safe
            for code in TAGS:
                texts[code][key] = entry[code]
    return texts
