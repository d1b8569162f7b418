"""`scrapy checks`: what the checks would have asked about the files of the past."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand, read_dataset
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if the list was shown. Nothing is asked of a portal, and nothing published changes."""

    usage = "DATASET [--days 90] [--drop 0.7] [--from-raw]"
    summary = "Show what the checks would have asked, to find a limit before it counts"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--days", type=int, default=90, help="how many days back from today; by default 90")
        parser.add_argument("--drop", type=float, help="try this in place of the dataset's `checks.rows.drop`")
        parser.add_argument("--from-raw", action="store_true", help="first read what earlier files hold out of raw/")
        parser.add_argument("--json", action="store_true", help="for programs: everything that was found")
        explain(
            parser,
            dataset={"DATASET": "{daily}, {weekly} and so on, as in pipelines_config/datasets"},
            examples={
                "scrapy checks {daily} --days 90": "every file that would have been doubtful, and how often that is",
                "scrapy checks {daily} --drop 0.7": "the same if only seven tenths fewer rows were doubtful",
                "scrapy checks {daily} --from-raw": "also what is in files of before the checks: reads raw/, once",
            },
            exit_codes={0: "shown", 1: "a raw file could not be read", 2: "wrong arguments or configuration"},
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.checks import show_checks

        return show_checks(self.workspace, read_dataset(args), opts)
