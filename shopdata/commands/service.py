"""`scrapy service`: the service in the background, from a terminal."""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain

_ACTIONS = ("start", "stop", "restart", "drain", "undrain", "status", "log", "unit", "compose")


class Command(QuietCommand):
    """0: done, or up; 1: it did not work, or it is down; 2: settings or configuration are wrong."""

    usage = f"{'|'.join(_ACTIONS)} [options] [JOB]"
    summary = "Run the schedule in the background, with a board to look at"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--now", action="store_true", help="stop, drain: do not wait for running crawls, end them")
        parser.add_argument("--follow", action="store_true", help="log: go on with what is added")
        parser.add_argument("--nodes", metavar="N", type=int, default=1, help="unit, compose: for so many services")
        explain(
            parser,
            what_to_do={
                "start": "start it in the background, and deploy the project if it has changed; harmless if it is up",
                "stop": "begin nothing new, wait for running crawls, end; --now ends them too",
                "restart": "a new version or new settings; running crawls run on",
                "drain": "take no run, wait for those that go on; --now ends them, and others take them over",
                "undrain": "take runs again",
                "status": "is it up, what runs, what is next, what failed last",
                "log [RUN|SPIDER]": "its log, or that of a run or of a spider's latest run; --follow goes on",
                "unit": "print a systemd unit for this checkout; --nodes N: for N services of it on one ledger",
                "compose": "print a compose file for Docker; --nodes N: PostgreSQL and N services on it",
            },
            examples={
                "scrapy service start": "start it; says where the board is",
                "scrapy service log {daily} --follow": "watch the latest run of {daily}",
            },
            exit_codes={
                0: "done; status: it is up",
                1: "it did not work; status: it is down",
                2: "wrong arguments, settings or configuration",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions.service import act

        if not args or args[0] not in _ACTIONS or len(args) > (2 if args[0] == "log" else 1):
            raise UsageError(f"say what to do: {', '.join(_ACTIONS)}")
        # The last digit of a port is a node's number.
        if not 1 <= opts.nodes <= 9:
            raise UsageError(f"--nodes: {opts.nodes}, expected 1 to 9")
        return act(args, opts, self.settings)
