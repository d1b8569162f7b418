"""The list that `scrapy sessions` shows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shopdata.actions.printing import of_other_keys, print_line, print_table
from shopdata.config import Shop
from shopdata.exceptions import OtherKeyError, ProxyError, UntrustedError
from shopdata.periods import SHANGHAI
from shopdata.sessions.checking import SessionState, check_session
from shopdata.sessions.forecast import ENOUGH_ENDS, REMEMBERED, Forecast, Forecasts, until_when
from shopdata.sessions.session import Session
from shopdata.sessions.sessions import AboutSession
from shopdata.terminal import json_text
from shopdata.wording import Texts
from shopdata.workspace import Workspace

MARKS = {
    SessionState.ALIVE: "✓",
    SessionState.DEAD: "✗",
    SessionState.NONE: "·",
    SessionState.UNKNOWN: "?",
    SessionState.OTHER_KEY: "!",
}


@dataclass(frozen=True)
class _Line:
    """One shop."""

    shop: Shop
    about: AboutSession
    state: SessionState
    #: None where there is no session that could last.
    expected: Forecast | None

    @property
    def is_well(self) -> bool:
        """The next run leaves alone who waits for a person, also where the session lives."""
        return self.state is SessionState.ALIVE and not self.about.parked

    def as_json(self) -> dict[str, Any]:
        about = self.about
        return {
            "shop": self.shop.id,
            "platform": self.shop.platform,
            "state": self.state.value,
            "signed_in_at": about.saved_at and about.saved_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "checked_at": about.checked_at and about.checked_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "waits": about.parked.as_json() if about.parked and not about.is_of_other_key else None,
            "expected": self.expected and self.expected.as_json(),
        }


def show_sessions(workspace: Workspace, *, user_agent: str, is_check_wanted: bool, is_json_wanted: bool = False) -> int:
    """Prints the list; returns the exit code. Raises ShopdataError.

    Args:
        user_agent: for sessions that do not say which browser has signed in.
        is_check_wanted: each portal is asked first whether its sessions live.
        is_json_wanted: for programs.
    """
    t, shops = workspace.texts, [shop for shop in workspace.config.shops if shop.enabled]
    if is_check_wanted:
        # A handful at once: each shop is asked a single time, by a thread.
        with ThreadPoolExecutor(workspace.shops_at_once or 8) as pool:
            told = dict.fromkeys(filter(None, pool.map(lambda shop: _check(workspace, shop, user_agent), shops)))
        for sentence in told:
            print(sentence, file=sys.stderr)
    forecasts = Forecasts(workspace.ledger.session_lives.since(datetime.now(UTC) - REMEMBERED))
    lines = [_line(workspace, shop, forecasts) for shop in shops]
    if is_json_wanted:
        print(json_text({"sessions": [line.as_json() for line in lines]}))
    else:
        _show(t, lines)
    if is_check_wanted and not all(line.is_well for line in lines):
        if not is_json_wanted:
            print(t("session_list.todo"))
        return 1
    return 0


def _line(workspace: Workspace, shop: Shop, forecasts: Forecasts) -> _Line:
    about = workspace.sessions.about(shop)
    if about.is_of_other_key:
        return _Line(shop, about, SessionState.OTHER_KEY, None)
    state = SessionState(about.checked_state or ("none" if about.saved_at is None else "unknown"))
    if about.saved_at is None or state is SessionState.DEAD:
        return _Line(shop, about, state, None)
    good_at = about.checked_at if state is SessionState.ALIVE else None
    return _Line(shop, about, state, forecasts.of(shop, about.saved_at, good_at))


def _show(t: Texts, lines: Sequence[_Line]) -> None:
    keys = ("session", "signed_in", "age", "expected", "checked", "note")
    heads = ["", t("head.shop"), t("head.platform"), *(t(f"session_list.{key}") for key in keys)]
    now = datetime.now(UTC)
    rows: list[tuple[str, ...]] = []
    for line in lines:
        about, note = line.about, ""
        age = "" if about.saved_at is None else t.span((now - about.saved_at).total_seconds())
        expected = (
            "" if line.expected is None else "?" if line.expected.at is None else until_when(t, line.expected, now)
        )
        if about.is_of_other_key or about.parked:
            note = t("session_list.saved_with_another_key" if about.is_of_other_key else "session_list.waits")
        times = (t.short(about.saved_at), age, expected, t.short(about.checked_at))
        session = t(f"session.{line.state.name.lower()}")
        rows.append((MARKS[line.state], line.shop.id, line.shop.platform, session, *times, note))
    print_table(heads, rows)
    if any(line.expected is not None and line.expected.at is None for line in lines):
        print_line(t("session_list.until_unknown", n=ENOUGH_ENDS))
    for line in lines:
        if line.about.parked and not line.about.is_of_other_key:
            print_line(t("session_list.parked", shop=line.shop.id, why=line.about.parked))
    if foreign := [line.shop.id for line in lines if line.about.is_of_other_key]:
        print(of_other_keys(t, foreign))


def _check(workspace: Workspace, shop: Shop, user_agent: str) -> str:
    """What keeps this machine from asking the portal at all; mostly nothing."""
    with suppress(OtherKeyError):  # the list says so
        return _ask(workspace, shop, workspace.sessions.load(shop), user_agent)
    return ""


def _ask(workspace: Workspace, shop: Shop, session: Session | None, user_agent: str) -> str:
    if session is None:
        return ""
    state, why = SessionState.UNKNOWN, ""
    try:
        state = check_session(shop, workspace.config.portal(shop.platform), session, user_agent)
    except (ProxyError, UntrustedError) as error:
        why = str(error)
    workspace.sessions.note_check(shop, state)
    return why
