"""Other ways to merge a folder of workbooks; `merge.py` runs them in an environment of their own.

    python merge_peers.py PEER FOLDER OUT.xlsx

None of them writes Parquet, or tells what is wrong with a file.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def naive(files: list[Path], out: Path) -> None:
    """With pandas and openpyxl, as most people have it."""
    import pandas as pd

    warnings.simplefilter("ignore")
    frames = []
    for path in files:
        frame = pd.read_excel(path, engine="openpyxl")
        frame.insert(0, "shop", path.stem)
        frames.append(frame)
    pd.concat(frames, ignore_index=True).to_excel(out, index=False, engine="openpyxl")


def _frames(files: list[Path]) -> Any:
    """All rows as one Arrow table, read by two threads: types are guessed by the column, so that some are wrong."""
    from concurrent.futures import ThreadPoolExecutor

    import fastexcel
    import pyarrow as pa

    def read(path: Path) -> Any:
        batch = fastexcel.read_excel(path).load_sheet(0).to_arrow()
        return pa.table(batch).add_column(0, "shop", pa.array([path.stem] * batch.num_rows))

    with ThreadPoolExecutor(2) as threads:
        return pa.concat_tables(threads.map(read, files), promote_options="permissive")


def fastexcel_jetxl(files: list[Path], out: Path) -> None:
    """Compiled from end to end; fast, and not exact."""
    import jetxl

    jetxl.write_sheet_arrow(_frames(files), str(out))


def fastexcel_rapidxlsx(files: list[Path], out: Path) -> None:
    """The same with a writer that deflates side by side."""
    import rapidxlsx

    rapidxlsx.write(str(out), _frames(files))


def calamine_rows(files: list[Path], out: Path) -> None:
    """Row by row: exact but for the formats of cells."""
    import python_calamine
    import rustpy_xlsxwriter

    def records() -> Iterator[dict[str, Any]]:
        for path in files:
            rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()
            header = ["shop", *map(str, next(rows))]
            for row in rows:
                yield dict(zip(header, [path.stem, *row], strict=True))

    rustpy_xlsxwriter.write_worksheet(records(), str(out))


if __name__ == "__main__":
    peer, folder, written = sys.argv[1:]
    globals()[peer](sorted(Path(folder).glob("*.xlsx")), Path(written))
