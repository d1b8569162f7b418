"""The clock: what runs when, what became of the last slot, and what the disk has left."""

from __future__ import annotations

from shopdata.service.board.notes import slot_note
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """Entries in the order of their next time."""
    entries = sources.control.next_due()
    entries.sort(key=lambda entry: (entry.next_at is None, entry.next_at or visit.now, entry.job))
    return RenderedPage(
        "schedule",
        visit.texts("menu.schedule"),
        "schedule",
        {
            "entries": entries,
            "slot_note": slot_note,
            "contracts": sources.config().datasets,
            "problem": sources.control.schedule_problem(),
            "disk": sources.control.disk(),
            "started_at": sources.control.started_at(),
        },
    )
