"""`scrapy verify`: hashes and counts anew what is published, by readers that are not ours."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand, add_day_options, read_dataset
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if everything is as the receipts say and no shop is missing, else 1; 2 for wrong arguments."""

    usage = "DATASET --date YYYY-MM-DD | --start YYYY-MM-DD --end YYYY-MM-DD"
    summary = "Count and hash anew what is published"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_day_options(parser)
        explain(
            parser,
            dataset={"DATASET": "{daily}, {weekly} and so on, as in pipelines_config/datasets"},
            examples={
                "scrapy verify {daily} --date 2026-03-01": (
                    "one day: raw files, workbook, Parquet and Dremio against the receipt"
                ),
                "scrapy verify {daily} --start 2026-03-01 --end 2026-03-31": (
                    "a month, and which of its days were never published"
                ),
            },
            exit_codes={
                0: "all is as the receipts say, and no shop is missing",
                1: "something is damaged, missing or unknown, was never published, or can't be reached",
                2: "wrong arguments or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.verify import verify

        return verify(self.workspace, read_dataset(args), opts)
