"""The list that `scrapy sessions` shows."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

from shopdata.actions.printing import print_line, print_table
from shopdata.config import Shop
from shopdata.exceptions import OtherKeyError, ProxyError, UntrustedError
from shopdata.sessions.checking import SessionState, check_session
from shopdata.sessions.session import Session
from shopdata.sessions.sessions import of_other_keys
from shopdata.workspace import Workspace

MARKS = {
    SessionState.ALIVE: "✓",
    SessionState.DEAD: "✗",
    SessionState.NONE: "·",
    SessionState.UNKNOWN: "?",
    SessionState.OTHER_KEY: "!",
}


def show_sessions(workspace: Workspace, *, user_agent: str, is_check_wanted: bool) -> int:
    """Prints the list; returns the exit code. Raises ShopdataError.

    Args:
        user_agent: for sessions that do not say which browser has signed in.
        is_check_wanted: each portal is asked first whether its sessions live.
    """
    t, shops = workspace.texts, [shop for shop in workspace.config.shops if shop.enabled]
    if is_check_wanted:
        # A handful at once: each shop is asked a single time, by a thread.
        with ThreadPoolExecutor(workspace.shops_at_once or 8) as pool:
            told = dict.fromkeys(filter(None, pool.map(lambda shop: _check(workspace, shop, user_agent), shops)))
        for sentence in told:
            print(sentence, file=sys.stderr)
    keys = ("session", "signed_in", "age", "checked", "note")
    heads = ["", t("head.shop"), t("head.platform"), *(t(f"session_list.{key}") for key in keys)]
    rows: list[tuple[str, ...]] = []
    is_well = True
    parked: list[str] = []
    foreign: list[str] = []
    for shop in shops:
        about = workspace.sessions.about(shop)
        state = (
            SessionState.OTHER_KEY
            if about.is_of_other_key
            else SessionState(about.checked_state or ("none" if about.saved_at is None else "unknown"))
        )
        # The next run leaves alone who waits for a person, also where the session lives.
        is_well = is_well and state is SessionState.ALIVE and not about.parked
        age = "" if about.saved_at is None else t.span((datetime.now(UTC) - about.saved_at).total_seconds())
        session = t(f"session.{state.name.lower()}")
        note = ""
        if about.is_of_other_key or about.parked:
            note = t("session_list.saved_with_another_key" if about.is_of_other_key else "session_list.waits")
        times = (t.short(about.saved_at), age, t.short(about.checked_at))
        rows.append((MARKS[state], shop.id, shop.platform, session, *times, note))
        if about.is_of_other_key:
            foreign.append(shop.id)
        elif about.parked:
            parked.append(t("session_list.parked", shop=shop.id, why=about.parked))
    print_table(heads, rows)
    for sentence in parked:
        print_line(sentence)
    if foreign:
        print(of_other_keys(t, foreign))
    if is_check_wanted and not is_well:
        print(t("session_list.todo"))
        return 1
    return 0


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
