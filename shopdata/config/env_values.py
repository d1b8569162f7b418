"""What comes along unseen when a value is copied into a variable, and makes it another value."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from shopdata.exceptions import UsageError

_NAMES = {
    " ": "a blank",
    "\t": "a tab",
    "\n": "a line end",
    "\r": "a line end",
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\u3000": "a full-width blank",
    "\ufeff": "a byte order mark",
}


def blemish(value: str) -> str:
    """How this value begins, ends, or what it holds, that nobody can have meant; "" if there is nothing.

    Never more than the one sign: the value may be a secret.
    """
    for sign, verb in ((value[:1], "begins with"), (value[-1:], "ends with")):
        if sign and (sign.isspace() or unicodedata.category(sign) in ("Cc", "Cf", "Zs", "Zl", "Zp")):
            return f"{verb} {_named(sign)}"
    for sign in value:
        if unicodedata.category(sign) in ("Cc", "Cs"):
            return f"holds {_named(sign)}"
    return ""


def without_blemish(value: str) -> str:
    """What is left of it, so that the rest of a file can be checked."""
    inside = "".join(sign for sign in value if unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    return inside.strip()


def variable_problem(name: str, value: str, where: str) -> UsageError | None:
    """The sentence about a variable whose value has a blemish."""
    odd = blemish(value)
    if not odd:
        return None
    return UsageError(
        f"the value of the environment variable {name} {odd}",
        where=where,
        todo=f"Set {name} anew without it; it often comes along when a value is copied or read from a file.",
    )


def odd_settings(values: Mapping[str, object], names: Iterable[str]) -> Iterator[UsageError]:
    """What is wrong with the variables that no file of the configuration names."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and (problem := variable_problem(name, value, "the environment")):
            yield problem


def _named(sign: str) -> str:
    if unicodedata.category(sign) == "Cs":
        return "bytes that are not UTF-8"
    return f"{_NAMES.get(sign, unicodedata.name(sign, 'a control character').lower())} (U+{ord(sign):04X})"
