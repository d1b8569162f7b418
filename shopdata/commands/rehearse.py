"""`scrapy rehearse`: does a recorded export again for another day, and compares it with one by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain
from shopdata.exceptions import ArgumentError


class Command(QuietCommand):
    """Exit code 0 if both are the same: the recipe is proven; 1 if they differ, 2 for wrong arguments."""

    usage = "NAME --shop SHOP --date YYYY-MM-DD --with FILE"
    summary = "Collect another day by a recipe, and compare it with an export by hand"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--shop", metavar="SHOP", help="an id of shops.yaml, or the shop's name")
        parser.add_argument(
            "--date",
            metavar="YYYY-MM-DD",
            help="a day that was not shown when it was recorded; of a week its last day, of a month any",
        )
        parser.add_argument("--with", dest="by_hand", metavar="FILE", type=Path, help="the export of that day by hand")
        explain(
            parser,
            name={"NAME": "a dataset that has a recipe"},
            examples={
                "scrapy rehearse {daily} --shop flagship --date 2026-03-01 --with export.xlsx": (
                    "publishes nothing; if both are the same, the recipe counts as proven"
                ),
                "scrapy rehearse {weekly} --shop flagship --date 2026-03-01 --with export.xlsx": (
                    "any other dataset, at any later time"
                ),
            },
            exit_codes={
                0: "both are the same",
                1: "they differ, or nothing came",
                2: "wrong arguments or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.rehearse import rehearse

        if len(args) != 1 or not (opts.shop and opts.date and opts.by_hand):
            raise ArgumentError(
                "a name, a shop, a day and a file are to be given",
                where="the command's arguments",
                todo="See `scrapy rehearse -h`.",
            )
        return rehearse(self.workspace, args[0], opts)
