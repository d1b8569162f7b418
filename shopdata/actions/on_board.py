"""How a command has something done by somebody at the board, and waits for what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from shopdata.actions.printing import say
from shopdata.exceptions import UsageError
from shopdata.service.background import find_daemon
from shopdata.service.client import Client
from shopdata.service.options import ServiceOptions
from shopdata.workspace import Workspace

_LOOK_EVERY_SECONDS = 1.0


def wait_on_board(
    workspace: Workspace,
    settings: Mapping[str, Any],
    page: str,
    asked: Mapping[str, str],
    *,
    text: str,
    without: str,
    line: Callable[[Mapping[str, Any]], str],
) -> str:
    """Prints a link that is good once, and each step; the state in which it has ended.

    Args:
        page, asked: what of the service makes the link, and of what.
        text: the key of what is said with the link.
        without: what can be done where no service runs.
        line: what is so now, in words.

    Raises:
        UsageError: no service runs here.
        ServiceError: it does not answer, or knows another configuration.
    """
    t, options = workspace.texts, ServiceOptions.from_settings(settings)
    if find_daemon(options) is None:
        raise UsageError(
            "no service runs whose board could be used",
            where=str(options.folder),
            todo=f"Start it with `scrapy service start`. {without}",
        )
    client = Client(options)
    given = client.post(page, **asked)
    base = (workspace.board_url or f"{options.url}/board").rstrip("/")
    say(t, text, **asked, link=f"{base}/{given['path']}")
    if workspace.board_url is None:
        say(t, "login.on_board_here")
    told = ""
    while True:
        about = client.get(page, invite=given["invite"])
        now = t("login.on_board_waiting") if about["state"] == "waiting" else line(about)
        if now != told:
            told = now
            say(t, "login.on_board_now", line=now)
        if about["is_over"]:
            return str(about["state"])
        time.sleep(_LOOK_EVERY_SECONDS)
