"""A partition of very many shops, from their parsed tables to workbook and Parquet object, as a crawl merges it.

    python -m benchmarks.partition [--shops 1000 5000] [--rows 200] [--columns 112] [--group 50]

Each number of shops is merged twice, each time by a process of its own with as many workers as a crawl has: with the
rows in the sheets of one workbook, and in volumes of so many shops each (`workbook: {split_by: group}`). Tables are
copies of a few that differ, each a file of its own. Memory is the peak of all processes together, shared pages counted
once; pages of tables that are mapped are among it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import measure
from benchmarks.merge_corpus import DISTINCT, make_corpus
from shopdata.excel import read_table
from shopdata.excel.merging.merge import Part, merge_tables
from shopdata.excel.merging.volumes import Split
from shopdata.excel.workers import MOST_WORKERS, Workers


def main() -> None:
    """Prints a row of a table for each number of shops and each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, nargs="+", default=(1000, 5000))
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--columns", type=int, default=112)
    parser.add_argument("--group", type=int, default=50)
    parser.add_argument("--tables", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.tables is not None:
        merge(chosen.tables, chosen.group, chosen.rows)
        return
    print(f"{os.cpu_count()} cores, {chosen.rows} x {chosen.columns}, load {os.getloadavg()[0]:.0f}\n")
    print("| shops, rows | | s | CPU s | MB | workbooks, MB | Parquet, MB |\n|---|---|---|---|---|---|---|")
    for shops in chosen.shops:
        with tempfile.TemporaryDirectory(prefix="shopdata-partition-") as folder:
            tables = make_tables(Path(folder), shops, chosen.rows, chosen.columns)
            for group in (0, chosen.group):
                tell(tables, shops, chosen.rows, group)


def make_tables(folder: Path, shops: int, rows: int, columns: int) -> Path:
    """A folder with the parsed table of each shop."""
    tables = folder / "tables"
    tables.mkdir()
    files = make_corpus(folder / "files", f"{DISTINCT}x{rows}x{columns}", inline=False)
    for number in range(shops):
        path = tables / f"{number:05}.arrow"
        if number < DISTINCT:
            read_table(files[number], None).save(path)
        else:
            shutil.copy(tables / f"{number % DISTINCT:05}.arrow", path)
    return tables


def tell(tables: Path, shops: int, rows: int, group: int) -> None:
    """Merges in a process of its own, and prints what it took."""
    command = [sys.executable, "-m", "benchmarks.partition", "--tables", str(tables)]
    command += ["--group", str(group), "--rows", str(rows)]
    found = measure(command)
    books = sum(path.stat().st_size for path in tables.parent.glob("day*.xlsx")) / 1e6
    parquet = (tables.parent / "day.parquet").stat().st_size / 1e6
    way = f"volumes of {group} shops" if group else "one workbook"
    sums = f"{found.seconds:.1f} | {found.cpu:.1f} | {found.peak_mb:.0f} | {books:.0f} | {parquet:.0f}"
    print(f"| {shops:,}, {shops * rows:,} | {way} | {sums} |", flush=True)
    for path in tables.parent.glob("day*"):
        path.unlink()


def merge(tables: Path, group: int, rows: int) -> None:
    """Merges all tables of a folder beside it; with a `group`, into volumes of so many shops."""
    paths: Sequence[Path] = sorted(tables.iterdir())
    parts = [Part(path.stem, f"店铺 {path.stem}", path) for path in paths]
    groups = {path.stem: f"g{number // group}" for number, path in enumerate(paths)} if group else None
    workbook, parquet = (tables.parent / f"day.{ext}" for ext in ("xlsx", "parquet"))
    with Workers(MOST_WORKERS) as workers:
        workers.start("shopdata.excel.workbook.piece")
        # All shops have more, a group has less.
        split = Split(len(parts) * rows - 1, groups) if groups else None
        merge_tables(parts, None, workbook=workbook, parquet=parquet, split=split, workers=workers)


if __name__ == "__main__":
    main()
