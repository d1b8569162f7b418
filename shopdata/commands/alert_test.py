"""`scrapy alert_test`: sends a message to the channels of alerts.yaml and shows what each of them answers."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain


class Command(QuietCommand):
    """0 every channel took it, 1 one did not, 2 there is none."""

    summary = "Send a test message to the channels of alerts.yaml"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--channel", metavar="NAME", help="only this one")
        explain(
            parser,
            examples={
                "scrapy alert_test": "a test message to every channel that has an address",
                "scrapy alert_test --channel dingtalk": "to this one only",
            },
            exit_codes={
                0: "every channel took it",
                1: "a channel did not",
                2: "no channel is on, or a mistake in alerts.yaml",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.alert_test import send_to_channels
        from shopdata.wording.language import group_texts

        return send_to_channels(group_texts(self.settings), opts.channel)
