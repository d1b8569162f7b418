"""`scrapy shadow`: holds what somebody else has saved against what is published, day by day."""

from __future__ import annotations

import argparse
from pathlib import Path

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain
from shopdata.exceptions import ArgumentError


class Command(QuietCommand):
    """Exit code 0 if both sides are the same, 1 if anything differs or is left over, 2 if nothing can be compared."""

    usage = "FOLDER DATASET --date YYYY-MM-DD | --from YYYY-MM-DD --to YYYY-MM-DD [options]"
    summary = "Compare a folder of somebody else's files with what is published"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--date", metavar="YYYY-MM-DD", help="the business day; a week's last day, any day of a month"
        )
        parser.add_argument("--from", "--start", dest="start", metavar="YYYY-MM-DD", help="the first day of a range")
        parser.add_argument("--to", "--end", dest="end", metavar="YYYY-MM-DD", help="the last day of a range")
        parser.add_argument(
            "--match", action="append", default=[], metavar="PATTERN", help="how their files are named; may be repeated"
        )
        parser.add_argument("--shops", metavar="ID,ID", help="only these shops")
        parser.add_argument("--ignore", metavar="COLUMN,COLUMN", help="columns that are not compared")
        parser.add_argument("--exact", action="store_true", help="other spellings of a value are differences, too")
        parser.add_argument("--days", type=int, metavar="N", help="so many days without a difference are enough (7)")
        parser.add_argument(
            "--name-lag",
            type=int,
            default=0,
            metavar="N",
            help="their names hold the day N days after the business day",
        )
        parser.add_argument("-o", dest="report", metavar="REPORT.xlsx", type=Path, help="where the report is written")
        explain(
            parser,
            folder={
                "FOLDER": "a folder with their workbooks and CSV files, or one merged workbook with a column of shops",
                "DATASET": "{daily}, {weekly} and so on, as in pipelines_config/datasets",
                "PATTERN": "'{shop}_{date}.xlsx' with * for anything; 'main*{date}.xls=ID' for one shop's files",
            },
            examples={
                "scrapy shadow rpa {daily} --date 2026-03-01": (
                    "one day; shops and day are told by the names of the files"
                ),
                "scrapy shadow rpa {daily} --from 2026-03-01 --to 2026-03-07 -o week.xlsx": "a week, with a report",
                "scrapy shadow merged.xlsx {daily} --date 2026-03-01": "one workbook that holds all shops",
            },
            exit_codes={
                0: "both sides are the same",
                1: "something differs, one side lacks a shop, or a file is not understood",
                2: "nothing to compare, or wrong arguments or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.shadow import shadow

        if len(args) != 2:
            raise ArgumentError(
                "a folder and a dataset are needed",
                where="scrapy shadow",
                found=" ".join(args) or "none",
                todo="Write `scrapy shadow FOLDER DATASET --date YYYY-MM-DD`.",
            )
        return shadow(self.workspace, Path(args[0]), args[1], opts)
