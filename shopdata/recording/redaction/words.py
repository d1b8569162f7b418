"""The words of a recipe: constants that have a stand-in in the journal and must stand in the recipe as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shopdata.recording.inference.told import NotInferredError

#: A constant with more digits in a row is somebody's number.
_NUMBER = re.compile(r"\d{8}")
_MOST_SIGNS = 200


class NotTheSameError(Exception):
    """Raised where two recipes differ in more than their constants."""


def words_between(redacted: Any, plain: Any) -> dict[str, str]:
    """What stands for what, by two recipes that are the same but for their constants. Raises NotTheSameError."""
    words: dict[str, str] = {}
    _compare(redacted, plain, words)
    return words


def _compare(one: Any, other: Any, into: dict[str, str]) -> None:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key, part in one.items():
            _compare(part, other[key], into)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for part, its in zip(one, other, strict=True):
            _compare(part, its, into)
    elif one == other and type(one) is type(other):
        return
    elif isinstance(one, str | int) and isinstance(other, str | int) and type(one) is type(other):
        if into.setdefault(str(one), str(other)) != str(other):
            raise NotTheSameError
    else:
        raise NotTheSameError


def with_words(value: Any, words: Mapping[str, str]) -> Any:
    """A recipe with its constants in place of what stands for them."""
    if isinstance(value, dict):
        return {key: with_words(part, words) for key, part in value.items()}
    if isinstance(value, list):
        return [with_words(part, words) for part in value]
    if isinstance(value, bool) or not isinstance(value, str | int) or str(value) not in words:
        return value
    return type(value)(words[str(value)])


def check_words(words: Mapping[str, str], secrets: frozenset[str]) -> None:
    """Raises NotInferredError for a constant that is known to be secret, or looks like somebody's number."""
    for word in words.values():
        if any(secret in word for secret in secrets) or _NUMBER.search(word) or len(word) > _MOST_SIGNS:
            raise NotInferredError("secret_constant", signs=len(word))
