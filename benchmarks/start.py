"""What it costs to start a command: `python -m benchmarks.start [REVISION]`, the latter to compare all commands with.

What is compared runs in turn in the same minutes, so that what else the machine does touches all of it. The seconds
are those of the processor, not of the clock.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl

from benchmarks.measuring import ROOT, Measured, measure

COMMANDS = (
    ("version",),
    ("crawl", "-h"),
    ("status",),
    ("status", "--json"),
    ("sessions",),
    ("check_config",),
    ("verify", "jd_store", "--date", "2026-03-01"),
    ("list",),
)
#: What the shipped configuration asks for. Nobody listens at the store's address: `verify` says so, and ends with 1.
SHIPPED = dict.fromkeys(
    ("JD_FLAGSHIP_USERNAME", "JD_FLAGSHIP_PASSWORD", "SHOPDATA_S3_ACCESS_KEY", "SHOPDATA_S3_SECRET_KEY"), "made-up"
) | {"SHOPDATA_S3_ENDPOINT": "127.0.0.1:9"}
PYTHON = sys.executable


def main() -> int:
    """Prints what a small merge costs beside its parts, then a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", nargs="?", help="what to compare all commands with, as git names it")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shopdata-start-") as name:
        compare_merge(Path(name), options.rounds)
        if options.revision:
            other = Path(name) / "code"
            unpack(options.revision, other)
            print(f"\n{'scrapy …':<40}{options.revision:>12}{'now':>8}  ratio   MB then  now")
            for command in COMMANDS:
                compare(command, {other: Path(name, "then"), ROOT: Path(name, "now")}, options.rounds)
    return 0


def compare_merge(folder: Path, rounds: int) -> None:
    """Prints what the merge of one file of one row costs, and what bare Scrapy and the arrays cost that it needs."""
    tables, bare = folder / "tables", folder / "bare"
    tables.mkdir()
    bare.mkdir()
    (tables / "shop.xlsx").write_bytes(one_row())
    merge = [PYTHON, "-m", "scrapy", "merge", str(tables), "-o", str(folder / "merged.xlsx")]
    parts = {
        "scrapy merge": (merge, ROOT),
        "scrapy version, no project": ([PYTHON, "-m", "scrapy", "version"], bare),
        "import numpy, pyarrow": ([PYTHON, "-c", "import numpy, pyarrow"], bare),
    }
    runs: dict[str, list[Measured]] = {name: [] for name in parts}
    for number in range(rounds + 1):
        for name, (command, place) in parts.items():
            run = measure(command, folder=place)
            if number:
                runs[name].append(run)
    seconds = {name: statistics.median(run.cpu for run in found) for name, found in runs.items()}
    for name, found in runs.items():
        print(f"{name:<40}{seconds[name]:>8.2f} s{max(run.peak_mb for run in found):>8.0f} MB", flush=True)
    whole, *pieces = seconds.values()
    print(f"{'ratio':<40}{whole / sum(pieces):>8.2f}", flush=True)


def one_row() -> bytes:
    """A workbook as portals send it."""
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["日期", "商品编号", "销量"])
    sheet.append(["2026-03-01", "100012345678", 4])
    workbook.save(found := io.BytesIO())
    return found.getvalue()


def unpack(revision: str, folder: Path) -> None:
    """The files of a revision."""
    packed = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def compare(command: tuple[str, ...], states: Mapping[Path, Path], rounds: int) -> None:
    """Prints the medians of some rounds, after one that writes the byte code; `states` has a folder for each code's."""
    runs: dict[Path, list[Measured]] = {code: [] for code in states}
    for number in range(rounds + 1):
        for code in sorted(states, reverse=number % 2 == 0):
            environment = dict(os.environ) | SHIPPED | {"SHOPDATA_STATE_DIR": str(states[code])}
            good = [int("verify" in command)]
            run = measure([PYTHON, "-m", "scrapy", *command], environment, good=good, folder=code)
            if number:
                runs[code].append(run)
    then, now = (statistics.median(run.cpu for run in runs[code]) for code in states)
    before, after = (max(run.peak_mb for run in runs[code]) for code in states)
    print(f"{' '.join(command):<40}{then:>12.2f}{now:>8.2f}{now / then:>7.2f}{before:>10.0f}{after:>5.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
