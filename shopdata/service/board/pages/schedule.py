"""The clock: what runs when, what became of the last slot, and what the disk has left."""

from __future__ import annotations

from collections.abc import Iterable

from shopdata.config import COMMANDS
from shopdata.ledger import RunRecord
from shopdata.service.board.notes import slot_note
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.control import Due

#: Of so many runs the last ones of commands are looked for.
_LOOKED_AT = 200


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
            "commands": COMMANDS,
            "results": _results(sources, entries),
            "contracts": sources.config().datasets,
            "problem": sources.control.schedule_problem(),
            "disk": sources.control.disk(),
            "started_at": sources.control.started_at(),
        },
    )


def _results(sources: Sources, entries: Iterable[Due]) -> dict[str, RunRecord]:
    """What the last run of each command came to, whoever has begun it: no other page shows it."""
    names = {entry.spider for entry in entries if entry.spider in COMMANDS}
    found: dict[str, RunRecord] = {}
    for record in sources.workspace.ledger.runs(_LOOKED_AT) if names else ():
        if record.spider in names and record.finished_at is not None:
            found.setdefault(record.spider, record)
    return found
