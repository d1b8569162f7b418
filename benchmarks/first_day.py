"""`scrapy crawl jd_store` against a script that goes from shop to shop: time, processor and peak memory, in one run.

    python -m benchmarks.first_day [--shops 20] [--rows 2000] [--report-seconds 3] [--rounds 1]
    python -m benchmarks.first_day --shops 500 --rows 200 --report-seconds 5 --days saved --against c26df63

Each round measures in turn what asks the same sandbox for the same files: by hand, a first day (every shop signs in), a
day with saved sessions; with `--against` the same days by the code of another revision, with `--browser PATH` the first
day in another browser too. By hand it is 5 shops at most
(`--by-hand-shops`), and what the script does after its start is scaled: each shop costs it the same. What `shopdata`
does on top (check, raw copies, Parquet, upload to a real object store, receipt, ledger) is inside its time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import yaml

from benchmarks.measuring import ROOT, Measured, measure
from benchmarks.start import unpack
from benchmarks.workbench import Workbench, workbench
from sandbox import SandboxOptions
from shopdata.periods import latest_day


def main() -> None:
    """Prints a table of medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--report-seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--days", choices=("first", "saved"), nargs="+", default=["first", "saved"])
    parser.add_argument("--by-hand-shops", type=int, default=5)
    parser.add_argument("--against", metavar="REVISION", help="another revision of the project, as git names it")
    parser.add_argument("--browser", metavar="PATH", help="another browser, in which a first day is measured too")
    options = parser.parse_args()
    runs: dict[str, list[Measured]] = {}
    scaled: list[float] = []
    with tempfile.TemporaryDirectory(prefix="shopdata-then-") as name:
        codes = {"now": ROOT}
        if options.against:
            codes["then"] = Path(name) / options.against
            unpack(options.against, codes["then"])
        for number in range(options.rounds):
            found, seconds = one_round(options, codes)
            scaled.append(seconds)
            for what, measured in found.items():
                runs.setdefault(what, []).append(measured)
            told = ", ".join(f"{what} {measured}" for what, measured in found.items())
            print(f"round {number + 1}: {told}; by hand, scaled: {seconds:.1f} s", flush=True)
    base = statistics.median(scaled)
    print(f"\n{options.shops} shops x {options.rows} rows, reports take {options.report_seconds:g} s")
    print(f"{'by hand, scaled':<20} {base:8.1f} s")
    for what, measured in runs.items():
        seconds, cpu, memory = (statistics.median(getattr(m, kind) for m in measured) for kind in KINDS)
        ratio = "" if what == "by hand" else f"x {base / seconds:5.1f}"
        print(f"{what:<20} {seconds:8.1f} s   {ratio:<8} processor {cpu:7.1f} s   peak {memory:6.0f} MB")


KINDS = ("seconds", "cpu", "peak_mb")


def one_round(options: argparse.Namespace, codes: dict[str, Path]) -> tuple[dict[str, Measured], float]:
    """All runs with fresh state and the same portal; and the seconds by hand for as many shops."""
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
    days = {"first": newest - timedelta(days=1), "saved": newest}
    with workbench(sandbox_options) as bench:
        # Making the portal's files is not what is measured.
        for day in days.values():
            bench.sandbox.prepare(day)
        plan = bench.folder / "plan.json"
        shops = min(options.by_hand_shops, options.shops)
        plan.write_text(json.dumps(plan_for(bench, days["first"], shops)), "utf-8")
        command = [sys.executable, "-m", "benchmarks.by_hand", str(plan), str(bench.folder / "out.xlsx")]
        found = {"by hand": measure(command, bench.environment())}
        work = float(found["by hand"].output)
        scaled = found["by hand"].seconds + work * (options.shops / shops - 1)
        for code in codes.values() if "first" not in options.days else ():
            bench.save_sessions(code)
        if options.browser and "first" in options.days:
            date = f"date={days['first']}"
            found["first day, other"] = bench.crawl("jd_store", "-a", date, browser=options.browser)
        for day in options.days:
            for name, code in codes.items():
                found[f"{day} day, {name}"] = bench.crawl("jd_store", "-a", f"date={days[day]}", code=code)
        return found, scaled


def plan_for(bench: Workbench, day: date, shops: int) -> dict[str, object]:
    """What the script by hand has written into itself."""
    return {
        "portal": yaml.safe_load((bench.config / "portals.yaml").read_text("utf-8"))["jd"],
        "date": day.isoformat(),
        "shops": [
            {"name": shop.name, "username": shop.username, "password": bench.sandbox.password(shop.id)}
            for shop in bench.sandbox.shops[:shops]
        ],
    }


if __name__ == "__main__":
    main()
