"""`scrapy crawl jd_store` against a script that goes from shop to shop: wall time and peak memory, in one run.

    python -m benchmarks.first_day [--shops 20] [--rows 2000] [--report-seconds 3] [--rounds 1]

Both ask the same sandbox for the same files. Each round measures three runs in turn: by hand, a first day (every shop
signs in) and a later day (sessions are saved). What `shopdata` does on top (check, raw copies, Parquet, upload to a
real object store, receipt, ledger) is inside its time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import yaml

from benchmarks.measuring import ROOT, Measured, measure
from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.periods import latest_day


def main() -> None:
    """Prints a table of medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--report-seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    by_hand, first, later = [], [], []
    for number in range(options.rounds):
        for kept, measured in zip((by_hand, first, later), one_round(options), strict=True):
            kept.append(measured)
        print(
            f"round {number + 1}: by hand {by_hand[-1]}, first day {first[-1]}, saved sessions {later[-1]}", flush=True
        )
    base = statistics.median(m.seconds for m in by_hand)
    print(f"\n{options.shops} shops x {options.rows} rows, reports take {options.report_seconds:g} s")
    for name, runs in (("by hand", by_hand), ("first day", first), ("saved sessions", later)):
        seconds = statistics.median(m.seconds for m in runs)
        memory = statistics.median(m.peak_mb for m in runs)
        print(f"{name:<15} {seconds:8.1f} s   x {base / seconds:5.1f}   peak {memory:6.0f} MB")


def one_round(options: argparse.Namespace) -> tuple[Measured, Measured, Measured]:
    """By hand, first day, later day: fresh state, the same portal."""
    sandbox_options = SandboxOptions(
        shops=options.shops,
        rows=options.rows,
        report_seconds=options.report_seconds,
        form="new",
        empty_link_seconds=0,
        poll_every_seconds=1,
        pdd_shops=0,
    )
    newest = latest_day("day", 1)
    days = [newest - timedelta(days=back) for back in (1, 0)]
    with tempfile.TemporaryDirectory() as name, Sandbox(sandbox_options) as sandbox, SeaweedStore() as store:
        folder = Path(name)
        # Making the portal's files is not what is measured.
        for day in days:
            sandbox.prepare(day)
        sandbox.write_config(folder / "config")
        environment = {
            **os.environ,
            **sandbox.environment(),
            **store.environment(),
            "SHOPDATA_CONFIG_DIR": str(folder / "config"),
            "SHOPDATA_STATE_DIR": str(folder / "state"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        plan = folder / "plan.json"
        plan.write_text(json.dumps(plan_for(sandbox, folder / "config", days[0])), "utf-8")
        by_hand = measure(
            [sys.executable, "-m", "benchmarks.by_hand", str(plan), str(folder / "out.xlsx")], environment
        )
        first, later = (measure(crawl(day), environment) for day in days)
        return by_hand, first, later


def plan_for(sandbox: Sandbox, config: Path, day: date) -> dict[str, object]:
    """What the script by hand has written into itself."""
    return {
        "portal": yaml.safe_load((config / "portals.yaml").read_text("utf-8"))["jd"],
        "date": day.isoformat(),
        "shops": [
            {"name": shop.name, "username": shop.username, "password": sandbox.password(shop.id)}
            for shop in sandbox.shops
            if shop.platform == "jd"
        ],
    }


def crawl(day: date) -> list[str]:
    """The command a user types."""
    return [sys.executable, "-m", "scrapy", "crawl", "jd_store", "-a", f"date={day}", "-s", "LOG_LEVEL=WARNING"]


if __name__ == "__main__":
    main()
