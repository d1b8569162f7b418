"""Where a recording from the board takes place: a browser that is shown, and a person who answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from shopdata.actions.record_face import Show
from shopdata.actions.third_take import ThirdTake
from shopdata.config import Portal
from shopdata.periods import PeriodKind
from shopdata.recording.showing import End, Showing
from shopdata.sessions.live.line import Line as Wire


class Stage(Protocol):
    """As `record_child` has it; `folder` is gone when it ends."""

    folder: Path

    async def in_browser(
        self, wire: Wire, settings: Any, portal: Portal, session: Any, show: Show, kind: PeriodKind
    ) -> End:
        """What is shown in a browser of its own, which ends with it."""

    def heed(self, showing: Showing | ThirdTake) -> None:
        """From now on wishes are its."""

    async def answer(self, wanted: str) -> dict[str, Any]:
        """What a person at the board has sent, of this kind."""
