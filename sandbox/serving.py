"""What `scrapy sandbox` serves, and for how long."""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from scrapy.exceptions import UsageError

from sandbox.faults import FaultRule, fault_named
from sandbox.lake import start_lake
from sandbox.options import SandboxOptions
from sandbox.server import Sandbox
from shopdata.exceptions import StoreError

# Windows delivers Ctrl-C only between two waits.
LOOK_FOR_SIGNALS_SECONDS = 0.5


def serve(opts: argparse.Namespace) -> None:
    """Serves until it is told to stop. Raises `UsageError` for options that cannot be, or ports that are taken."""
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
    try:
        return start_lake(stack)
    except StoreError as error:
        raise UsageError(str(error)) from None


def _started(opts: argparse.Namespace) -> Sandbox:
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
        faults = tuple(map(_fault_rule, opts.faults or ()))
        changes = tuple(opts.changes or ())
        return Sandbox(SandboxOptions(faults=faults, changes=changes, recordings=opts.recordings, **given)).start()
    except (ValueError, ModuleNotFoundError) as mistake:
        raise UsageError(str(mistake)) from None
    except OSError as error:
        raise UsageError(f"the sandbox can't listen on its ports: {error}. Choose another --port, or none.") from None


def _fault_rule(text: str) -> FaultRule:
    """The rule that `SHOP:FAULT` means. Raises `ValueError`."""
    shop_id, _, name = text.partition(":")
    return FaultRule(shop_id=shop_id, fault=fault_named(name))


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
