"""More than half of a day's shops doubtful at once: that is the portal's day, and is told as a whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shopdata.alerts.causes import Trouble
from shopdata.alerts.changes import Changes
from shopdata.alerts.snapshot import DayNote

#: What a portal does to all shops alike as long as its day is not ready; other checks find what stands in a file.
KINDS = frozenset({"few_rows", "zero_rows", "same_file"})
#: Fewer are named.
_FEWEST_SHOPS = 3


def notes_in_common(change: Changes) -> tuple[DayNote, ...]:
    """Those of a day that are told as a whole; () if they are about half of its shops or fewer."""
    found = tuple(note for note in change.notes if note.topic == "warnings" and kind_in(note) in KINDS)
    return found if _are_most({shop for note in found for shop in note.shops}, change.day.total) else ()


def are_in_common(troubles: Sequence[Trouble], total: int) -> bool:
    """True if these, of one period, are the doubts about more than half of its shops."""
    shops = {trouble.shop for trouble in troubles}
    # What is held waits for a person, shop by shop.
    is_told_so = all(trouble.topic == "not_ready" and trouble.reason.code in KINDS for trouble in troubles)
    return is_told_so and _are_most(shops, total)


def kind_in(note: DayNote) -> str:
    """What a check calls what it has found."""
    return note.key.partition("|")[0]


def _are_most(shops: Collection[str], total: int) -> bool:
    return len(shops) >= _FEWEST_SHOPS and len(shops) * 2 > total
