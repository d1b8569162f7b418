"""What a channel was told of doubtful files: of a shop once, and again only after one of its files was plausible."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from shopdata.alerts.snapshot import Day, DayNote
from shopdata.wording.why import kinds


def is_of_a_check(note: DayNote) -> bool:
    """True for what a check has found in a file; other warnings are told each day."""
    return note.topic == "warnings" and kinds().get(note.key.partition("|")[0]) == "doubtful"


def without_known(note: DayNote, known: Collection[str]) -> DayNote | None:
    """The note about the shops of which it was not told yet; None if none is left."""
    if not is_of_a_check(note):
        return note
    left = [(shop, name) for shop, name in zip(note.shops, note.names, strict=True) if _key(note, shop) not in known]
    if not left:
        return None
    return replace(note, shops=tuple(shop for shop, _ in left), names=tuple(name for _, name in left))


def known_after(day: Day, known: Mapping[str, str], told: Collection[DayNote]) -> dict[str, str]:
    """What is known once a day was told: who is plausible again is forgotten.

    Args:
        day: as its receipt has just been written.
        told: the notes that were sent.
    """
    found = {_key(note, shop) for note in day.notes if is_of_a_check(note) for shop in note.shops}
    stays = {
        key: dt for key, dt in known.items() if key in found or key.rpartition("|")[2] not in day.there or dt > day.dt
    }
    return stays | {_key(note, shop): day.dt for note in told if is_of_a_check(note) for shop in note.shops}


def _key(note: DayNote, shop: str) -> str:
    return f"{note.key}|{shop}"
