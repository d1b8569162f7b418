"""`scrapy sessions`: which shops are signed in, since when, and with `--check` whether the portals still think so."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shopdata.command_frame import QuietCommand, refuse_arguments
from shopdata.config import Shop
from shopdata.exceptions import OtherKeyError, ProxyError, UntrustedError
from shopdata.login.checking import SessionState, check_session
from shopdata.login.session import Session
from shopdata.periods import SHANGHAI
from shopdata.workspace import Workspace

MARKS = {SessionState.ALIVE: "✓", SessionState.DEAD: "✗", SessionState.NONE: "·", SessionState.UNKNOWN: "?"}


class Command(QuietCommand):
    """Exit code 1 if, with `--check`, any shop must sign in; a person can do so before the morning's run."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "List the shops' sessions, and check them"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="ask each portal whether its sessions still live")

    def work(self, workspace: Workspace, args: list[str], opts: argparse.Namespace) -> int:
        refuse_arguments(args)
        shops = [shop for shop in workspace.config.shops if shop.enabled]
        if opts.check:
            # A handful at once: each shop is asked a single time.
            with ThreadPoolExecutor(workspace.shops_at_once) as pool:
                told = dict.fromkeys(filter(None, pool.map(lambda shop: self._check(workspace, shop), shops)))
            for sentence in told:
                print(sentence, file=sys.stderr)
        table = Table(box=None, pad_edge=False)
        for header in ("", "shop", "platform", "session", "signed in", "age", "checked", "note"):
            table.add_column(header)
        is_well = True
        for shop in shops:
            about = workspace.sessions.about(shop)
            state = SessionState(about.checked_state or ("none" if about.saved_at is None else "unknown"))
            # The next run leaves alone who waits for a person, also where the session lives.
            is_well = is_well and state is SessionState.ALIVE and not about.parked
            age = "" if about.saved_at is None else _age(about.saved_at)
            texts = (shop.id, shop.platform, state.value, _clock(about.saved_at), age, _clock(about.checked_at))
            table.add_row(MARKS[state], *(Text(text) for text in texts), Text(about.parked))
        Console().print(table)
        if opts.check and not is_well:
            print(
                "Sign in with `scrapy login SHOP` before the next run, or let the run do it where no person is needed."
            )
            return 1
        return 0

    def _check(self, workspace: Workspace, shop: Shop) -> str:
        """What keeps this machine from asking the portal at all; mostly nothing."""
        with suppress(OtherKeyError):  # the list says so
            return self._ask(workspace, shop, workspace.sessions.load(shop))
        return ""

    def _ask(self, workspace: Workspace, shop: Shop, session: Session | None) -> str:
        assert self.settings is not None
        if session is None:
            return ""
        state, why = SessionState.UNKNOWN, ""
        try:
            state = check_session(shop, workspace.config.portal(shop.platform), session, self.settings["USER_AGENT"])
        except (ProxyError, UntrustedError) as error:
            why = str(error)
        workspace.sessions.note_check(shop, state)
        return why


def _clock(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"


def _age(moment: datetime) -> str:
    hours = (datetime.now(UTC) - moment).total_seconds() / 3600
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
