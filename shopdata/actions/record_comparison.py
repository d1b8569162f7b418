"""The third day of a recording from the board: shown or sent, collected by the recipe, and compared."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext

from shopdata.actions.record_face import LiveFace, Show
from shopdata.actions.record_stage import Stage
from shopdata.actions.rehearsal import is_of_recipe, period_of, rehearsed, shop_with
from shopdata.actions.third_take import ThirdTake
from shopdata.config import Portal, Shop
from shopdata.exceptions import ShopdataError
from shopdata.periods import Period, PeriodKind, parse_date
from shopdata.reasons import Reason
from shopdata.recording.inference.known import Known
from shopdata.recording.showing import End
from shopdata.sessions.live.line import Line as Wire
from shopdata.wording import Texts
from shopdata.wording.texts import TAGS
from shopdata.workspace import Workspace

_MOST_LOG_LINES = 12


class Comparison:
    """Of one recipe that was written.

    Args:
        period: what is shown, where no export is sent.
    """

    def __init__(
        self, stage: Stage, wire: Wire, settings: Any, name: str, shop: Shop, portal: Portal, period: Period,
        kind: PeriodKind, dialects: Sequence[Known],
    ) -> None:  # fmt: skip
        self._stage, self._wire, self._settings = stage, wire, settings
        self._name, self._shop, self._portal = name, shop, portal
        self._period, self._kind, self._dialects = period, kind, dialects

    async def compare(self) -> bool:
        """One rehearsal; True if it proves the recipe."""
        command = await self._stage.answer("rehearse")
        # What was written is part of the configuration from now on.
        workspace = Workspace.from_settings(self._settings)
        period = self._period
        about: dict[str, Any] = {"day": period.dt, "last": str(period.end), "period": self._kind}
        log = self._stage.folder / "log"
        try:
            shop_with(workspace, self._name, self._shop.id)
            if command["by"] == "file":
                by_hand, day = Path(command["file"]), parse_date(command["day"], "the day")
                about |= {"day": Period.of(self._kind, day).dt, "last": str(day)}
                period = period_of(workspace, self._name, day)
                if is_of_recipe(workspace, self._name, period):
                    self._wire.tell(state="written", about={**about, "again": "shown_day"})
                    return False
            else:
                recipe = workspace.config.recipes[self._name]
                third = ThirdTake(
                    self._stage.folder, self._name, workspace.config.dataset(self._name), recipe, self._portal,
                    self._dialects, period.end,
                )  # fmt: skip
                session = workspace.sessions.load(self._shop)
                end = await self._stage.in_browser(
                    self._wire, self._settings, self._portal, session, self._third(third), self._kind
                )
                if end is not End.NEXT or third.file is None:
                    self._wire.tell(state="written", about={**about, "again": str(end)})
                    return False
                by_hand = third.file
            self._wire.tell(state="comparing", about=about)
            done = await asyncio.to_thread(rehearsed, workspace, self._name, self._shop.id, period, by_hand, log)
        except ShopdataError as error:
            self._wire.tell(state="differs", why=Reason.of(error).as_json(), about={**about, "lines": {}, "said": {}})
            return False
        finally:
            if command["by"] == "file":
                await asyncio.to_thread(Path(command["file"]).unlink, missing_ok=True)
        texts = {code: Texts(code) for code in TAGS}
        about |= {
            "said": {code: done.sentence(t) for code, t in texts.items()},
            "lines": {code: list(done.lines(t)) for code, t in texts.items()},
            "log": _last_lines(log) if done.kind == "nothing" else [],
        }
        self._wire.tell(state="proven" if done.kind == "same" else "differs", about=about)
        return done.kind == "same"

    def _third(self, third: ThirdTake) -> Show:
        async def show(context: BrowserContext, face: LiveFace) -> End:
            self._stage.heed(third)
            return await third.show(context, face)

        return show


def _last_lines(log: Path) -> list[str]:
    try:
        return log.read_text("utf-8", "replace").splitlines()[-_MOST_LOG_LINES:]
    except OSError:
        return []
