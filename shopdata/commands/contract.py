"""`scrapy contract`: a dataset's contract as other tools read it."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand, read_dataset
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if it was printed, 2 for wrong arguments or configuration."""

    usage = "DATASET"
    summary = "Print a dataset's contract as ODCS v3.1, for catalogues and other tools"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        explain(
            parser,
            dataset={"DATASET": "{daily}, {weekly} and so on, as in pipelines_config/datasets"},
            examples={
                "scrapy contract {daily}": "columns, keys, checks and when it is there, as YAML",
                "scrapy contract {weekly}": "the same of another dataset",
            },
            exit_codes={0: "printed", 2: "wrong arguments or configuration"},
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.contract import show_contract

        return show_contract(read_dataset(args))
