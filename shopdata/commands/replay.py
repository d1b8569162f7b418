"""`scrapy replay`: rebuilds what is published from the raw files in the store, without any portal."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand, add_day_options, read_dataset
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if every partition asked for is rebuilt and whole, 1 if one is not, 2 for wrong arguments."""

    usage = "DATASET --date YYYY-MM-DD | --start YYYY-MM-DD --end YYYY-MM-DD"
    summary = "Rebuild what is published from raw/, with today's contract"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_day_options(parser)
        explain(
            parser,
            dataset={"DATASET": "{daily}, {weekly} and so on, as in pipelines_config/datasets"},
            examples={
                "scrapy replay {daily} --date 2026-03-01": (
                    "after a change of the contract: one day anew, no portal is asked"
                ),
                "scrapy replay {weekly} --start 2026-02-01 --end 2026-03-31": (
                    "every week of which there are raw files"
                ),
            },
            exit_codes={
                0: "every partition is rebuilt, or was just so, and whole",
                1: "one could not be rebuilt and stays as it was, a shop is missing in it, or Dremio was not refreshed",
                2: "wrong arguments or configuration, or no raw file in the range",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.replay import replay

        return replay(self.workspace, read_dataset(args), opts)
