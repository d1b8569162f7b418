"""The clock: what runs when, what became of the last slot, and what the disk has left."""

from __future__ import annotations

from shopdata.service.board.facts import Facts
from shopdata.service.board.notes import slot_note
from shopdata.service.board.rendering import Page
from shopdata.service.board.visit import Visit


def page(facts: Facts, visit: Visit) -> Page:
    """Entries in the order of their next time."""
    entries = facts.control.next_due()
    entries.sort(key=lambda entry: (entry.next_at is None, entry.next_at or visit.now, entry.job))
    return Page(
        "schedule",
        visit.texts("menu.schedule"),
        "schedule",
        {
            "entries": entries,
            "slot_note": slot_note,
            "contracts": facts.config().datasets,
            "problem": facts.control.schedule_problem(),
            "disk": facts.control.disk(),
            "started_at": facts.control.started_at(),
        },
    )
