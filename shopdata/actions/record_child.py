"""The browser of one recording from the board, `python -m shopdata.actions.record_child NAME SHOP SECONDS [KIND]`.

It speaks with the service over its standard input and output (`sessions/live/wire.py`), and with nobody else. KIND is
`day`, `week` or `month`, where somebody has said what the report is of.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, get_args

from playwright.async_api import BrowserContext

from shopdata import doorway
from shopdata.actions.record import open_context
from shopdata.actions.record_face import LiveFace, Show
from shopdata.actions.record_way import Way
from shopdata.actions.third_take import ThirdTake
from shopdata.browser.starting import OwnChromium, quietly
from shopdata.config import Portal
from shopdata.exceptions import ChallengeError, ShopdataError
from shopdata.periods import PeriodKind
from shopdata.reasons import Reason
from shopdata.recording.showing import End, Showing, home_address
from shopdata.sessions.live import around
from shopdata.sessions.live.fence import Fence
from shopdata.sessions.live.glass import Glass
from shopdata.sessions.live.line import Line as Wire
from shopdata.sessions.live.line import take_streams


class _Child:
    def __init__(self, name: str, shop_id: str, longest_seconds: int, kind: PeriodKind | None) -> None:
        self._name, self._shop_id, self._kind = name, shop_id, kind
        #: The service ends it long before; this is for a service that does not.
        self._longest_seconds = longest_seconds
        self._task: asyncio.Task[None] | None = None
        self._glass: Glass | None = None
        #: What is shown now, and of which portal.
        self._open: tuple[BrowserContext, Portal] | None = None
        self._showing: Showing | ThirdTake | None = None
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._early: list[dict[str, Any]] = []
        #: What is gone when it ends.
        self.folder = Path(tempfile.mkdtemp(prefix="shopdata-recording-"))

    async def run(self, lines: BinaryIO, pieces: BinaryIO) -> None:
        wire = Wire(lines, pieces, self._hear)
        self._task = asyncio.ensure_future(Way(self, wire, self._name, self._shop_id, self._kind).walk())
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
            shutil.rmtree(self.folder, ignore_errors=True)
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

    # -- what the way needs -----------------------------------------------------------------------------------------

    async def in_browser(
        self, wire: Wire, settings: Any, portal: Portal, session: Any, show: Show, kind: PeriodKind
    ) -> End:
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
            face = LiveFace(wire, glass, portal, context, kind)
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

    def heed(self, showing: Showing | ThirdTake) -> None:
        """From now on wishes are its."""
        self._showing = showing

    async def answer(self, wanted: str) -> dict[str, Any]:
        """What a person at the board has sent, of this kind."""
        while True:
            command = await self._answers.get()
            if command.get("do") == wanted:
                return command


def main() -> int:
    """Records one export; what came of it, it has told."""
    lines, pieces = take_streams()
    doorway.enter()
    # What libraries log may repeat what somebody typed.
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger().handlers[0].addFilter(logging.Filter("shopdata"))
    name, shop, seconds, *more = sys.argv[1:]
    kind = next((one for one in get_args(PeriodKind) if one in more), None)
    asyncio.run(_Child(name, shop, int(seconds), kind).run(lines, pieces))
    return 0


if __name__ == "__main__":
    sys.exit(main())
