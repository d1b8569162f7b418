"""What `scrapy merge` reads and writes, and says of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shopdata.exceptions import ArgumentError, RejectedFileError
from shopdata.lake.merge import Merged, merge_partition
from shopdata.lake.merge_files import FileParts, files_of, is_merge_result, read_files, shown
from shopdata.lake.workbook import NOTES_SHEET
from shopdata.private import as_the_user_wants


def merge(args: list[str], opts: argparse.Namespace) -> int:
    """Merges, and says what came of it; returns the exit code."""
    # What a person names is made as that person's other files are; nothing here goes into the state directory.
    with as_the_user_wants():
        return _merge(args, opts)


def _merge(args: list[str], opts: argparse.Namespace) -> int:
    errors = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    try:
        files = _files(args, opts.workbook, opts.parquet)
    except ArgumentError as error:
        errors.print(str(error))
        return 2
    try:
        with Progress(console=errors, transient=True, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("Reading", total=len(files) + 1)
            with read_files(files, on_file=lambda _: progress.advance(task)) as found:
                progress.update(task, description="Writing")
                try:
                    merged = _write(found, opts)
                except RejectedFileError as error:
                    merged = None
                    errors.print(str(error))
                except OSError as error:
                    merged = None
                    errors.print(
                        f"{error.filename2 or error.filename or opts.workbook}: this can't be written. "
                        f"Found {error.strerror or error}. Is it open in Excel, or the disk full?"
                    )
    except KeyboardInterrupt:
        errors.print("Stopped: earlier results stay as they were.")
        return 130  # as shells have it for Ctrl-C
    for path in found.skipped:
        errors.print(f"Skipped {shown(path.name)}: it is the result of a merge.")
    for _, sentence in found.refused:
        errors.print(f"Left out {sentence}")
    if merged is None:
        errors.print("Nothing was written.")
        return 1
    if opts.summary:
        _print_summary(Console(highlight=False, markup=False, emoji=False), merged, found)
    elif merged.warnings:
        errors.print(f"{len(merged.warnings)} warnings: --summary or the sheet {NOTES_SHEET} tells them.")
    print(f"{opts.workbook}: {merged.rows:,} rows of {len(found.parts)} files in {len(merged.columns)} columns.")
    return 1 if found.refused else 0


def _write(found: FileParts, opts: argparse.Namespace) -> Merged | None:
    if not found.parts or (opts.strict and found.refused):
        return None
    return merge_partition(
        found.parts,
        None,
        workbook=opts.workbook,
        parquet=opts.parquet,
        missing=[(shown(path.name), sentence) for path, sentence in found.refused],
        workers=found.workers,
    )


def _files(args: list[str], workbook: Path | None, parquet: Path | None) -> list[Path]:
    """The files to merge. Raises ArgumentError if they, or where the result goes, can't be used."""
    if len(args) != 1 or workbook is None:
        raise ArgumentError(
            "a folder and a workbook are needed", where="scrapy merge", todo="Write `scrapy merge FOLDER -o OUT.xlsx`."
        )
    folder = Path(args[0])
    if not folder.is_dir():
        raise ArgumentError("this is not a folder", where=str(folder), todo="Name the folder that holds the workbooks.")
    for target in (workbook, parquet):
        if target is not None and not target.resolve().parent.is_dir():
            raise ArgumentError("the folder of the result is not there", where=str(target), todo="Make it first.")
        if target is not None and target.is_dir():
            raise ArgumentError("this is a folder", where=str(target), todo="Name a file in it.")
    results = [target.resolve() for target in (workbook, parquet) if target is not None]
    if results[0] in results[1:]:
        raise ArgumentError(
            "workbook and Parquet can't be one file", where=str(workbook), todo="Choose another name after --parquet."
        )
    files = files_of(folder)
    for path in files:
        if path.resolve() in results and not (path.resolve() == results[0] and is_merge_result(path)):
            raise ArgumentError(
                "this file would be overwritten by the result", where=str(path), todo="Choose another name for it."
            )
    if not files:
        raise ArgumentError(
            "there is no table in the folder",
            where=str(folder),
            expected="workbooks, CSV files or zips",
            todo="Is it another folder?",
        )
    return files


def _print_summary(console: Console, merged: Merged, found: FileParts) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("file")
    table.add_column("rows", justify="right")
    for part in found.parts:
        table.add_row(Path(part.shop_id).name, f"{merged.rows_by_shop[part.shop_id]:,}")
    console.print(table)
    for entry in merged.warnings:
        column = f", column '{entry['column']}'" if entry["column"] else ""
        console.print(f"{Path(entry['shop']).name}{column}: {entry['text']}")
