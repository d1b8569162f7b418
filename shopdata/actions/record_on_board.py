"""How `scrapy record NAME --shop SHOP --board` has a report shown by somebody at the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopdata.actions.on_board import wait_on_board
from shopdata.actions.record import check_name, shop_of
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def record_on_board(workspace: Workspace, name: str, given: str, settings: Mapping[str, Any], period: str = "") -> int:
    """Prints a link, and each step; returns 0 when the files are written or handed out, 1 when it has ended without.

    Raises:
        as `wait_on_board`.
    """
    shop = shop_of(workspace, given)
    check_name(name, shop.platform)
    is_written = False

    def line(about: Mapping[str, Any]) -> str:
        nonlocal is_written
        is_written = is_written or bool(about.get("is_written"))
        return _line(workspace.texts, about)

    end = wait_on_board(
        workspace,
        settings,
        "recordings",
        {"name": name, "shop": shop.id, **({"period": period} if period else {})},
        text="record.on_board",
        without="Without one, `scrapy record` opens a window on a machine with a screen.",
        line=line,
    )
    return 0 if is_written or end in ("proven", "handed_out") else 1


def _line(t: Texts, about: Mapping[str, Any]) -> str:
    """What is so now, in the words of the board."""
    state = about["state"]
    short = f"recording.short.{state}"
    return t(short) if t.has(short) else t(f"recording.state.{state}")
