"""`scrapy check_config`: reads all of pipelines_config and says every problem with its place."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if all is well, 1 if with `--connect` something does not answer, 2 for a mistake."""

    summary = "Check pipelines_config and say every problem"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--connect",
            action="store_true",
            help="also try store, Dremio, ledger, browser and alerts (sends them a test message)",
        )
        explain(
            parser,
            examples={
                "scrapy check_config": "every mistake in pipelines_config and .env, with its line; asks nobody",
                "scrapy check_config --connect": "then try store, Dremio, ledger, browser and alerts, a line each",
            },
            exit_codes={
                0: "no mistake; with --connect: everything answers",
                1: "with --connect: something does not answer",
                2: "at least one mistake",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.check_config import check

        return check(self.settings, is_connecting=opts.connect)
