"""Which language a reader gets: by setting, by the system, by a browser."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from shopdata.exceptions import ArgumentError
from shopdata.wording.texts import TAGS, Texts

SETTING = "SHOPDATA_LANGUAGE"
#: What whoever sits at no terminal of ours reads, where the setting says nothing: a group chat, the board.
FOR_GROUPS = "zh"
#: What POSIX asks, the strongest first.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
#: The lower ten bits of a LANGID of Windows.
_WINDOWS_LANGUAGE, _WINDOWS_CHINESE = 0x3FF, 0x04


def chosen_language(settings: Mapping[str, Any]) -> str | None:
    """The language of the setting; None if it is left to the system.

    Raises:
        ArgumentError: there is no such language.
    """
    written = str(settings.get(SETTING) or "").strip()
    if not written:
        return None
    code = _code(written)
    if code not in TAGS:
        raise ArgumentError(
            "this language is not there",
            where=SETTING,
            found=repr(written),
            expected=" or ".join(TAGS),
            todo="Set one of them, or leave it empty: then LC_ALL, LC_MESSAGES and LANG choose.",
        )
    return code


def system_language() -> str:
    """The language of the person at this terminal: Chinese where the system says so, else English."""
    for name in _VARIABLES:
        if value := os.environ.get(name):
            return "zh" if _code(value) == "zh" else "en"
    return "zh" if os.name == "nt" and _is_windows_chinese() else "en"


def terminal_texts(settings: Mapping[str, Any]) -> Texts:
    """What commands print. Raises ArgumentError."""
    return Texts(chosen_language(settings) or system_language())


def group_texts(settings: Mapping[str, Any]) -> Texts:
    """What is told to people who sit elsewhere: the system's language is not theirs. Raises ArgumentError."""
    return Texts(chosen_language(settings) or FOR_GROUPS)


def browser_texts(query: str | None, cookie: str | None, accept: str | None, default: str) -> Texts:
    """The language that was asked for, else the one that was asked for before, else the browser's, else the default."""
    for code in (query, cookie, *_accepted(accept or "")):
        if code in TAGS:
            return Texts(code)
    return Texts(default)


def _code(written: str) -> str:
    """The language of `zh_CN.UTF-8`, `zh-Hans-CN`, `EN`."""
    return written.replace("-", "_").partition("_")[0].partition(".")[0].lower()


def _is_windows_chinese() -> bool:
    import ctypes

    # Not `locale`: that tells in which form dates are written, and what it calls languages is its own affair.
    return bool(ctypes.windll.kernel32.GetUserDefaultUILanguage() & _WINDOWS_LANGUAGE == _WINDOWS_CHINESE)  # type: ignore[attr-defined]


def _accepted(header: str) -> list[str]:
    """The languages of an `Accept-Language` header, the most wanted first, without their regions."""
    found: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if quality > 0:
            found.append((quality, name.strip().partition("-")[0].lower()))
    return [name for _, name in sorted(found, key=lambda pair: -pair[0])]
