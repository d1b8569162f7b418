"""Merges a day of shops three ways in one run and prints the ratios: ours, pandas + openpyxl, and the floor.

    python benchmarks/merge.py [--corpus 40x5000x25 ...] [--curve] [--naive-files 2] [--rounds 3]

The floor is what no program can avoid: inflate the XML of every file with libdeflate, deflate the XML of the merged
workbook with isal at level 1, in one thread (both parts are in memory already). The naive way is run on the first
`--naive-files` files of a corpus and scaled by the number of cells (its start counts once), which flatters it: it grows
faster than that.
Every contender runs in a process of its own; the memory is the peak of it and of its children together.
"""

# ruff: noqa: DTZ001 - a cell has no time zone

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measuring import measure

CORPORA = ("40x5000x25", "10x50000x25", "300x2000x112")
#: So many files of a corpus differ; the rest are copies. Making them all would take longer than the measurement.
DISTINCT = 3
CURVE = (1, 2, 5, 10, 20)


def make_file(path: Path, rows: int, columns: int, seed: int, *, inline: bool) -> None:
    """A report as portals send it: long ids, codes with zeros, titles that come again, numbers, dates, percentages."""
    import xlsxwriter

    rng = random.Random(seed)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": inline, "strings_to_formulas": False})
    sheet = book.add_worksheet("明细")
    moment, day, percent = (
        book.add_format({"num_format": code}) for code in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd", "0.00%")
    )
    titles = [
        f"{rng.choice('回力飞跃双星人本')}经典款运动鞋男女同款{rng.randrange(10**6)}号 & 正品"
        for _ in range(max(rows // 8, 1))
    ]
    sheet.write_row(0, 0, [f"列{number}" for number in range(columns)])
    for row in range(1, rows + 1):
        for column in range(columns):
            match column % 25:
                case 0:
                    sheet.write_string(row, column, str(10**18 + rng.randrange(10**17)))
                case 1:
                    sheet.write_string(row, column, rng.choice(titles))
                case 2:
                    sheet.write_number(row, column, rng.randrange(10**11, 10**12))
                case 3:
                    sheet.write_string(row, column, f"{rng.randrange(10**5):08d}")
                case 4:
                    ordered = dt.datetime(2026, 1, 1) + dt.timedelta(seconds=rng.randrange(300 * 86_400))
                    sheet.write_datetime(row, column, ordered, moment)
                case 5:
                    sheet.write_string(row, column, "2026-03-01")
                case 6:
                    sheet.write_number(row, column, rng.randrange(10**4) / 10**4, percent)
                case 7:
                    sheet.write_string(row, column, f"{rng.randrange(10**4) / 100}%")
                case 8 if rng.random() < 0.1:
                    sheet.write_string(row, column, "-")
                case 9:
                    sheet.write_boolean(row, column, rng.random() < 0.5)
                case 10 | 11:
                    pass
                case 12 if rng.random() < 0.9:
                    pass
                case 13 | 14 | 15:
                    sheet.write_string(row, column, rng.choice(("华北", "华东", "华南", "西南", "东北")))
                case 16:
                    paid = dt.datetime(2026, 1, 1) + dt.timedelta(days=rng.randrange(300))
                    sheet.write_datetime(row, column, paid, day)
                case 17 | 18:
                    sheet.write_number(row, column, round(rng.random() * 1000, 2))
                case _:
                    sheet.write_number(row, column, rng.randrange(5000))
    book.close()


def make_corpus(folder: Path, name: str, *, inline: bool) -> list[Path]:
    """All files of a corpus."""
    files, rows, columns = (int(part) for part in name.split("x"))
    folder.mkdir(parents=True)
    made: list[Path] = []
    for number in range(files):
        path = folder / f"shop{number:03d}.xlsx"
        if number < DISTINCT:
            make_file(path, rows, columns, number, inline=inline)
        else:
            shutil.copyfile(made[number % DISTINCT], path)
        made.append(path)
    return made


def ours(files: list[Path], out: Path) -> None:
    """Read all, write the workbook and the Parquet object."""
    from shopdata.excel.merging.files import read_files
    from shopdata.excel.merging.merge import merge_tables

    with read_files(files) as found:
        assert not found.refused, found.refused
        merge_tables(found.parts, None, workbook=out / "ours.xlsx", parquet=out / "ours.parquet", workers=found.workers)


def naive(files: list[Path], out: Path) -> None:
    """As people write it; no Parquet."""
    import warnings

    import pandas as pd

    warnings.simplefilter("ignore")
    frames = []
    for path in files:
        frame = pd.read_excel(path, engine="openpyxl")
        frame.insert(0, "shop", path.stem)
        frames.append(frame)
    pd.concat(frames, ignore_index=True).to_excel(out / "naive.xlsx", index=False, engine="openpyxl")


def start(files: list[Path], out: Path) -> None:
    """What the naive way does once, however many files there are."""
    import openpyxl  # noqa: F401
    import pandas as pd

    assert pd.__version__


def floor(files: list[Path], out: Path) -> None:
    """Inflate and deflate alone; the time is what `measure` is given back, without loading the input."""
    import deflate
    from isal import isal_zlib

    spent = used = 0.0
    different = files[:DISTINCT]
    for path in different:
        with zipfile.ZipFile(path) as package:
            members = [info for info in package.infolist() if info.filename.endswith((".xml", ".rels"))]
        raw = path.read_bytes()
        for info in members:
            extra = int.from_bytes(raw[info.header_offset + 28 : info.header_offset + 30], "little")
            start = info.header_offset + 30 + len(info.filename) + extra
            packed = raw[start : start + info.compress_size]
            began, busy = time.perf_counter(), time.process_time()
            deflate.deflate_decompress(packed, info.file_size)
            spent += (time.perf_counter() - began) * len(files) / len(different)
            used += (time.process_time() - busy) * len(files) / len(different)
    with zipfile.ZipFile(out / "ours.xlsx") as package, package.open("xl/worksheets/sheet1.xml") as sheet:
        while piece := sheet.read(32 << 20):
            began, busy = time.perf_counter(), time.process_time()
            isal_zlib.compress(piece, 1)
            spent += time.perf_counter() - began
            used += time.process_time() - busy
    print(json.dumps({"seconds": spent, "cpu": used}))


def run(contender: str, files: list[Path], out: Path) -> dict[str, float]:
    """Seconds by the clock and of the processor, and peak MB, of one contender in a process of its own.

    For the floor only its own work counts, not the start of Python.
    """
    listed = out / "files.json"
    listed.write_text(json.dumps([str(path) for path in files]))
    found = measure([sys.executable, __file__, "--contender", contender, str(listed), str(out)])
    told = {"seconds": found.seconds, "cpu": found.cpu, "peak_mb": found.peak_mb}
    for line in found.output.splitlines():
        told |= json.loads(line)
    return told


def contend(contender: str, listed: Path, out: Path) -> None:
    """What the process of one contender does."""
    {"ours": ours, "naive": naive, "start": start, "floor": floor}[contender](
        [Path(path) for path in json.loads(listed.read_text())], out
    )


def compare(name: str, rounds: int, naive_files: int, *, inline: bool) -> dict[str, Any]:
    """One corpus, all contenders, alternately."""
    files, rows, columns = (int(part) for part in name.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        corpus = make_corpus(Path(folder, "in"), name, inline=inline)
        out = Path(folder)
        runs: dict[str, list[dict[str, float]]] = {"ours": [], "naive": [], "floor": []}
        for _ in range(rounds):
            runs["ours"].append(run("ours", corpus, out))
            runs["floor"].append(run("floor", corpus, out))
        if naive_files:
            told = run("naive", corpus[:naive_files], out)
            once, scale = run("start", corpus, out), files / min(naive_files, files)
            scaled = {what: once[what] + (told[what] - once[what]) * scale for what in ("seconds", "cpu")}
            runs["naive"].append({**told, **scaled})

    def middle(contender: str, what: str) -> float:
        return statistics.median(told[what] for told in runs[contender]) if runs[contender] else 0.0

    seconds, cells = middle("ours", "seconds"), files * rows * columns
    processor = middle("ours", "cpu")
    return {
        "corpus": name,
        "strings": "inline" if inline else "shared",
        "million_cells": round(cells / 1e6, 2),
        "ours_s": round(seconds, 2),
        "ours_cpu_s": round(processor, 2),
        "peak_mb": round(max(told["peak_mb"] for told in runs["ours"])),
        "naive_s": round(middle("naive", "seconds"), 1),
        "naive_from_files": naive_files,
        "faster_than_naive": round(middle("naive", "seconds") / seconds, 1),
        "floor_s": round(middle("floor", "seconds"), 2),
        "times_the_floor": round(seconds / middle("floor", "seconds"), 2),
        # The same by processor time: on a machine that is busy with other things the clock says little.
        "cpu_less_than_naive": round(middle("naive", "cpu") / processor, 1),
        "cpu_times_the_floor": round(processor / middle("floor", "cpu"), 2),
        "us_per_cell": round(seconds / cells * 1e6, 3),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Prints one line of JSON per measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", nargs="+", default=CORPORA, help="files x rows x columns")
    parser.add_argument("--strings", nargs="+", choices=("shared", "inline"), default=("shared", "inline"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--naive-files", type=int, default=2, help="0 leaves the naive way out")
    parser.add_argument("--curve", action="store_true", help="only ours and the floor, from 1 to 20 million cells")
    parser.add_argument("--contender", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contender:
        contend(chosen.contender[0], Path(chosen.contender[1]), Path(chosen.contender[2]))
        return
    print(f"# {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}", flush=True)
    if chosen.curve:
        for millions in CURVE:
            print(json.dumps(compare(f"{millions * 8}x5000x25", chosen.rounds, 0, inline=False)), flush=True)
        return
    for name in chosen.corpus:
        for strings in chosen.strings:
            print(json.dumps(compare(name, chosen.rounds, chosen.naive_files, inline=strings == "inline")), flush=True)


if __name__ == "__main__":
    main()
