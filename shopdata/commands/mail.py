"""`scrapy mail`: sends the merged workbooks that are due by mail, or one of them now."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if all was taken, 1 if a server did not take one, 2 for wrong arguments or configuration."""

    usage = "[DATASET --date YYYY-MM-DD]"
    summary = "Send merged workbooks by mail: those that are due, or one of them now"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--date", metavar="YYYY-MM-DD", help="the period of a dataset that is sent now")
        parser.add_argument("--channel", metavar="NAME", help="only to this channel of alerts.yaml")
        parser.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE", help="as the clock gives it"
        )
        explain(
            parser,
            dataset={"DATASET": "{daily}, {weekly} and so on, as in pipelines_config/datasets"},
            examples={
                "scrapy mail": "what is due by alerts.yaml and was not sent; for cron, where no service runs",
                "scrapy mail {daily} --date 2026-03-01": "one period with what is there, also if it was sent before",
            },
            exit_codes={
                0: "all was taken, or nothing is due",
                1: "a mail server did not take one, or a workbook is not to be had",
                2: "wrong arguments or configuration, or the ledger can't be used",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.mail import send_mails

        return send_mails(self.workspace, args, opts)
