"""`scrapy status`: what is published, what is missing, and why, as the ledger has it."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain

#: How many periods of each dataset are shown where nobody says.
_DAYS = 7


class Command(QuietCommand):
    """A sentence, a line for each dataset and each reason once for people; `--json` for programs."""

    summary = "Show what is published, what is missing, and why"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--date", metavar="YYYY-MM-DD", help="only periods that hold this day")
        parser.add_argument(
            "--days", metavar="N", default=str(_DAYS), help=f"the newest N periods of each dataset ({_DAYS})"
        )
        parser.add_argument("--dataset", metavar="NAME", help="only this dataset")
        parser.add_argument("--shop", metavar="ID", help="only this shop")
        parser.add_argument("--all", action="store_true", help="each cell, and each reason")
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs: all, or what is named")
        explain(
            parser,
            examples={
                "scrapy status": "the newest periods of each dataset, and why something is missing",
                "scrapy status --dataset {daily} --date 2026-03-01": "one day of one dataset",
                "scrapy status --json": "all cells and partitions, for programs",
            },
            exit_codes={0: "it was shown", 2: "a wrong date, number or name, or the ledger can't be opened"},
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.status import show_status

        return show_status(self.workspace, opts)
