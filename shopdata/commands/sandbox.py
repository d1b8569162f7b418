"""`scrapy sandbox`: keeps stand-ins for the portals running, for developers without accounts."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.exceptions import UsageError

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain


class Command(QuietCommand):
    """Starts a sandbox in the foreground, says how to use it, and ends with Ctrl-C or SIGTERM, exit code 0."""

    summary = "Run stand-ins for the portals on this machine"
    requires_project = False

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """The most used of `SandboxOptions`, under their names; what is not given keeps its default there."""
        super().add_options(parser)
        group = parser.add_argument_group("Sandbox")
        group.add_argument("--shops", type=int, help="how many shops on JD")
        group.add_argument("--pdd-shops", type=int, help="how many shops on Pinduoduo")
        group.add_argument("--shops-of-a-login", type=int, help="how many shops have one user name")
        group.add_argument("--rows", type=int, help="rows of a JD report")
        group.add_argument("--conversations", type=int, help="conversations of a Pinduoduo shop and day")
        group.add_argument("--seed", type=int, help="the reports follow from it")
        group.add_argument("--report-seconds", type=float, help="how long a report job takes")
        group.add_argument("--session-seconds", type=float, help="how long a session lives")
        group.add_argument("--form", choices=("old", "new", "mixed"), help="which of a platform's login forms")
        group.add_argument("--port", dest="base_port", type=int, metavar="PORT", help="use PORT, PORT + 1, …")
        group.add_argument("--state-file", type=Path, metavar="FILE", help="keep live sessions here over a restart")
        group.add_argument(
            "--fault",
            dest="faults",
            action="append",
            metavar="SHOP:FAULT",
            help="set a fault from the start, for example sandbox-02:captcha or pdd-01:sms; may be repeated",
        )
        group.add_argument(
            "--changed",
            dest="changes",
            nargs="+",
            metavar="CHANGE",
            help="facts of the portals that are others now, for example jd_rows_moved; docs/sandbox.md has all",
        )
        group.add_argument(
            "--from",
            dest="recordings",
            type=Path,
            metavar="DIR",
            help="give the answers that `scrapy doctor` has saved there in place of made-up ones",
        )
        group.add_argument("--lake", action="store_true", help="start an object store and a Dremio double beside it")
        group.add_argument("--config-dir", type=Path, metavar="DIR", help="write a pipelines_config here")
        group.add_argument("--env-file", type=Path, metavar="FILE", help="write the variables here as NAME=value lines")
        explain(
            parser,
            examples={
                "scrapy sandbox --lake --env-file sandbox.env": (
                    "portals, object store and Dremio double; `set -a; . ./sandbox.env` uses them"
                ),
                "scrapy sandbox --shops 1 --fault sandbox-01:captcha": (
                    "one JD shop whose login page asks for a captcha"
                ),
            },
            exit_codes={
                0: "ended by Ctrl-C or SIGTERM",
                2: "wrong options, a port is taken, or the sandbox is not there",
            },
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        """Serves until it is told to stop. Raises `UsageError` for options that cannot be, or ports that are taken."""
        try:
            from sandbox.serving import serve
        except ModuleNotFoundError as missing:
            raise UsageError(_how_to_get(missing.name or "")) from None
        serve(opts)
        return 0


def _how_to_get(missing: str) -> str:
    """What to do where a module is not there."""
    if missing.partition(".")[0] == "sandbox":
        return (
            "the stand-in portals are not in this package: run `scrapy sandbox` in a clone of the project, "
            "where the folder sandbox/ stands beside shopdata/"
        )
    return (
        f"the stand-in portals need the package {missing}, which is not installed: "
        "pip install -r requirements-demo.txt, or run `python run.py sandbox`, which does it"
    )
