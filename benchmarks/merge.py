"""Merges a day of shops in several ways in one run and prints the ratios: `python -m benchmarks.merge`.

    --corpus 10x50000x25 ...   files x rows x columns
    --peers naive ...          which of the others (merge_peers.py); none: only ours and the floor
    --curve                    from 1 to 60 million cells, ours and the floor
    --one-sheet                a sheet of a million rows, and as many in ten files

Ours is `scrapy merge` as people type it; the others are installed into a folder of the run. The floor is what no
program can avoid: inflate the XML of every file with libdeflate, deflate that of the merged workbook with isal at
level 1, in one thread (both are in memory already). Every contender runs in a process of its own, in turn; "without
start" is its time less that for one file of one row. The naive one reads and writes the first `--naive-files` files
only, which is scaled by their number and flatters it: it grows faster than that. Memory is the peak of all processes
together, shared pages counted once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import measure
from benchmarks.merge_corpus import DISTINCT, make_corpus

CORPORA = ("10x5000x25", "10x50000x25", "300x2000x112")
#: Millions of cells, in files of 5,000 x 25.
CURVE = (1, 3, 10, 30, 60)
PEERS = ("naive", "fastexcel_jetxl", "fastexcel_rapidxlsx", "calamine_rows")
PACKAGES = (
    *("pandas==3.1.1", "openpyxl==3.1.5", "fastexcel==0.21.0", "pyarrow==26.0.1", "python-calamine==0.9.1"),
    *("jetxl==0.3.1", "rapidxlsx==0.1.0", "rustpy-xlsxwriter==0.8.0"),
)
#: Columns of what `compare` prints.
COLUMNS = "s|CPU s|s without start|CPU s|MB|x naive|CPU|x floor|CPU"

Run = dict[str, float]


def install_peers(folder: Path) -> Path:
    """A Python with all peers, which are none of our requirements."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
    return python


def floor(files: Sequence[Path], merged: Path) -> Run:
    """Inflate and deflate alone, without loading the input; of files that are copies, one stands for all."""
    import deflate
    from isal import isal_zlib

    spent = {"s": 0.0, "cpu": 0.0}

    def clock(function: Any, *arguments: Any, times: float = 1) -> None:
        began, busy = time.perf_counter(), time.process_time()
        function(*arguments)
        spent["s"] += (time.perf_counter() - began) * times
        spent["cpu"] += (time.process_time() - busy) * times

    for path in files[:DISTINCT]:
        raw = path.read_bytes()
        with zipfile.ZipFile(path) as package:
            for info in package.infolist():
                extra = int.from_bytes(raw[info.header_offset + 28 : info.header_offset + 30], "little")
                start = info.header_offset + 30 + len(info.filename) + extra
                packed = raw[start : start + info.compress_size]
                clock(deflate.deflate_decompress, packed, info.file_size, times=len(files) / len(files[:DISTINCT]))
    with zipfile.ZipFile(merged) as package, package.open("xl/worksheets/sheet1.xml") as sheet:
        while piece := sheet.read(32 << 20):
            clock(isal_zlib.compress, piece, 1)
    return spent | {"mb": 0.0}


def run(command: Sequence[str | Path], folder: Path, out: Path) -> Run:
    """One contender, on all files of a folder."""
    ours = [sys.executable, "-m", "scrapy", "merge", str(folder), "-o", str(out)]
    out.unlink(missing_ok=True)
    found = measure([*map(str, command), str(folder), str(out)] if command else ours)
    return {"s": found.seconds, "cpu": found.cpu, "mb": found.peak_mb}


