"""Merges raw files of a folder, each a shop of its own name: no portal, no store, and no contract if there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from shopdata.excel import read_table, sniff
from shopdata.excel.arrow_setup import give_memory_back
from shopdata.excel.contract import Contract, Rules
from shopdata.excel.formats.xlsx import first_cell, sheet_titles
from shopdata.excel.limits import Limits
from shopdata.excel.merging.merge import Part
from shopdata.excel.workbook import DATA_SHEET, NOTES_SHEET
from shopdata.excel.workers import MOST_WORKERS, Workers
from shopdata.exceptions import RejectedFileError

#: Behind a table of so many cells a process gives back what it needed for it: the next thing may be to write.
LARGE_CELLS = 500_000

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


def shown(name: str | Path) -> str:
    """A file's name for people: bytes that are no UTF-8 are GB18030, as they come out of old Chinese zips."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("gb18030", "replace")
    return str(name)


def is_merge_result(path: Path) -> bool:
    """True for a workbook of ours: sheets `数据` (or `数据1`, `数据2` ...) and `说明`, with the column `shop` first; or
    `说明` alone."""
    try:
        if sniff(path) != "xlsx":
            return False
        *names, last = sheet_titles(path) or [""]
        if not names:
            return last == NOTES_SHEET and first_cell(path) == NOTES_SHEET
        ours = [DATA_SHEET] if len(names) == 1 else [f"{DATA_SHEET}{place + 1}" for place in range(len(names))]
        return names == ours and last == NOTES_SHEET and first_cell(path) == "shop"
    except RejectedFileError:  # the reader will say it again, where it is listened to
        return False


@contextmanager
def read_files(
    files: Sequence[Path],
    contract: Contract | None = None,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    rules: Rules | None = None,
    on_file: Callable[[Path], None] = lambda path: None,
    workers: Workers | None = None,
) -> Iterator[FileParts]:
    """Reads files side by side into tables that live as long as the context; `on_file` is told of each that is done.

    `workers` are ended with the context; they are as many as there are cores, at most 4, where none are given.
    """
    with TemporaryDirectory(prefix="shopdata-merge-") as folder, workers or Workers(MOST_WORKERS) as workers:
        if sum(path.stat().st_size for path in files if path.is_file()) > FROM_BYTES:
            workers.start(__name__)
        found = FileParts(workers)
        asked = [
            workers.submit(_read, path, Path(folder, f"{number}.arrow"), contract, limits, rules)
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


def _read(path: Path, table: Path, contract: Contract | None, limits: Limits, rules: Rules | None) -> Part | str | None:
    """The saved table of a file; why it can't be used; None for an earlier result."""
    name = shown(path.name)
    if not path.is_file():  # opening a pipe would wait for somebody who writes into it
        return f"{name}: there is no file behind this name. Look where it has gone."
    try:
        if is_merge_result(path):
            return None
        found = read_table(path, contract, limits=limits, where=name, rules=rules, spill_folder=table.parent)
        found.save(table)
    except RejectedFileError as error:
        return str(error)
    except OSError as error:
        return f"{name}: the file can't be opened. Found {error.strerror or error}. Is it open elsewhere, or locked?"
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others are merged
        return (
            f"{name}: the file can't be read. Found {type(error).__name__}: {error}. Open it in Excel and save it anew."
        )
    if found.rows * len(found.columns) > LARGE_CELLS:
        del found
        give_memory_back()
    return Part(shown(path), Path(name).stem, table)
