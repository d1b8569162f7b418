"""What `scrapy check_config --connect` tries: everything that a run needs but the portals, each with a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from playwright.async_api import Error as PlaywrightError

from shopdata.actions.alert_test import test_message
from shopdata.alerts.channels import Deadline, send_message
from shopdata.browser.chromium import cannot_start
from shopdata.browser.fonts import INSTALL_ONE, can_draw
from shopdata.browser.starting import OwnChromium, last_words
from shopdata.config import Alerts, Channel
from shopdata.exceptions import ShopdataError
from shopdata.lake.dremio_http import NEXT_RUN
from shopdata.ledger import Owner
from shopdata.run_ids import new_run_id
from shopdata.sessions.devices import open_context
from shopdata.wording import Texts
from shopdata.workspace import Workspace

#: Written to the bucket and taken away again.
PROBE_KEY = "check_config/probe.txt"


@dataclass(frozen=True)
class Tried:
    """What came of it: `is_well` is None where it works and something is to be known."""

    what: str
    is_well: bool | None
    sentence: str

    def text(self, t: Texts) -> str:
        """As a line for people."""
        mark = "!" if self.is_well is None else "✓" if self.is_well else "✗"
        return t("connect.tried", mark=mark, what=self.what, sentence=self.sentence)


def connect(workspace: Workspace, browser_path: str | None) -> Iterator[Tried]:
    """Tries one after the other."""
    t = workspace.texts
    yield _try(t("connect.store"), lambda: _store(workspace))
    yield _try("Dremio", lambda: _dremio(workspace))
    yield _try(t("connect.ledger"), lambda: _ledger(workspace))
    yield _try(t("connect.browser"), lambda: asyncio.run(_browser(t, browser_path)))
    alerts = workspace.files.alerts
    deadline = Deadline(alerts.deadline_seconds)
    for channel in alerts.channels_on:
        work = partial(_channel, t, workspace.group_texts, channel, alerts, deadline)
        yield _try(t("connect.channel", channel=channel.name), work)


def _try(what: str, work: Callable[[], tuple[bool | None, str]]) -> Tried:
    try:
        return Tried(what, *work())
    except ShopdataError as error:
        # Nothing is published by this, as the sentence may say.
        error.todo = error.todo.removesuffix(NEXT_RUN).strip() or "Look into its own log."
        return Tried(what, False, str(error))


def _store(workspace: Workspace) -> tuple[bool | None, str]:
    with contextlib.closing(workspace.store) as store:
        if not store.has_bucket():
            return None, workspace.texts("connect.no_bucket", where=store.where())
        store.put_bytes(PROBE_KEY, b"shopdata check_config")
        store.remove(PROBE_KEY)
        return True, workspace.texts("connect.bucket", where=store.where())


def _dremio(workspace: Workspace) -> tuple[bool | None, str]:
    if workspace.dremio is None:
        return None, workspace.texts("connect.no_dremio")
    with contextlib.closing(workspace.dremio) as dremio:
        return True, workspace.texts("connect.dremio", source=dremio.look_for_source())


def _ledger(workspace: Workspace) -> tuple[bool | None, str]:
    ledger = workspace.ledger
    try:
        name, owner = "check_config", Owner.here(new_run_id())
        ledger.leases.acquire(name, owner, timedelta(minutes=1).total_seconds())
        ledger.leases.release(name, owner)
        return True, workspace.texts("connect.ledger_well", where=ledger.where, n=len(ledger.runs()))
    finally:
        ledger.close()


async def _browser(t: Texts, path: str | None) -> tuple[bool | None, str]:
    logging.getLogger("shopdata.browser.starting").addHandler(logging.NullHandler())
    own = OwnChromium({"executable_path": path})
    try:
        browser = await own.start()
        page = await (await open_context(browser)).new_page()
        name = f"Chromium {browser.version}"
        if await can_draw(page):
            return True, t("connect.browser_well", name=name)
        return None, t("connect.browser_no_font", name=name, todo=INSTALL_ONE)
    except PlaywrightError as error:
        raise cannot_start(last_words(error)) from None
    finally:
        await own.close()


def _channel(t: Texts, group: Texts, channel: Channel, alerts: Alerts, deadline: Deadline) -> tuple[bool | None, str]:
    return True, t("connect.channel_well", said=send_message(channel, test_message(group), alerts, deadline))
