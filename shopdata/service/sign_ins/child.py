"""The browser of one sign-in from the board, `python -m shopdata.service.sign_ins.child SHOP SECONDS`.

It speaks with the service over its standard input and output (`sessions/live/wire.py`), and with nobody else.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any, BinaryIO

from filelock import Timeout
from scrapy.settings import Settings

from shopdata import doorway
from shopdata.config import Shop
from shopdata.exceptions import ArgumentError, DiskError, ShopdataError, WrongShopError
from shopdata.reasons import Reason
from shopdata.sessions.identity import open_facts
from shopdata.sessions.live.line import Line, take_streams
from shopdata.sessions.live.sitting import CONTEXT_OPTIONS, Sitting
from shopdata.sessions.sign_in import SignedIn
from shopdata.sessions.sign_in.by_hand import in_own_browser
from shopdata.workspace import Workspace


class _Child:
    def __init__(self, shop_id: str, longest_seconds: int) -> None:
        self._shop_id = shop_id
        #: The service ends it long before; this is for a service that does not.
        self._longest_seconds = longest_seconds
        self._task: asyncio.Task[None] | None = None
        self._sitting: Sitting | None = None
        #: What was wished before there was a page.
        self._early: list[dict[str, Any]] = []
        self._accepted = asyncio.Event()

    async def run(self, lines: BinaryIO, pieces: BinaryIO) -> None:
        line = Line(lines, pieces, self._hear)
        self._task = asyncio.ensure_future(self._sign_in(line))
        try:
            async with asyncio.timeout(self._longest_seconds):
                await self._task
        except (asyncio.CancelledError, TimeoutError):
            line.tell(state="ended")
        except ShopdataError as error:
            # The portal has let the shop in all the same.
            step = "saving" if isinstance(error, DiskError) else ""
            line.tell(state="failed", step=step, why=Reason.of(error).as_json())
        except Exception as error:  # noqa: BLE001 - the text of an unknown error may hold what was typed
            logging.getLogger("shopdata.sign_in").error("%s: %s", self._shop_id, type(error).__name__)
            line.tell(state="failed", why=Reason.of(error).as_json())
        await asyncio.to_thread(line.close)

    def _hear(self, command: dict[str, Any] | None) -> None:
        if command is None or command.get("do") == "end":
            assert self._task is not None
            self._task.cancel()
        elif command.get("do") == "accept":
            self._accepted.set()
        elif self._sitting is None:
            self._early.append(command)
        else:
            self._sitting.hear(command)

    async def _sign_in(self, line: Line) -> None:
        settings = Settings()
        settings.setmodule("shopdata.settings", priority="project")
        workspace = Workspace.from_settings(settings)
        shop = _shop(workspace, self._shop_id)
        lock = workspace.sessions.lock(shop, workspace.config.shops)
        try:
            await lock.acquire(timeout=0)
        except Timeout:
            line.tell(state="queued", step="account")
            await lock.acquire()
        try:
            line.tell(state="opening")
            signed_in = await in_own_browser(
                shop,
                portal := workspace.config.portal(shop.platform),
                lambda page: self._sit(Sitting(page, shop, portal, line)),
                devices=workspace.devices,
                browser_path=settings["SHOPDATA_BROWSER_PATH"],
                **CONTEXT_OPTIONS,
            )
            line.tell(state="checking")
            await self._save(line, workspace, shop, signed_in)
        finally:
            await lock.release()

    async def _sit(self, sitting: Sitting) -> SignedIn:
        self._sitting = sitting
        for command in self._early:
            sitting.hear(command)
        return await sitting.go()

    async def _save(self, line: Line, workspace: Workspace, shop: Shop, new: SignedIn) -> None:
        try:
            workspace.check_identity(shop, new.identity)
        except WrongShopError as error:
            line.tell(state="wrong_shop", why=Reason.of(error).as_json(), who=open_facts(new.identity))
            await self._accepted.wait()
            workspace.check_identity(shop, new.identity, is_accepted=True)
        workspace.keep_session(shop, new)
        line.tell(state="saved", who=open_facts(new.identity))


def _shop(workspace: Workspace, shop_id: str) -> Shop:
    for shop in workspace.config.shops:
        if shop.id == shop_id and shop.enabled:
            return shop
    raise ArgumentError(f"there is no shop {shop_id!r}", where="shops.yaml", todo="Load the page again.")


def main() -> int:
    """Signs one shop in; what came of it, it has told."""
    lines, pieces = take_streams()
    doorway.enter()
    # What libraries log may repeat what somebody typed.
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger().handlers[0].addFilter(logging.Filter("shopdata"))
    asyncio.run(_Child(sys.argv[1], int(sys.argv[2])).run(lines, pieces))
    return 0


if __name__ == "__main__":
    sys.exit(main())
