"""The whole way of a recording from the board: days are shown, a recipe follows, questions, files, a third day."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext
from scrapy.settings import Settings

from shopdata.actions.record import check_name, recording_of, shop_of
from shopdata.actions.record_answers import answered
from shopdata.actions.record_comparison import Comparison
from shopdata.actions.record_face import LiveFace
from shopdata.actions.record_stage import Stage
from shopdata.actions.recorded import Draft, drafted, write_checked
from shopdata.config import Portal, Shop, platforms
from shopdata.exceptions import DiskError, ShopdataError, UsageError
from shopdata.periods import PeriodKind
from shopdata.recording.contract import sheet_of
from shopdata.recording.files import config_folder
from shopdata.recording.hosts import allow_host, unknown_hosts
from shopdata.recording.inference import Inferred, Line, NotInferredError
from shopdata.recording.inference.known import Known, ways_to_read
from shopdata.recording.saving import Recording
from shopdata.recording.sentinels import sentinel_days
from shopdata.recording.showing import End, Showing
from shopdata.sessions.live.line import Line as Wire
from shopdata.workspace import Workspace

#: Where there are several files or lists, more than any page has.
_MOST_CHOICES = 20


class Way:
    """Of one report.

    Args:
        kind: what it is of, where somebody has said so.
    """

    def __init__(self, stage: Stage, wire: Wire, name: str, shop_id: str, kind: PeriodKind | None) -> None:
        self._stage, self._wire, self._name, self._shop_id, self._kind = stage, wire, name, shop_id, kind

    async def walk(self) -> None:
        """To its end. Raises ShopdataError."""
        settings = Settings()
        settings.setmodule("shopdata.settings", priority="project")
        workspace = Workspace.from_settings(settings)
        shop = shop_of(workspace, self._shop_id)
        check_name(self._name, shop.platform)
        portal = workspace.config.portal(shop.platform)
        dialects = ways_to_read(platforms()[shop.platform], portal)
        days = sentinel_days(2, self._kind)
        recording, session = recording_of(workspace, shop, portal, dialects, self._name, days, self._kind)
        try:
            if not await self._shown_days(settings, portal, session, recording, days):
                return
            found = await self._followed(recording, dialects, shop)
            hosts = unknown_hosts(recording.journal, portal) if found else []
        finally:
            recording.leave()
        if found is None:
            return
        inferred, draft = found
        folder = await self._written(workspace, draft, hosts, shop.platform)
        if folder is None:
            return
        comparison = Comparison(
            self._stage, self._wire, settings, self._name, shop, portal, draft.third, inferred.kind, dialects
        )
        while not await comparison.compare():
            pass

    async def _shown_days(
        self, settings: Any, portal: Portal, session: Any, recording: Recording, days: Sequence[Any]
    ) -> bool:
        """What a person shows of these days; False if the portal has signed them out meanwhile."""
        self._wire.tell(state="opening")

        async def show(context: BrowserContext, face: LiveFace) -> End:
            showing = Showing(context, portal, recording)
            self._stage.heed(showing)
            return await showing.show(days, face)

        end = await self._stage.in_browser(self._wire, settings, portal, session, show, self._kind or "day")
        self._wire.tell(state="signed_out" if end is End.SIGNED_OUT else "reading")
        return end is not End.SIGNED_OUT

    # -- what follows -----------------------------------------------------------------------------------------------

    async def _followed(self, recording: Recording, dialects: list[Known], shop: Shop) -> tuple[Inferred, Draft] | None:
        """What follows; asks which of several is meant. None where nothing does, and that was told."""
        try:
            inferred = await self._inferred(recording)
            sheet = await self._sheet(recording)
            return inferred, await asyncio.to_thread(
                drafted, self._name, shop.platform, recording.journal, dialects, inferred, sheet=sheet
            )
        except NotInferredError as error:
            self._wire.tell(state="refused", about={"lines": [_as_json(error.line)]})
            return None

    async def _inferred(self, recording: Recording) -> Inferred:
        chosen = ""
        while True:
            try:
                inferred = await asyncio.to_thread(recording.save, self._name, chosen)
                break
            except NotInferredError as error:
                choices = error.line.params.get("addresses") or error.line.params.get("requests")
                if error.line.code not in ("no.several_files", "no.several_lists") or not choices:
                    raise
                chosen = (await self._choice("", str(choices).split(", "))).rpartition(" ")[2]
        ways = await asyncio.to_thread(recording.ways_to_sign, self._name, chosen, inferred)
        if len(ways) > 1:
            sign = await self._choice("sign", ways)
            if sign != ways[0]:
                return await asyncio.to_thread(recording.save, self._name, chosen, sign)
        return inferred

    async def _sheet(self, recording: Recording) -> str:
        """The sheet that is meant; empty where there is but one."""
        found = sheet_of(recording.journal)
        if found is None or len(found[1]) < 2:
            return ""
        # The one that would be taken comes first.
        return await self._choice("sheet", [found[0], *(name for name in found[1] if name != found[0])])

    async def _choice(self, what: str, choices: Sequence[str]) -> str:
        """Asks which of these is meant.

        Args:
            what: what they are, `sheet` or `sign`; empty for files or lists.
        """
        self._wire.tell(state="which", about={"what": what, "choices": list(choices)[:_MOST_CHOICES]})
        return str((await self._stage.answer("choose"))["which"])

    # -- the files --------------------------------------------------------------------------------------------------

    async def _written(self, workspace: Workspace, draft: Draft, hosts: list[str], platform: str) -> Path | None:
        """Asks what can't be seen, and writes; None where the files can't be written here: they are handed out."""
        folder: Path | None = None
        with contextlib.suppress(UsageError):
            folder = config_folder()
        has_contract = folder is not None and (folder / "datasets" / f"{self._name}.yaml").exists()
        first, wrong = draft, ""
        while True:
            self._wire.tell(
                state="asking",
                about={
                    "lines": [_as_json(line) for line in draft.lines],
                    "contract": dict(draft.contract),
                    "personal": list(draft.personal),
                    "ends_in_file": draft.ends_in_file,
                    "has_contract": has_contract,
                    "has_totals": first.has_totals,
                    "hosts": hosts if folder is not None else [],
                    "files": draft.texts(folder),
                    "folder": str(folder or ""),
                    "wrong": wrong,
                },
            )
            form = await self._stage.answer("write")
            draft = answered(first, form)
            allowed = [host for host in hosts if host in form.get("hosts", ())]
            draft = replace(
                draft,
                lines=(
                    *draft.lines,
                    *(Line("host_unknown", {"host": host}, True) for host in hosts if host not in allowed),
                ),
            )
            about = {
                "files": draft.texts(folder), "folder": str(folder or ""), "day": draft.third.dt,
                "last": str(draft.third.end), "period": draft.contract.get("period", "day"),
            }  # fmt: skip
            if folder is None:
                self._wire.tell(state="handed_out", about=about)
                return None
            try:
                await asyncio.to_thread(write_checked, draft, folder, workspace.read_config)
                for host in allowed:
                    await asyncio.to_thread(allow_host, folder / "portals.yaml", platform, host)
            except DiskError:
                self._wire.tell(state="handed_out", about=about)
                return None
            except ShopdataError as error:
                # What was ticked makes no contract: it may be ticked otherwise.
                wrong = str(error)
                continue
            self._wire.tell(state="written", about=about)
            return folder


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "code": line.code,
        "params": {name: str(value) for name, value in line.params.items()},
        "doubt": line.is_doubt,
    }
