"""What a person has said about a recording that no recording shows: titles, lags, and what a column is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shopdata.actions.recorded import Draft
from shopdata.texts import one_line

_LONGEST_TITLE = 60
_MOST_LAG = 60


def answered(draft: Draft, form: Mapping[str, Any]) -> Draft:
    """The draft as the person wants it; what is no name of a column counts for nothing."""
    ids, keys, personal = (set(map(str, form.get(field, ()))) for field in ("ids", "keys", "personal"))
    draft = draft.with_columns(ids, keys, personal)
    lag = str(form.get("lag_days", ""))
    contract = {
        **draft.contract,
        "title": one_line(str(form.get("title", "")), _LONGEST_TITLE).strip() or draft.contract["title"],
        "lag_days": min(int(lag), _MOST_LAG) if lag.isascii() and lag.isdigit() else draft.contract["lag_days"],
    }
    if form.get("keep_totals") and draft.has_totals:
        draft = draft.with_totals()
        contract |= {"totals": "keep"}
    if form.get("allow_empty"):
        contract["allow_empty"] = True
    else:
        contract.pop("allow_empty", None)
    return replace(draft, contract=contract)
