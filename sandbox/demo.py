"""`python run.py demo`: sandbox portals, a real object store and a Dremio double; every dataset is collected for real.

State stays in `.shopdata/demo`, as it would on a user's machine: the second demo finds what the first has published
and asks the portals for nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sandbox import Sandbox, SandboxOptions
from sandbox.dremio import DremioDouble
from sandbox.store import SeaweedStore
from shopdata import doorway
from shopdata.config import load_config
from shopdata.exceptions import ShopdataError
from shopdata.lake.receipts import Receipt, read_receipt
from shopdata.ledger import Ledger
from shopdata.store.object_store import ObjectStore

FOLDER = Path(".shopdata") / "demo"
#: What the demo runs, in the order of the day.
SPIDERS: tuple[tuple[str, ...], ...] = (
    ("jd_store",),
    ("pdd_quality",),
    ("pdd_badscore",),
    ("pdd_chat",),
    ("pdd_kpi", "-a", "period=day"),
    ("pdd_kpi", "-a", "period=week"),
    ("pdd_kpi", "-a", "period=month"),
)
#: How long a crawl may take to end after Ctrl-C, before it is ended the hard way.
GRACE_SECONDS = 20


def main() -> int:
    """Runs the demo; 0 if every dataset was published."""
    doorway.enter()
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console(highlight=False)
    try:
        return _run(console)
    except KeyboardInterrupt:
        console.print("Stopped. Run it again to go on where it was.")
        return 130
    except ShopdataError as error:
        console.print(Text(str(error)))
        return 1


def _run(console: Console) -> int:
    folder = FOLDER.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    options = SandboxOptions(state_file=folder / "portal-sessions.json")
    with (
        Sandbox(options) as sandbox,
        SeaweedStore(folder / "store") as store,
        DremioDouble(lake=store.settings()) as dremio,
    ):
        sandbox.write_config(folder / "pipelines_config")
        environment = {
            **os.environ,
            **sandbox.environment(),
            **store.environment(),
            **dremio.environment(),
            "SHOPDATA_CONFIG_DIR": str(folder / "pipelines_config"),
            "SHOPDATA_STATE_DIR": str(folder / "state"),
            "SCRAPY_SETTINGS_MODULE": "shopdata.settings",
            # Its own, so that the next demo can read the sessions of this one whatever is set here then.
            "SHOPDATA_SECRET_KEY": "the demo's",
        }
        environment.pop("SHOPDATA_DATABASE_URL", None)
        console.print(f"Sandbox portals, object store and Dremio double are up; {len(sandbox.shops)} shops.")
        exit_codes = []
        for spider in SPIDERS:
            console.print(f"\n$ scrapy crawl {' '.join(spider)}", style="bold")
            exit_codes.append(_crawl(spider, environment))
        with Ledger.at(folder / "state") as ledger, ObjectStore(store.settings()) as objects:
            _show(console, folder, ledger, objects, load_config(folder / "pipelines_config", environment).lake)
        asked = sum(sandbox.counters().requests.values())
        console.print(f"The portals were asked {asked} times" + ("." if asked else ": all was published before."))
    return max(exit_codes)


def _crawl(arguments: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """One crawl in a process of its own, as a user starts it; Ctrl-C is handed on once, so that it can end well."""
    command = [sys.executable, "-m", "scrapy", "crawl", *arguments]
    process = subprocess.Popen(command, env=dict(environment), **_own_group())
    try:
        return process.wait()
    except BaseException:
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _show(console: Console, folder: Path, ledger: Ledger, objects: ObjectStore, lake: Any) -> None:
    """What is published, as the receipts in the store say it."""
    console.print("\nPublished", style="bold")
    for receipt in _receipts(ledger, objects):
        console.print(Text(f"\n{receipt.dataset} {receipt.dt}: {receipt.rows:,} rows"), style="bold")
        table = Table(box=None, pad_edge=False)
        table.add_column("shop")
        table.add_column("name")
        table.add_column("rows", justify="right")
        for shop in receipt.shops:
            table.add_row(Text(shop.id), Text(shop.name), f"{shop.rows:,}")
        for missing in receipt.missing:
            table.add_row(Text(missing.id), Text(missing.reason), "missing")
        console.print(table)
        for name, part in (("workbook", receipt.workbook), ("parquet", receipt.parquet)):
            console.print(Text(f"{name:<9} {lake.object_store.bucket}/{part.key}"), soft_wrap=True)
        console.print(Text(f"Dremio    {receipt.refresh.state}"))
        workbook = folder / "state" / "merged" / receipt.dataset / f"{receipt.dataset}_{receipt.dt}.xlsx"
        console.print(Text(f"open it   {workbook.relative_to(Path.cwd())}"), soft_wrap=True)
    console.print()


def _receipts(ledger: Ledger, objects: ObjectStore) -> Iterator[Receipt]:
    for partition in ledger.partitions():
        receipt = read_receipt(partition.platform, partition.dataset, partition.dt, objects)
        assert receipt is not None
        yield receipt


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
