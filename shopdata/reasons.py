"""Why something is not there, as data: a code, the facts that go with it, and the sentence that a person reads.

It is made where an error is caught, and goes from there into the ledger, receipts, `scrapy status --json`, alerts and
the board. Nobody reads the sentence back: what depends on the reason depends on its code.
`wording/tables/reasons.yaml` has the texts of each code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shopdata.exceptions import ShopdataError
from shopdata.texts import one_line

#: A value of `Reason.params`.
Param = str | int | float | bool | None | tuple[str | int | float | bool | None, ...]

#: Only a sentence is known: it was written by a version that kept no codes, or by another hand.
UNKNOWN = "unknown"

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: So many facts, members of a list, and characters of a text are kept.
_MOST_PARAMS, _MOST_MEMBERS, _MOST_CHARACTERS = 12, 20, 200


@dataclass(frozen=True)
class Reason:
    """A reason; without arguments, none: false, and equal to every other that is none.

    Args:
        code: snake_case; a key of the texts.
        params: JSON scalars or short lists of them. They are cut and cleaned as sentences are, and are never secrets.
        text: a sentence, in English.
    """

    code: str = ""
    params: Mapping[str, Param] = field(default_factory=dict, hash=False)
    text: str = ""

    def __post_init__(self) -> None:
        if self.code and not _CODE.fullmatch(self.code):
            object.__setattr__(self, "code", UNKNOWN)
        params = {
            str(name)[:_MOST_CHARACTERS]: _clean(value) for name, value in list(self.params.items())[:_MOST_PARAMS]
        }
        object.__setattr__(self, "params", params)

    def __bool__(self) -> bool:
        return bool(self.code or self.text)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, error: BaseException | None) -> Reason:
        """From an error, where it is caught."""
        if isinstance(error, ShopdataError):
            return cls(error.code, error.params, str(error))
        name = type(error).__name__
        # Only the kind: the text of an unknown error may hold anything.
        text = f"an unexpected {name}: this is a mistake in the program; the log has its traceback."
        return cls("bug", {"error": name}, text)

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Reason:
        """From what `as_json` has made, or an earlier version, which had only `reason`."""
        text, params = str(entry.get("reason") or ""), entry.get("params")
        code = str(entry.get("code") or (UNKNOWN if text else ""))
        return cls(code, params if isinstance(params, Mapping) else {}, text)

    def as_json(self) -> dict[str, Any]:
        """As receipts and `scrapy status --json` have it: `reason` is the sentence."""
        params = {name: list(value) if isinstance(value, tuple) else value for name, value in self.params.items()}
        return {"reason": self.text, "code": self.code, "params": params}


NO_REASON = Reason()


def _clean(value: Any) -> Param:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(_scalar(member) for member in list(value)[:_MOST_MEMBERS])
    return _scalar(value)


def _scalar(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return one_line(str(value), _MOST_CHARACTERS)
