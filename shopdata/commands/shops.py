"""`scrapy shops`: the list of shops, entered one by one or out of a workbook; hands an id on, takes one out."""

from __future__ import annotations

import argparse
from pathlib import Path

from shopdata.command_frame import QuietCommand, add_day_options
from shopdata.command_help import explain
from shopdata.exceptions import ArgumentError


class Command(QuietCommand):
    """Exit code 0 if all is as it should be, 1 if a period could not be changed, 2 for wrong arguments or a list with
    mistakes: then nothing of it is entered."""

    usage = (
        "list | template FILE.xlsx | import FILE | add --platform P --name NAME | edit ID … | enable ID | "
        "disable ID | rename OLD NEW | rekey | remove ID [--all | [--dataset D] --date YYYY-MM-DD]"
    )
    summary = "Enter, change and list shops; hand an id on, or take one out of what is published"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_day_options(parser)
        parser.add_argument("--dataset", metavar="NAME", help="remove: only from this dataset")
        parser.add_argument("--all", action="store_true", help="remove: from all periods, and forget its sign-in")
        parser.add_argument("--platform", metavar="NAME", help="add: where the shop is; else: of ids on several, which")
        parser.add_argument("--dry-run", action="store_true", help="show what it would change, change nothing")
        parser.add_argument("--update", action="store_true", help="import: change shops that are kept already, too")
        parser.add_argument("--name", metavar="TEXT", help="add, edit: what the shop is called")
        parser.add_argument("--username", metavar="TEXT", help="add, edit: its user name; add asks for it without this")
        parser.add_argument("--password", action="store_true", help="edit: ask for a new password")
        parser.add_argument("--password-stdin", action="store_true", help="read the password, or old key, as a line")
        parser.add_argument("--datasets", metavar="A,B", help="add, edit: what is collected; all of the platform")
        parser.add_argument("--owner", metavar="TEXT", help="add, edit: who looks after it")
        parser.add_argument("--group", metavar="ID", help="add, edit: with which others it stands in a large workbook")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="add, edit: its first business day")
        parser.add_argument("--portal-name", metavar="TEXT", help="add, edit: what the portal calls the shop")
        parser.add_argument(
            "--account-shop", metavar="TEXT", dest="portal_shop", help="add, edit: its entry, where a login has several"
        )
        explain(
            parser,
            what_to_do={
                "list": "every shop id that there ever was, where it is kept, its periods and its account",
                "template FILE": "makes a workbook to fill in",
                "import FILE": "enters the shops of a workbook or CSV: all of them, or none and every mistake",
                "add [ID]": "enters one, and makes an id where none is given; asks for the password",
                "edit ID": "changes what is given: --name, --password … ; `-` takes back what may be left out",
                "disable ID": "collects it no more; what there is of it stays",
                "enable ID": "collects it again",
                "rename OLD NEW": "hands an id on: sessions, device, cells, raw files; publishes its periods anew",
                "remove ID": "forgets a shop that was entered; --all, or days: takes it out of what is published",
                "rekey": "encrypts shops and sessions with the SHOPDATA_SECRET_KEY of now; asks for the one before",
            },
            examples={
                "scrapy shops template shops.xlsx": "a workbook to fill in",
                "scrapy shops import shops.xlsx --dry-run": "every mistake by row and column; nothing is entered",
                "scrapy shops rename sandbox-01 flagship --dry-run": "show which periods it would change",
                "scrapy shops remove flagship --dataset {daily} --date 2026-03-01": "out of one day of one dataset",
            },
            exit_codes={
                0: "done, or shown",
                1: "a period could not be changed; run it again",
                2: "wrong arguments or configuration, or mistakes in a list: nothing was done",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions import kept_shops, shops

        workspace = self.workspace
        match args:
            case ["list"]:
                return shops.list_ids(workspace)
            case ["template", path]:
                return kept_shops.make_template(workspace, Path(path))
            case ["template"]:
                return kept_shops.make_template(workspace, Path("shops.xlsx"))
            case ["import", path]:
                return kept_shops.import_list(workspace, Path(path), opts)
            case ["add", shop_id]:
                return kept_shops.add(workspace, shop_id, opts)
            case ["add"]:
                return kept_shops.add(workspace, "", opts)
            case ["edit", shop_id]:
                return kept_shops.edit(workspace, shop_id, opts)
            case ["enable" | "disable" as action, shop_id]:
                return kept_shops.set_enabled(workspace, shop_id, is_enabled=action == "enable")
            case ["rename", old, new]:
                return shops.rename(workspace, old, new, opts)
            case ["remove", shop_id]:
                return shops.remove(workspace, shop_id, opts)
            case ["rekey"]:
                return kept_shops.rekey(workspace, opts)
        raise ArgumentError(
            "this is not what can be done with shops",
            where="the command's arguments",
            found=" ".join(args) or "nothing",
            expected=self.usage,
            todo="The command with `-h` shows all.",
        )
