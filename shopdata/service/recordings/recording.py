"""One recording from the board: how far it is, and what followed from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from shopdata.config import Shop
from shopdata.periods import PeriodKind
from shopdata.service.live.person import Person
from shopdata.service.live.viewing import LiveNow, Viewing

#: What a recording ends in. `handed_out`: its files can't be written here, and are downloaded.
ENDS = LiveNow.ends | {"refused", "no_session", "signed_out", "handed_out", "proven"}
#: What comes before that, more or less in this order.
STATES = ("queued", "opening", "take", "took", "reading", "which", "asking", "written", "comparing", "differs")
#: The files are written from then on.
_WRITTEN = frozenset({"written", "comparing", "differs", "proven"})


@dataclass(frozen=True)
class RecordingNow(LiveNow):
    """What is known of it."""

    ends: ClassVar[frozenset[str]] = ENDS
    shown: ClassVar[frozenset[str]] = frozenset({"take"})

    #: What the state is about: the day of a take, what came of it, lines and files (`actions/record_way.py`).
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)
    is_written: bool = False


class Recording(Viewing):
    """In the reactor's thread only."""

    now: RecordingNow

    def __init__(self, name: str, shop: Shop, person: Person, began: datetime, kind: PeriodKind | None = None) -> None:
        super().__init__(name, person, began, RecordingNow())
        self.name = name
        self.shop = shop
        #: What the report is of, where somebody has said so.
        self.kind = kind
        #: Exports that were sent, for the moment in which they are read.
        self.sent: list[Path] = []

    def changes_by(self, event: Mapping[str, Any]) -> dict[str, Any]:
        changes = super().changes_by(event)
        if (state := event.get("state")) is not None:
            changes |= {"about": event.get("about", {}), "is_written": self.now.is_written or state in _WRITTEN}
        return changes
