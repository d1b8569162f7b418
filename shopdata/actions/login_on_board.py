"""How `scrapy login SHOP --board` has a shop signed in by somebody at the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopdata.actions.on_board import wait_on_board
from shopdata.config import Shop
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def login_on_board(workspace: Workspace, shop: Shop, settings: Mapping[str, Any]) -> int:
    """Prints a link, and each step; returns 0 when the session is saved, 1 when the sign-in has ended without.

    Raises:
        as `wait_on_board`.
    """
    end = wait_on_board(
        workspace,
        settings,
        "signins",
        {"shop": shop.id},
        text="login.on_board",
        without=f"Without one, `scrapy login {shop.id}` takes an SMS code here, and `--headed` opens a window.",
        line=lambda about: _line(workspace.texts, about),
    )
    return 0 if end == "saved" else 1


def _line(t: Texts, about: Mapping[str, Any]) -> str:
    """What is so now, in the words of the board."""
    state, asked = about["state"], about["asked"]
    if state == "needs_you":
        return t(f"live.asked.{asked}" if t.has(f"live.asked.{asked}") else "live.asked.other")
    key = {"queued": "queued_account", "signing_in": "entering"}.get(state, state)
    return t(f"live.state.{key}")
