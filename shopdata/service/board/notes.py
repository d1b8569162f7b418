"""Why, in few words: what became of a slot of the clock, and why a shop is missing."""

from __future__ import annotations

from collections.abc import Sequence

from shopdata.alerts.causes import trouble_of
from shopdata.alerts.in_words import in_brackets
from shopdata.reasons import Reason
from shopdata.service.control import Due
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import WORDLESS, detail_of, kind_of, title_of, todo_of


def slot_note(t: Texts, entry: Due) -> str:
    """What became of an entry's last slot; of slots that an earlier version has decided, what it wrote."""
    return slot_words(t, entry.last_reasons) or entry.last_note


def slot_words(t: Texts, reasons: Sequence[Reason]) -> str:
    """What became of a slot, for people."""
    told = []
    for reason in reasons:
        late = reason.params.get("late_seconds")
        told.append(
            t(f"slot_note.{reason.code}", **{**reason.params, "late": t.length(late) if isinstance(late, int) else ""})
        )
    return t("format.and_then").join(told)


def in_short(t: Texts, state: CellState, reason: Reason) -> tuple[str, ...]:
    """Why, and what to do, as alerts say it; the ledger's own sentence has the particulars.

    Empty where there are no words for it.
    """
    is_doubtful = kind_of(reason.code) == "doubtful"
    if state not in (CellState.NEEDS_LOGIN, CellState.FAILED, CellState.REJECTED) and not is_doubtful:
        return ()
    kind = trouble_of(state, reason, shop="", name="", dt="").kind
    if kind in WORDLESS:
        return ()
    return (in_brackets(t, title_of(t, kind), detail_of(t, reason)), todo_of(t, kind))


def tip(t: Texts, state: str, reason: Reason) -> str:
    """What is seen when one points at a cell: why, in short where there are words for it."""
    try:
        short = in_short(t, CellState(state), reason)
    except ValueError:
        # A state of pages only.
        short = ()
    return short[0] if short else reason.text
