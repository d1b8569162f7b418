"""`scrapy accept`: lets files through that checks have found doubtful, and publishes them."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand, add_day_options, read_dataset
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if the files are let through and published, or nothing is doubtful, 1 if that could not be done."""

    usage = "DATASET --date YYYY-MM-DD [--shops ID,ID] | --start YYYY-MM-DD --end YYYY-MM-DD"
    summary = "Let doubtful files through: a person has looked at them"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_day_options(parser)
        parser.add_argument(
            "--shops", metavar="ID,ID", help="only those of these shops; by default all that are doubtful"
        )
        explain(
            parser,
            dataset={"DATASET": "{daily}, {weekly} and so on, as in pipelines_config/datasets"},
            examples={
                "scrapy accept {daily} --date 2026-03-01 --shops flagship": (
                    "the file is right: it is published, no portal is asked, and who said so is noted"
                ),
                "scrapy accept {weekly} --start 2026-02-01 --end 2026-03-31": "all doubtful files of two months",
            },
            exit_codes={
                0: "they are published, or none was doubtful",
                1: "one could not be let through, or not published; nothing else has changed",
                2: "wrong arguments or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.accept import accept_files

        return accept_files(self.workspace, read_dataset(args), opts)