class Comparison:
    """One corpus, all contenders alternately."""

    def __init__(self, name: str, peers: Sequence[str], python: Path | None, naive_files: int, *, inline: bool) -> None:
        self._name, self._inline = f"{name} {'inline' if inline else 'shared'}", inline
        self.files, self._rows, self._columns = (int(part) for part in name.split("x"))
        self._naive_files = min(naive_files, self.files)
        script = Path(__file__).with_name("merge_peers.py")
        self._commands: dict[str, list[str | Path]] = {
            "ours": [],
            **{peer: [python or "", script, peer] for peer in peers},
        }

    def measure(self, rounds: int) -> None:
        """Prints a row of a table for each contender."""
        runs: dict[str, list[Run]] = {name: [] for name in (*self._commands, "floor")}
        starts: dict[str, list[Run]] = {name: [] for name in self._commands}
        with tempfile.TemporaryDirectory(prefix="shopdata-merge-") as work:
            whole, few, one = (Path(work, name) for name in ("whole", "few", "one"))
            files = make_corpus(whole, f"{self.files}x{self._rows}x{self._columns}", inline=self._inline)
            make_corpus(one, f"1x1x{self._columns}", inline=self._inline)
            few.mkdir()
            for path in files[: self._naive_files]:
                shutil.copy(path, few)
            for number in range(rounds):
                for name, command in self._commands.items():
                    is_naive = name == "naive"
                    if is_naive and number:
                        continue
                    out = Path(work, f"{name}.xlsx")
                    starts[name].append(run(command, one, out))
                    runs[name].append(run(command, few if is_naive else whole, out))
                    if is_naive:
                        runs[name] = [self._scaled(runs[name][0], starts[name][0])]
                runs["floor"].append(floor(files, Path(work, "ours.xlsx")))
        self._print({name: _middle(found) for name, found in runs.items()}, {n: _middle(s) for n, s in starts.items()})

    def _scaled(self, few: Run, start: Run) -> Run:
        scale = self.files / self._naive_files
        return {**few, **{what: start[what] + (few[what] - start[what]) * scale for what in ("s", "cpu")}}

    def _print(self, runs: dict[str, Run], starts: dict[str, Run]) -> None:
        cells = self.files * self._rows * self._columns
        print(f"\n{self._name}: {cells / 1e6:.2f} million cells, load {os.getloadavg()[0]:.0f}\n")
        print(f"| |{COLUMNS}|\n|{'---|' * (COLUMNS.count('|') + 2)}")
        naive, bottom = runs.get("naive"), runs["floor"]
        for name, found in runs.items():
            bare = {what: found[what] - starts.get(name, {}).get(what, 0.0) for what in ("s", "cpu")}
            against = [naive[what] / found[what] if naive else 0.0 for what in ("s", "cpu")]
            above = [bare[what] / bottom[what] for what in ("s", "cpu")]
            shown = [f"{found['s']:.2f}", f"{found['cpu']:.2f}", f"{bare['s']:.2f}", f"{bare['cpu']:.2f}"]
            shown += [
                f"{found['mb']:.0f}",
                *(f"{ratio:.1f}" for ratio in against),
                *(f"{ratio:.1f}" for ratio in above),
            ]
            print(f"|{name}|{'|'.join(shown)}|", flush=True)


def _middle(runs: Sequence[Run]) -> Run:
    """Medians; of memory the highest."""
    found = {what: statistics.median(told[what] for told in runs) for what in ("s", "cpu")}
    return found | {"mb": max(told["mb"] for told in runs)}


def main() -> None:
    """Prints a table for each corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", nargs="+", default=CORPORA)
    parser.add_argument("--strings", nargs="+", choices=("shared", "inline"), default=("shared", "inline"))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--naive-files", type=int, default=2)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--one-sheet", action="store_true")
    chosen = parser.parse_args()
    corpora, peers, strings = chosen.corpus, chosen.peers, chosen.strings
    if chosen.curve or chosen.one_sheet:
        corpora = (
            [f"{millions * 8}x5000x25" for millions in CURVE] if chosen.curve else ["1x1000000x25", "10x100000x25"]
        )
        peers, strings = [], strings[:1]
    print(f"# {os.cpu_count()} cores, Python {sys.version.split()[0]}", flush=True)
    with tempfile.TemporaryDirectory(prefix="shopdata-peers-") as folder:
        python = install_peers(Path(folder)) if peers else None
        for name in corpora:
            for kind in strings:
                Comparison(name, peers, python, chosen.naive_files, inline=kind == "inline").measure(chosen.rounds)


if __name__ == "__main__":
    main()
