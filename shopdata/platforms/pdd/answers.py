"""How Pinduoduo's answers say no, in two spellings, whatever the HTTP status is (docs/portals.md 1.2)."""

from __future__ import annotations

from typing import Any

#: Stands for a code that is no number.
NO_CODE = -1
#: `success`, where it is one.
_YES = frozenset({"true", "1", "yes", "ok", "success"})


def error_code(data: Any) -> int:
    """The error code of an answer, in either of its two spellings; 0 where there is none or it means success."""
    if not isinstance(data, dict):
        return 0
    for name in ("error_code", "errorCode"):
        code = _code(data.get(name))
        if code not in (0, 1000000):
            return code
    return 0


def _code(value: Any) -> int:
    if not value:
        return 0
    try:
        return NO_CODE if isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError):
        return NO_CODE


def error_text(data: Any) -> str:
    """The error message of an answer, in either spelling."""
    if not isinstance(data, dict):
        return ""
    return str(data.get("error_msg") or data.get("errorMsg") or "")


def is_no(data: Any) -> bool:
    """True for an answer that is no success. Neither `success` nor a code is always there, and portals write a truth as
    a number or a word, too: whatever is none of `_YES` is a no."""
    if not isinstance(data, dict):
        return False
    told = data.get("success")
    return error_code(data) != 0 or not (told is None or str(told).strip().casefold() in _YES)
