"""What JD's advertising host 京准通 answers (docs/portals.md 8.13): other codes than the report centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopdata.crawling.recipes.dialect import Dialect, Refusal

#: "Nobody is signed in", as a code or in words.
SIGNED_OUT = 2001
SIGNED_OUT_TEXT = "未登录"


def is_signed_out(answer: Any) -> bool:
    """True for an answer to a session that has ended."""
    if not isinstance(answer, dict):
        return False
    return str(answer.get("code")) == str(SIGNED_OUT) or SIGNED_OUT_TEXT in str(answer.get("msg") or "")


def _refusal(answer: Mapping[str, Any]) -> Refusal | None:
    """Good is code 1 outside and RC_SUCCESS inside."""
    data = answer.get("data")
    inner = data if isinstance(data, dict) else {}
    if str(answer.get("code")) == "1" and inner.get("code") == "RC_SUCCESS":
        return None
    code = inner.get("code") or answer.get("code")
    return Refusal(str(inner.get("msg") or answer.get("msg") or ""), str(code))


#: For recipes: `$` is the `data`.
ADVERTISING = Dialect(refusal=_refusal, content=lambda answer: answer.get("data"))
