"""`scrapy login SHOP`: signs a shop in, by hand where the portal asks for it, and saves the session."""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain


class Command(QuietCommand):
    """Exit code 0 if the session is saved, 1 if the portal did not let us in, 2 for wrong arguments."""

    usage = "[options] SHOP"
    summary = "Sign a shop in, by hand where the portal asks for it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--again", action="store_true", help="sign in anew, also where the saved session lives")
        parser.add_argument("--headed", action="store_true", help="open a window in which a person can finish")
        parser.add_argument(
            "--board",
            action="store_true",
            help="print a link by which somebody signs it in on the service's board, and wait for that",
        )
        parser.add_argument(
            "--accept-identity",
            action="store_true",
            help="whatever shop the account opens now, it is this one; signs in anew",
        )
        parser.add_argument(
            "--new-device",
            action="store_true",
            help="forget the device that the portal knows the shop by; signs in anew",
        )
        explain(
            parser,
            shop={"SHOP": "an id of shops.yaml, or the shop's name"},
            examples={
                "scrapy login flagship": "sign in if the saved session has ended; an SMS code is asked for here",
                "scrapy login flagship --board": "where there is no screen: the link opens on any desk or telephone",
                "scrapy login flagship --headed --again": (
                    "sign in anew in a window, where you do what the portal wants"
                ),
            },
            exit_codes={
                0: "the session lives, or a new one is saved",
                1: "the portal did not let us in, nobody finished in time, or another key has saved the session",
                2: "wrong arguments or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.login import login

        if len(args) != 1:
            raise UsageError("name one shop")
        if opts.board and (opts.headed or opts.accept_identity or opts.new_device):
            raise UsageError("with --board, all else is done on the board")
        return login(args[0], opts, self.settings)
