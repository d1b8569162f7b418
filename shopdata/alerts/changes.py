"""What is new since a channel was told of a partition last. The state is JSON, kept by the ledger's `told`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shopdata import exceptions
from shopdata.alerts.causes import Trouble
from shopdata.alerts.known_doubts import without_known
from shopdata.alerts.known_troubles import key_in
from shopdata.alerts.snapshot import Day, DayNote
from shopdata.reasons import UNKNOWN
from shopdata.wording.why import kind_of

#: `parked` stands for the reason of an earlier version.
_WITHOUT_CODE = (UNKNOWN, "parked")


@dataclass(frozen=True)
class Changes:
    """One partition, compared with what was told of it."""

    day: Day
    #: Nothing was ever told of it.
    is_first: bool
    new: tuple[Trouble, ...]
    #: Told before, and still so.
    still: tuple[Trouble, ...]
    #: Names of shops (or of what else) that had trouble and have none.
    recovered: tuple[str, ...]
    notes: tuple[DayNote, ...]
    #: Complete now, and it was not when it was told last.
    is_completed: bool

    def is_worth_telling(self, *, tell_complete: bool) -> bool:
        """True if a person does not know all of it already."""
        if self.new or self.recovered or self.notes:
            return True
        if self.is_first and self.still:
            # Whoever hears of each day that is whole would miss one that is not for a reason that they know.
            return tell_complete
        return self.is_completed and (tell_complete or not self.is_first)


def compare(
    day: Day,
    state: Mapping[str, Any],
    known_drift: Mapping[str, Any],
    known_doubts: Collection[str] = (),
    known_troubles: Collection[str] = (),
) -> Changes:
    """Compares with the state that `state_after` made when it was told last.

    Args:
        state: empty if it was never told.
        known_drift: keys of column changes that were told for an earlier period: told once, not every day.
        known_doubts: what was told of doubtful files; see `known_doubts`.
        known_troubles: what was told of other days, and is open; see `known_troubles`.
    """
    before = {_as_now(key): str(name) for key, name in state.get("troubles", {}).items()}
    told_notes = set(state.get("notes", ()))
    now = {trouble.key for trouble in day.troubles}
    told = [
        trouble
        for trouble in day.troubles
        if _is_told(trouble, before) or key_in(day.dataset, trouble) in known_troubles
    ]
    # A shop that was taken out of shops.yaml, or disabled, has not recovered.
    well = (day.shops | {""}) - {trouble.shop for trouble in day.troubles}
    gone = [key for key in before if key not in now and key.rpartition("|")[2] in well]
    return Changes(
        day=day,
        is_first=not state,
        new=tuple(trouble for trouble in day.troubles if trouble not in told),
        still=tuple(trouble for trouble in day.troubles if trouble in told),
        recovered=tuple(dict.fromkeys(before[key] or "Dremio" for key in gone)),
        notes=tuple(
            fresh
            for note in day.notes
            if _key(note) not in told_notes and not (note.topic == "drift" and note.key in known_drift)
            if (fresh := without_known(note, known_doubts)) is not None
        ),
        is_completed=day.is_complete and not state.get("complete", False),
    )


def state_after(changes: Changes, state: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered once a person has been told."""
    notes = {*state.get("notes", ()), *(_key(note) for note in changes.notes)}
    return {
        "troubles": {trouble.key: trouble.name for trouble in changes.day.troubles},
        "notes": sorted(notes),
        "complete": changes.day.is_complete,
    }


def _is_told(trouble: Trouble, before: Collection[str]) -> bool:
    if trouble.key in before:
        return True
    # Written by an earlier version, it has no code, and may be what was told under its kind.
    without_kind = (trouble.topic, trouble.shop)
    return trouble.reason.code in _WITHOUT_CODE and without_kind in {tuple(key.split("|")[::2]) for key in before}


def _as_now(key: str) -> str:
    """The key of a trouble that an earlier version may have kept: its kinds were the names of error classes."""
    topic, kind, shop = key.split("|")
    error = getattr(exceptions, kind, None)
    return f"{topic}|{kind_of(error.code) if error is not None else kind}|{shop}"


def _key(note: DayNote) -> str:
    return f"{note.topic}|{note.key}"
