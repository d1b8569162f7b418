"""How `scrapy login SHOP --board` has a shop signed in by somebody at the board, and waits for what comes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from shopdata.actions.printing import say
from shopdata.config import Shop
from shopdata.exceptions import UsageError
from shopdata.service.background import find_daemon
from shopdata.service.client import Client
from shopdata.service.options import ServiceOptions
from shopdata.wording import Texts
from shopdata.workspace import Workspace

_LOOK_EVERY_SECONDS = 1.0


def login_on_board(workspace: Workspace, shop: Shop, settings: Mapping[str, Any]) -> int:
    """Prints a link, and each step; returns 0 when the session is saved, 1 when the sign-in has ended without.

    Raises:
        UsageError: no service runs here.
        ServiceError: it does not answer, or knows another configuration.
    """
    t, options = workspace.texts, ServiceOptions.from_settings(settings)
    if find_daemon(options) is None:
        raise UsageError(
            "no service runs whose board could be used",
            where=str(options.folder),
            todo=(
                f"Start it with `scrapy service start`. Without one, `scrapy login {shop.id}` takes an SMS code here, "
                "and `--headed` opens a window."
            ),
        )
    client = Client(options)
    given = client.post("signins", shop=shop.id)
    base = (workspace.board_url or f"{options.url}/board").rstrip("/")
    say(t, "login.on_board", shop=shop.id, link=f"{base}/{given['path']}")
    if workspace.board_url is None:
        say(t, "login.on_board_here")
    told = ""
    while True:
        about = client.get("signins", invite=given["invite"])
        line = _line(t, about)
        if line != told:
            told = line
            say(t, "login.on_board_now", line=line)
        if about["is_over"]:
            return 0 if about["state"] == "saved" else 1
        time.sleep(_LOOK_EVERY_SECONDS)


def _line(t: Texts, about: Mapping[str, Any]) -> str:
    """What is so now, in the words of the board."""
    state, asked = about["state"], about["asked"]
    if state == "waiting":
        return t("login.on_board_waiting")
    if state == "needs_you":
        return t(f"live.asked.{asked}" if t.has(f"live.asked.{asked}") else "live.asked.other")
    key = {"queued": "queued_account", "signing_in": "entering"}.get(state, state)
    return t(f"live.state.{key}")
