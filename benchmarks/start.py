"""What it costs to start a command, against another revision of the project: `python -m benchmarks.start REVISION`.

Both are run in turn in the same minutes, so that what else the machine does touches both. The seconds are those of the
processor, not of the clock.
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

from benchmarks.measuring import ROOT, Measured, measure

COMMANDS = (("version",), ("status",), ("status", "--json"), ("crawl", "-h"), ("list",))


def main() -> int:
    """Prints a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", help="what to compare with, as git names it")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shopdata-start-") as name:
        other = Path(name) / "code"
        unpack(options.revision, other)
        print(f"{'scrapy …':<16}{options.revision:>12}{'now':>8}  ratio   MB then  now")
        for command in COMMANDS:
            compare(command, {other: Path(name, "then"), ROOT: Path(name, "now")}, options.rounds)
    return 0


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
            environment = dict(os.environ) | {"SHOPDATA_STATE_DIR": str(states[code])}
            run = measure([sys.executable, "-m", "scrapy", *command], environment, folder=code)
            if number:
                runs[code].append(run)
    then, now = (statistics.median(run.cpu for run in runs[code]) for code in states)
    before, after = (max(run.peak_mb for run in runs[code]) for code in states)
    print(f"{' '.join(command):<16}{then:>12.2f}{now:>8.2f}{now / then:>7.2f}{before:>10.0f}{after:>5.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
