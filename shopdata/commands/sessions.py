"""`scrapy sessions`: who is signed in, since when and until when; with `--check` whether the portals still think so."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 1 if, with `--check`, any shop must sign in; a person can do so before the morning's run."""

    summary = "List the shops' sessions, and check them"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="ask each portal whether its sessions still live")
        parser.add_argument("--json", action="store_true", help="for programs: everything, with codes of the reasons")
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

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.sessions import show_sessions

        return show_sessions(
            self.workspace,
            user_agent=self.settings["USER_AGENT"],
            is_check_wanted=opts.check,
            is_json_wanted=opts.json,
        )
