"""`scrapy merge`: merges any folder of workbooks, each file a shop of its own name, without portal or store."""

from __future__ import annotations

import argparse
from pathlib import Path

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if all tables are merged, 1 if one is left out, 2 if there is nothing to merge, 130 after Ctrl-C."""

    usage = "FOLDER -o OUT.xlsx [options]"
    summary = "Merge a folder of workbooks into one"
    requires_project = False

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", dest="workbook", metavar="OUT.xlsx", type=Path, help="the workbook to write (.xlsx)")
        parser.add_argument("--parquet", metavar="OUT.parquet", type=Path, help="write this Parquet file as well")
        parser.add_argument(
            "--at-most-rows",
            metavar="N",
            type=int,
            help="with more rows: OUT-1.xlsx, OUT-2.xlsx … beside OUT.xlsx",
        )
        parser.add_argument("--summary", action="store_true", help="show the rows of every file, and all warnings")
        parser.add_argument("--no-header", action="store_true", help="the first row is one of values, in every file")
        parser.add_argument(
            "--totals", choices=("keep", "drop", "mark"), help="rows of totals, remarks, and the header once more"
        )
        parser.add_argument("--fill-merged", action="store_true", help="cells merged downwards all hold the value")
        parser.add_argument("--join-zips", action="store_true", help="workbooks of equal header in a zip are one table")
        parser.add_argument("--strict", action="store_true", help="write nothing if a file is not used")
        explain(
            parser,
            folder={"FOLDER": "where the workbooks, CSV files or zips lie; each file's name becomes its shop"},
            examples={
                "scrapy merge exports -o merged.xlsx": "all tables of the folder `exports` in one workbook",
                "scrapy merge exports -o merged.xlsx --parquet merged.parquet --summary": (
                    "a Parquet file as well, and the rows of each file"
                ),
            },
            exit_codes={
                0: "all files were merged",
                1: "a file was left out, or nothing was written",
                2: "there is nothing to merge, or a result can't go there",
                130: "stopped by Ctrl-C; earlier results stay as they were",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.merge import merge

        return merge(args, opts, self.settings)
