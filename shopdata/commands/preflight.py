"""`scrapy preflight`: asks each session, signs in where no person is needed, and tells who else must be signed in."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from shopdata.command_help import explain


class Command(ScrapyCommand):
    """By hand as the clock does it: 0 all are signed in, 1 somebody is needed, or a portal did not say."""

    requires_project = True

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Ask each session whether it lives, and tell who must be signed in"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--shops", metavar="ID,ID", help="only these shops")
        parser.add_argument(
            "-a",
            dest="spargs",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="as the clock gives it: shops=ID,ID",
        )
        explain(
            parser,
            examples={
                "scrapy preflight": "all shops, as schedule.yaml does before the morning and before the evening",
                "scrapy preflight --shops flagship": "one shop",
            },
            exit_codes={
                0: "every session lives; where one had ended, the shop has signed in anew",
                1: "a person must sign a shop in, a portal did not say, or the run was stopped",
                2: "wrong arguments or configuration, or the ledger can't be written; no portal was asked",
            },
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        from scrapy.utils.conf import arglist_to_dict

        super().process_options(args, opts)
        try:
            opts.spargs = arglist_to_dict(opts.spargs)
        except ValueError:
            raise UsageError("-a: write `-a shops=ID,ID`", print_help=False) from None

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from shopdata.actions.preflight import preflight

        if args:
            raise UsageError(f"{args[0]}: this command takes options only; write `--shops ID,ID`")
        given = opts.spargs if opts.shops is None else {**opts.spargs, "shops": opts.shops}
        assert self.crawler_process is not None
        self.exitcode = preflight(self.crawler_process, self.crawler_process.create_crawler, given)
