"""The browser of one recording from the board, `python -m shopdata.actions.record_child NAME SHOP SECONDS`.

It speaks with the service over its standard input and output (`sessions/live/wire.py`), and with nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError
from scrapy.settings import Settings

from shopdata import doorway
from shopdata.actions.record import check_name, open_context, recording_of, shop_of
from shopdata.actions.record_answers import answered
from shopdata.actions.recorded import Draft, drafted, write_checked
from shopdata.actions.rehearsal import check_day, rehearsed, shop_with
from shopdata.actions.third_take import ThirdTake
from shopdata.browser.starting import OwnChromium, quietly
from shopdata.config import Portal, Shop, platforms
from shopdata.exceptions import ChallengeError, DiskError, ShopdataError, UsageError
from shopdata.periods import parse_date
from shopdata.reasons import Reason
from shopdata.recording.files import config_folder
from shopdata.recording.inference import Line, NotInferredError
from shopdata.recording.inference.known import Known, ways_to_read
from shopdata.recording.saving import Recording
from shopdata.recording.showing import End, Showing, Take, Took, home_address, sentinel_days
from shopdata.sessions.live import around
from shopdata.sessions.live.fence import Fence
from shopdata.sessions.live.glass import LOOK_EVERY_SECONDS, Glass, host_of
from shopdata.sessions.live.line import Line as Wire
from shopdata.sessions.live.line import take_streams
from shopdata.wording import Texts
from shopdata.wording.texts import TAGS
from shopdata.workspace import Workspace

#: Where there are several files or lists, more than any page has.
_MOST_CHOICES = 20
_MOST_LOG_LINES = 12


class _LiveFace:
    """What the person at the board is told, and the page that they see and touch."""

    def __init__(self, wire: Wire, glass: Glass, portal: Portal, context: BrowserContext) -> None:
        self._wire, self._glass, self._portal, self._context = wire, glass, portal, context
        self._told = ""
        context.on("page", self._on_window)

    def _on_window(self, page: Page) -> None:
        self._glass.work_on(self._glass.show(page))
        page.on("close", lambda _: self._glass.work_on(self._show_last()))

    async def _show_last(self) -> None:
        if self._context.pages:
            await self._glass.show(self._context.pages[-1])

    async def show_take(self, take: Take) -> None:
        about = {"number": take.number, "of": take.of, "day": str(take.day)}
        self._told = ""
        self._wire.tell(state="take", about=about)
        await self._show_last()

    async def show_took(self, took: Took) -> None:
        take = took.take
        about = {"number": take.number, "of": take.of, "day": str(take.day), "files": list(took.files)}
        await self._glass.cover()
        self._wire.tell(state="took", about={**about, "calls": took.calls})

    async def look(self) -> None:
        """What stands beside the picture, every moment."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if not self._context.pages or not self._glass.is_time_to_look():
                continue
            page = self._context.pages[-1]
            with contextlib.suppress(PlaywrightError):
                await self._glass.refresh()
                seen = await around.look(page, self._portal)
                told = {"host": host_of(page), "options": list(seen.options), "chosen": seen.chosen}
                if str(told) != self._told:
                    self._told = str(told)
                    self._wire.tell(page=told)


#: What is shown in a browser.
Show = Callable[[BrowserContext, _LiveFace], Coroutine[Any, Any, End]]


