"""`scrapy shops`: every shop id that ever was; hands one on to another, or takes it out of what is published."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand, add_day_options
from shopdata.command_help import explain
from shopdata.exceptions import ArgumentError


class Command(QuietCommand):
    """Exit code 0 if all is as it should be, 1 if a period could not be changed, 2 for wrong arguments."""

    usage = "list | rename OLD NEW | remove ID (--all | [--dataset D] --date YYYY-MM-DD)"
    summary = "List all shop ids, hand one on to another, or take one out of what is published"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_day_options(parser)
        parser.add_argument("--dataset", metavar="NAME", help="remove: only from this dataset")
        parser.add_argument("--all", action="store_true", help="remove: from all periods, and forget its sign-in")
        parser.add_argument("--platform", metavar="NAME", help="which platform, for an id that was on several")
        parser.add_argument("--dry-run", action="store_true", help="show which periods it would change, change nothing")
        explain(
            parser,
            what_to_do={
                "list": "every shop id that there ever was, with its periods and its account",
                "rename OLD NEW": "hands an id on: sessions, device, cells, raw files; publishes its periods anew",
                "remove ID": "takes a shop out of what is published; --all, or which days",
            },
            examples={
                "scrapy shops rename sandbox-01 flagship --dry-run": "show which periods it would change",
                "scrapy shops remove flagship --dataset {daily} --date 2026-03-01": "out of one day of one dataset",
            },
            exit_codes={
                0: "done, or shown",
                1: "a period could not be changed; run it again",
                2: "wrong arguments or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions import shops

        match args:
            case ["list"]:
                return shops.list_ids(self.workspace)
            case ["rename", old, new]:
                return shops.rename(self.workspace, old, new, opts)
            case ["remove", shop_id]:
                return shops.remove(self.workspace, shop_id, opts)
        raise ArgumentError(
            "this is not what can be done with shops",
            where="the command's arguments",
            found=" ".join(args) or "nothing",
            expected=self.usage,
            todo="The command with `-h` shows all.",
        )
