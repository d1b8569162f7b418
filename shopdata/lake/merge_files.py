"""Merges raw files of a folder, each a shop of its own name: no portal, no store, and no contract if there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel import read_table, sniff
from shopdata.lake.excel_container import Limits
from shopdata.lake.excel_xlsx import sheet_titles
from shopdata.lake.merge import Part
from shopdata.lake.workbook import DATA_SHEET, NOTES_SHEET
from shopdata.lake.workers import Workers

if TYPE_CHECKING:  # its import takes longer than reading a small file
    from shopdata.config import Dataset

#: Files of these names are looked at; what they are is told by their content.
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".zip", ".html", ".htm")

#: Processes take half a second to start: as long as this process reads so many bytes.
FROM_BYTES = 8_000_000


@dataclass
class FileParts:
    """What became of the files: `refused` holds (path, sentence), `skipped` earlier results of a merge.

    `workers` have read them, and are there to merge them.
    """

    workers: Executor
    parts: list[Part] = field(default_factory=list)
    refused: list[tuple[Path, str]] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)


def files_of(folder: Path) -> list[Path]:
    """The files of a folder that may be tables, in the order of their names; Excel's lock files are none."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(("~$", "."))
    )


def is_merge_result(path: Path) -> bool:
    """True for a workbook of ours: its sheets are `数据` (or `数据1`, `数据2` ...) and `说明`."""
    if sniff(path) != "xlsx":
        return False
    try:
        names = sheet_titles(path)
    except RejectedFileError:  # the reader will say it again, where it is listened to
        return False
    return names[-1:] == [NOTES_SHEET] and all(name.startswith(DATA_SHEET) for name in names[:-1])


@contextmanager
def read_files(
    files: Sequence[Path],
    dataset: Dataset | None = None,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    on_file: Callable[[Path], None] = lambda path: None,
) -> Iterator[FileParts]:
    """Reads files side by side into tables that live as long as the context; `on_file` is told of each that is done."""
    with TemporaryDirectory(prefix="shopdata-merge-") as folder, Workers(min(os.cpu_count() or 1, 4)) as workers:
        if sum(path.stat().st_size for path in files if path.is_file()) > FROM_BYTES:
            workers.start(__name__)
        found = FileParts(workers)
        asked = [
            workers.submit(_read, path, Path(folder, f"{number}.arrow"), dataset, limits)
            for number, path in enumerate(files)
        ]
        for path, told in zip(files, asked, strict=True):
            result = told.result()
            on_file(path)
            if isinstance(result, Part):
                found.parts.append(result)
            elif result is None:
                found.skipped.append(path)
            else:
                found.refused.append((path, result))
        yield found


def _read(path: Path, table: Path, dataset: Dataset | None, limits: Limits) -> Part | str | None:
    """The saved table of a file; why it can't be used; None for an earlier result."""
    try:
        if is_merge_result(path):
            return None
        read_table(path, dataset, limits=limits).save(table)
    except RejectedFileError as error:
        return str(error)
    except OSError as error:
        return f"{path.name}: the file can't be opened. Found {error.strerror or error}."
    # Arrow keeps what it has freed for later use; this process may have nothing else to read.
    pa.default_memory_pool().release_unused()
    return Part(str(path), path.stem, table)