class _Child:
    def __init__(self, name: str, shop_id: str, longest_seconds: int) -> None:
        self._name, self._shop_id = name, shop_id
        #: The service ends it long before; this is for a service that does not.
        self._longest_seconds = longest_seconds
        self._task: asyncio.Task[None] | None = None
        self._glass: Glass | None = None
        #: What is shown now, and of which portal.
        self._open: tuple[BrowserContext, Portal] | None = None
        self._showing: Showing | ThirdTake | None = None
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._early: list[dict[str, Any]] = []
        self._folder = Path(tempfile.mkdtemp(prefix="shopdata-recording-"))

    async def run(self, lines: BinaryIO, pieces: BinaryIO) -> None:
        wire = Wire(lines, pieces, self._hear)
        self._task = asyncio.ensure_future(self._work(wire))
        try:
            async with asyncio.timeout(self._longest_seconds):
                await self._task
        except (asyncio.CancelledError, TimeoutError):
            wire.tell(state="ended")
        except ChallengeError as error:
            wire.tell(state="no_session", why=Reason.of(error).as_json())
        except ShopdataError as error:
            wire.tell(state="failed", why=Reason.of(error).as_json())
        except Exception as error:  # noqa: BLE001 - the text of an unknown error may hold what was seen
            logging.getLogger("shopdata.recording").error("%s: %s", self._name, type(error).__name__)
            wire.tell(state="failed", why=Reason.of(error).as_json())
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        await asyncio.to_thread(wire.close)

    def _hear(self, command: dict[str, Any] | None) -> None:
        if command is not None and command.get("do") == "pace":
            # The next browser is to know it too.
            self._early = [command]
        if command is None or command.get("do") == "end":
            assert self._task is not None
            self._task.cancel()
        elif self._glass is not None and self._glass.hear(command):
            return
        elif command.get("do") == "wish" and self._showing is not None:
            self._showing.wish(End(str(command["end"])))
        elif command.get("do") in ("select", "reload", "home") and self._glass is not None:
            self._glass.work_on(self._turn(command))
        elif command.get("do") != "pace":
            self._answers.put_nowait(command)

    async def _turn(self, command: Mapping[str, Any]) -> None:
        """Buttons beside the picture."""
        if self._open is None or not self._open[0].pages:
            return  # the last window was closed meanwhile
        page, portal = self._open[0].pages[-1], self._open[1]
        match command["do"]:
            case "select":
                await around.choose(page, portal, int(command["number"]))
            case "reload":
                await page.reload()
            case _:
                await page.goto(home_address(portal))

    # -- the whole way ----------------------------------------------------------------------------------------------

    async def _work(self, wire: Wire) -> None:
        settings = Settings()
        settings.setmodule("shopdata.settings", priority="project")
        workspace = Workspace.from_settings(settings)
        shop = shop_of(workspace, self._shop_id)
        check_name(self._name, shop.platform)
        portal = workspace.config.portal(shop.platform)
        dialects = ways_to_read(platforms()[shop.platform], portal)
        days = sentinel_days(3)
        recording, session = recording_of(workspace, shop, portal, dialects, self._name, days)
        try:
            if not await self._shown_days(wire, settings, portal, session, recording, days[:2]):
                return
            draft = await self._inferred(wire, recording, dialects, shop)
        finally:
            recording.leave()
        if draft is None:
            return
        folder = await self._written(wire, workspace, draft)
        if folder is None:
            return
        while not await self._compared(wire, settings, shop, portal, days[2], dialects):
            pass

    async def _shown_days(
        self, wire: Wire, settings: Any, portal: Portal, session: Any, recording: Recording, days: Sequence[date]
    ) -> bool:
        """What a person shows of these days; False if the portal has signed them out meanwhile."""
        wire.tell(state="opening")

        async def show(context: BrowserContext, face: _LiveFace) -> End:
            self._showing = Showing(context, portal, recording)
            return await self._showing.show(days, face)

        end = await self._in_browser(wire, settings, portal, session, show)
        wire.tell(state="signed_out" if end is End.SIGNED_OUT else "reading")
        return end is not End.SIGNED_OUT

    async def _in_browser(self, wire: Wire, settings: Any, portal: Portal, session: Any, show: Show) -> End:
        """What is shown in a browser of its own, which ends with it."""
        own = OwnChromium({"executable_path": settings["SHOPDATA_BROWSER_PATH"]})
        try:
            context = await open_context(await own.start(), session)
            fence = Fence(
                portal,
                lambda host: wire.tell(said={"key": "elsewhere", "host": host}),
                home=home_address(portal),
                # Where reports are is not where one signs in.
                addresses=portal.addresses,
            )
            await fence.enclose(context)
            glass = self._glass = Glass(context, wire)
            self._open = context, portal
            glass.heed_dialogs()
            for command in self._early:
                glass.hear(command)
            face = _LiveFace(wire, glass, portal, context)
            looking = asyncio.ensure_future(face.look())
            try:
                async with glass.in_hand():
                    return await show(context, face)
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
                await glass.cover()
                self._glass = self._showing = self._open = None
                await quietly(context.close())
        finally:
            await own.close()

    async def _inferred(self, wire: Wire, recording: Recording, dialects: list[Known], shop: Shop) -> Draft | None:
        """What follows; asks which of several is meant."""
        chosen = ""
        while True:
            try:
                inferred = await asyncio.to_thread(recording.save, self._name, chosen)
                break
            except NotInferredError as error:
                choices = error.line.params.get("addresses") or error.line.params.get("requests")
                if error.line.code not in ("no.several_files", "no.several_lists") or not choices:
                    wire.tell(state="refused", about={"lines": [_as_json(error.line)]})
                    return None
                wire.tell(state="which", about={"choices": str(choices).split(", ")[:_MOST_CHOICES]})
                chosen = str((await self._answer("choose"))["which"]).rpartition(" ")[2]
        try:
            return await asyncio.to_thread(
                drafted, self._name, shop.platform, recording.journal, dialects, inferred, title=self._name, lag_days=1
            )
        except NotInferredError as error:
            wire.tell(state="refused", about={"lines": [_as_json(error.line)]})
            return None

    async def _written(self, wire: Wire, workspace: Workspace, draft: Draft) -> Path | None:
        """Asks what can't be seen, and writes; None where the files can't be written here: they are handed out."""
        folder: Path | None = None
        with contextlib.suppress(UsageError):
            folder = config_folder()
        has_contract = folder is not None and (folder / "datasets" / f"{self._name}.yaml").exists()
        wrong = ""
        while True:
            wire.tell(
                state="asking",
                about={
                    "lines": [_as_json(line) for line in draft.lines],
                    "contract": dict(draft.contract),
                    "personal": list(draft.personal),
                    "ends_in_file": draft.ends_in_file,
                    "has_contract": has_contract,
                    "files": draft.texts(folder),
                    "folder": str(folder or ""),
                    "wrong": wrong,
                },
            )
            draft = answered(draft, await self._answer("write"))
            texts = draft.texts(folder)
            about = {"files": texts, "folder": str(folder or ""), "day": str(sentinel_days(3)[2])}
            if folder is None:
                wire.tell(state="handed_out", about=about)
                return None
            try:
                await asyncio.to_thread(write_checked, draft, folder, workspace.read_config)
            except DiskError:
                wire.tell(state="handed_out", about=about)
                return None
            except ShopdataError as error:
                # What was ticked makes no contract: it may be ticked otherwise.
                wrong = str(error)
                continue
            wire.tell(state="written", about=about)
            return folder

    # -- the rehearsal ----------------------------------------------------------------------------------------------

    async def _compared(
        self, wire: Wire, settings: Any, shop: Shop, portal: Portal, day: date, dialects: list[Known]
    ) -> bool:
        """One rehearsal; True if it proves the recipe."""
        command = await self._answer("rehearse")
        # What was written is part of the configuration from now on.
        workspace = Workspace.from_settings(settings)
        about: dict[str, Any] = {"day": str(day)}
        log = self._folder / "log"
        try:
            shop_with(workspace, self._name, shop.id)
            if command["by"] == "file":
                by_hand, day = Path(command["file"]), parse_date(command["day"], "the day")
                about["day"] = str(day)
                check_day(workspace, self._name, day)
            else:
                third = ThirdTake(self._folder, self._name, workspace.config.recipes[self._name], dialects, day)
                session = workspace.sessions.load(shop)
                end = await self._in_browser(wire, settings, portal, session, self._third(third, portal))
                if end is not End.NEXT or third.file is None:
                    wire.tell(state="written", about={**about, "again": str(end)})
                    return False
                by_hand = third.file
            wire.tell(state="comparing", about=about)
            done = await asyncio.to_thread(rehearsed, workspace, self._name, shop.id, day, by_hand, log)
        except ShopdataError as error:
            wire.tell(state="differs", about={**about, "why": Reason.of(error).as_json(), "lines": {}, "said": {}})
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
        wire.tell(state="proven" if done.kind == "same" else "differs", about=about)
        return done.kind == "same"

    def _third(self, third: ThirdTake, portal: Portal) -> Show:
        async def show(context: BrowserContext, face: _LiveFace) -> End:
            self._showing = third
            return await third.show(context, portal, face)

        return show

    async def _answer(self, wanted: str) -> dict[str, Any]:
        while True:
            command = await self._answers.get()
            if command.get("do") == wanted:
                return command


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "code": line.code,
        "params": {name: str(value) for name, value in line.params.items()},
        "doubt": line.is_doubt,
    }


def _last_lines(log: Path) -> list[str]:
    try:
        return log.read_text("utf-8", "replace").splitlines()[-_MOST_LOG_LINES:]
    except OSError:
        return []


def main() -> int:
    """Records one export; what came of it, it has told."""
    lines, pieces = take_streams()
    doorway.enter()
    # What libraries log may repeat what somebody typed.
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger().handlers[0].addFilter(logging.Filter("shopdata"))
    asyncio.run(_Child(sys.argv[1], sys.argv[2], int(sys.argv[3])).run(lines, pieces))
    return 0


if __name__ == "__main__":
    sys.exit(main())
