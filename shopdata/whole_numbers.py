"""Settings that are whole numbers, wherever they come from: a variable is a text."""

from __future__ import annotations

from shopdata.exceptions import ArgumentError

_MOST = 1_000_000


def whole_number(value: object, setting: str, least: int = 1) -> int:
    """The number that a setting's value stands for.

    Raises:
        ArgumentError: it is none, or less than `least`.
    """
    text = str(value)
    if text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and least <= int(text) <= _MOST:
        return int(text)
    raise ArgumentError(
        "invalid number",
        where=setting,
        found=repr(text[:60]),
        expected=f"a whole number from {least} to {_MOST}",
        todo="Fix it, or unset it.",
    )
