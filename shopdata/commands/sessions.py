"""`scrapy sessions`: which shops are signed in, since when, and with `--check` whether the portals still think so."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from shopdata.command_frame import WorkspaceCommand, refuse_arguments
from shopdata.command_help import explain

if TYPE_CHECKING:
    from shopdata.workspace import Workspace


class Command(WorkspaceCommand):
    """Exit code 1 if, with `--check`, any shop must sign in; a person can do so before the morning's run."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "List the shops' sessions, and check them"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="ask each portal whether its sessions still live")
        explain(
            parser,
            examples={
                "scrapy sessions": "who is signed in, as far as is known, and who waits for a person",
                "scrapy sessions --check": "the same, after each portal was asked once",
            },
            exit_codes={
                0: "the list was shown; with --check: every session lives",
                1: "with --check: a shop must sign in",
                2: "wrong configuration",
            },
        )

    def work(self, workspace: Workspace, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.sessions import show_sessions

        assert self.settings is not None
        refuse_arguments(args)
        return show_sessions(workspace, user_agent=self.settings["USER_AGENT"], is_check_wanted=opts.check)
