"""How recipes read Pinduoduo's answers: `$` is the `result`, where there is one (docs/portals.md 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopdata.crawling.recipes.dialect import Dialect, Refusal
from shopdata.platforms.pdd.answers import error_code, error_text, is_no


def _refusal(answer: Mapping[str, Any]) -> Refusal | None:
    return Refusal(error_text(answer), str(error_code(answer))) if is_no(answer) else None


DIALECT = Dialect(refusal=_refusal, content=lambda answer: answer.get("result", answer))
