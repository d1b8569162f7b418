"""`scrapy record`: shows an export once, and writes the recipe that follows from it."""

from __future__ import annotations

import argparse
from pathlib import Path

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain
from shopdata.exceptions import ArgumentError

#: What says something of a window, a journal or the terminal, by the names of what is parsed.
_NOT_FOR_BOARD = {
    "from": "journal", "days": "days", "of": "chosen", "sheet": "sheet", "sign": "sign", "title": "title",
    "lag-days": "lag_days", "yes": "takes_defaults", "as": "form",
}  # fmt: skip
_DEFAULTS = frozenset({"None", "", "False", "recipe"})


class Command(QuietCommand):
    """Exit code 0 if a recipe was written, 1 if none follows from what was shown, 2 for wrong arguments."""

    usage = "NAME --shop SHOP [options]"
    summary = "Export once in a browser, and get the recipe that does it every day"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--shop", metavar="SHOP", help="an id of shops.yaml, or the shop's name")
        parser.add_argument(
            "--board", action="store_true", help="print a link by which somebody shows it on the service's board"
        )
        parser.add_argument(
            "--from", dest="journal", metavar="JOURNAL", type=Path, help="infer again, from a recording that was kept"
        )
        parser.add_argument("--days", metavar="DAY,DAY", help="the two days that are shown; by default of last week")
        parser.add_argument("--of", dest="chosen", default="", metavar="TEXT", help="part of the address that is meant")
        parser.add_argument(
            "--sheet", default="", metavar="NAME", help="the sheet that is meant, where a workbook has several tables"
        )
        parser.add_argument(
            "--sign",
            default="",
            choices=("page", "borrow", "rewrite", "click"),
            help="how requests are sent of which a page makes a part, where the first way was refused",
        )
        parser.add_argument("--title", metavar="TEXT", help="what people call it; by default its name")
        parser.add_argument("--lag-days", type=int, metavar="N", help="days until a day is there; else it is asked")
        parser.add_argument("--period", choices=("day", "week", "month"), help="what is shown; else what is sent tells")
        parser.add_argument("--yes", dest="takes_defaults", action="store_true", help="ask nothing, take all defaults")
        parser.add_argument("--as", dest="form", choices=("recipe", "spider"), default="recipe", help="what is written")
        explain(
            parser,
            name={"NAME": "of the new dataset, beginning with its platform, as {daily} does"},
            examples={
                "scrapy record {daily}_2 --shop flagship": "a window opens: export one day in it, then another",
                "scrapy record {daily}_2 --shop flagship --board": (
                    "where there is no screen: the link opens on any desk or telephone"
                ),
                "scrapy record {daily}_2 --shop flagship --from recordings/{daily}_2.jsonl": (
                    "the same recipe again, without a browser"
                ),
            },
            exit_codes={
                0: "the recipe is written; it is not proven yet",
                1: "no recipe follows from what was shown, or it would keep a secret",
                2: "wrong arguments or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1 or not opts.shop:
            raise ArgumentError(
                "one name and one shop are to be given",
                where="the command's arguments",
                todo="Write `scrapy record NAME --shop SHOP`.",
            )
        if opts.board:
            others = [f"--{word}" for word, name in _NOT_FOR_BOARD.items() if str(getattr(opts, name)) not in _DEFAULTS]
            if others:
                raise ArgumentError(
                    "with --board, all else is done on the board",
                    where="the command's arguments",
                    found=", ".join(others),
                    todo="Leave out all but the name, --shop and --period.",
                )
            from shopdata.actions.record_on_board import record_on_board

            return record_on_board(self.workspace, args[0], opts.shop, self.settings, opts.period or "")
        from shopdata.actions.record import record

        return record(self.workspace, args[0], opts, self.settings)
