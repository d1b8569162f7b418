"""The reflections of the Dremio double: copies of a table that are fetched anew on request, and not at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

#: How a refresh will end.
Outcome = Literal["done", "failed", "stuck", "not_needed"]
#: Looks at a reflection until its refresh has ended.
_LOOKS = 2


@dataclass
class Reflection:
    """One reflection; each look at it brings its refresh on."""

    name: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _fetches: int = 0
    _failures: int = 0
    _looks_left: int = 0
    _outcome: Outcome = "done"

    def refresh(self, outcome: Outcome) -> None:
        """Begins a refresh."""
        self._outcome = outcome
        self._looks_left = 0 if outcome == "not_needed" else _LOOKS

    def look(self) -> dict[str, Any]:
        """The reflection as the API shows it."""
        if self._looks_left and self._outcome != "stuck":
            self._looks_left -= 1
            if not self._looks_left:
                self._fetches += self._outcome == "done"
                self._failures += self._outcome == "failed"
        at_rest = "CAN_ACCELERATE_WITH_FAILURES" if self._outcome == "failed" else "CAN_ACCELERATE"
        return {
            "id": self.id,
            "type": "RAW",
            "name": self.name,
            "enabled": True,
            "status": {
                "config": "OK",
                "refresh": "RUNNING" if self._looks_left else "SCHEDULED",
                "availability": "AVAILABLE",
                "combinedStatus": "REFRESHING" if self._looks_left else at_rest,
                "failureCount": self._failures,
                "lastDataFetch": f"2026-03-02T00:{self._fetches:02}:00.000Z",
                "expiresAt": "3022-03-02T00:00:00.000Z",
            },
        }
