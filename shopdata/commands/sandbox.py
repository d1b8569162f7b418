"""`scrapy sandbox`: keeps stand-ins for the portals running, for developers without accounts."""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from shopdata.exceptions import StoreError

# Scrapy imports this module for each of its commands; the server is imported where it is started, so that a crawl does
# not wait for it (70 ms).
if TYPE_CHECKING:
    from shopdata.sandbox import FaultRule, Sandbox

# Windows delivers Ctrl-C only between two waits.
LOOK_FOR_SIGNALS_SECONDS = 0.5


class Command(ScrapyCommand):
    """Starts a sandbox in the foreground, says how to use it, and ends with Ctrl-C or SIGTERM, exit code 0."""

    requires_project = False
    requires_crawler_process = False
    # Quiet but for what is said to the user; aiohttp and Scrapy have nothing to add.
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def syntax(self) -> str:
        """What follows the command's name."""
        return "[options]"

    def short_desc(self) -> str:
        """One line for `scrapy --help`."""
        return "Run stand-ins for the portals on this machine"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """The most used of `SandboxOptions`, under their names; what is not given keeps its default there."""
        super().add_options(parser)
        group = parser.add_argument_group("Sandbox")
        group.add_argument("--shops", type=int, help="how many shops on JD")
        group.add_argument("--pdd-shops", type=int, help="how many shops on Pinduoduo")
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
            type=_fault_rule,
            action="append",
            metavar="SHOP:FAULT",
            help="set a fault from the start, for example sandbox-02:captcha or pdd-01:sms; may be repeated",
        )
        group.add_argument("--lake", action="store_true", help="start an object store and a Dremio double beside it")
        group.add_argument("--config-dir", type=Path, metavar="DIR", help="write a pipelines_config here")
        group.add_argument("--env-file", type=Path, metavar="FILE", help="write the variables here as NAME=value lines")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serves until it is told to stop. Raises `UsageError` for options that cannot be, or ports that are taken."""
        if args:
            raise UsageError(f"scrapy sandbox takes no arguments, found {' '.join(args)}")
        with _stop_signal() as stop, ExitStack() as stack:
            spare_folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="shopdata-config-"))
            sandbox = _started(opts)
            try:
                folder = sandbox.write_config(opts.config_dir or Path(spare_folder))
                variables = {"SHOPDATA_CONFIG_DIR": str(folder.resolve())} | sandbox.environment()
                if opts.lake:
                    variables |= _lake(stack)
                if opts.env_file is not None:
                    opts.env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), "utf-8")
                print(_how_to_use(sandbox, variables), flush=True)
                while not stop.wait(LOOK_FOR_SIGNALS_SECONDS):
                    pass
            finally:
                sandbox.stop()


def _lake(stack: ExitStack) -> dict[str, str]:
    from shopdata.sandbox.lake import start_lake

    try:
        return start_lake(stack)
    except StoreError as error:
        raise UsageError(str(error)) from None


def _started(opts: argparse.Namespace) -> Sandbox:
    from shopdata.sandbox import Sandbox, SandboxOptions

    names = (
        "shops",
        "pdd_shops",
        "rows",
        "conversations",
        "seed",
        "report_seconds",
        "session_seconds",
        "form",
        "base_port",
        "state_file",
    )
    given: dict[str, Any] = {name: getattr(opts, name) for name in names if getattr(opts, name) is not None}
    try:
        return Sandbox(SandboxOptions(faults=tuple(opts.faults or ()), **given)).start()
    except (ValueError, ModuleNotFoundError) as mistake:
        raise UsageError(str(mistake)) from None
    except OSError as error:
        raise UsageError(f"the sandbox can't listen on its ports: {error}. Choose another --port, or none.") from None


def _fault_rule(text: str) -> FaultRule:
    """The rule that `SHOP:FAULT` means; argparse tells the user what is wrong with it."""
    from shopdata.sandbox.faults import FaultRule, fault_named

    shop_id, _, name = text.partition(":")
    try:
        return FaultRule(shop_id=shop_id, fault=fault_named(name))
    except ValueError as mistake:
        raise argparse.ArgumentTypeError(str(mistake)) from None


def _how_to_use(sandbox: Sandbox, variables: Mapping[str, str]) -> str:
    return "\n".join(
        [
            "The sandbox is up:",
            *(f"  {host:<13} {origin}" for host, origin in sandbox.origins.items()),
            "",
            "Point shopdata at it:",
            *(f'  export {name}="{value}"' for name, value in variables.items()),
            "",
            "Its state, records and faults are on the control host: /state /records /counters /faults",
            "Ctrl-C ends it.",
        ]
    )


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, while the block runs."""
    stop = threading.Event()

    def set_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {kind: signal.signal(kind, set_stop) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
