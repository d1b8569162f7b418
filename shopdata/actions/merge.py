"""What `scrapy merge` reads and writes, and says of it."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shopdata.excel.contract import Rules
from shopdata.excel.merging.files import FileParts, is_merge_result, read_files, shown
from shopdata.excel.merging.folder import Folder, look_into
from shopdata.excel.merging.merge import Merged, merge_tables
from shopdata.excel.merging.volumes import Split, volume_path
from shopdata.excel.workbook import NOTES_SHEET
from shopdata.excel.worker_processes import keep_memory
from shopdata.excel.workers import MOST_WORKERS, Workers
from shopdata.exceptions import ArgumentError, RejectedFileError
from shopdata.private import as_the_user_wants
from shopdata.texts import one_line
from shopdata.whole_numbers import whole_number
from shopdata.wording import Texts
from shopdata.wording.language import terminal_texts


def merge(args: list[str], opts: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    """Merges, and says what came of it; returns the exit code."""
    # What a person names is made as that person's other files are; nothing here goes into the state directory.
    with as_the_user_wants():
        return _merge(args, opts, settings)


def _merge(args: list[str], opts: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    try:
        t, workers = terminal_texts(settings), settings.get("SHOPDATA_WORKERS")
        count = MOST_WORKERS if workers is None else whole_number(workers, "SHOPDATA_WORKERS", 0)
        folder = _folder(args, opts.workbook, opts.parquet)
        _check_volumes(opts.workbook, opts.at_most_rows)
        _tell_unused(t, folder)
        if not folder.files:
            raise _nothing_to_merge(args[0])
    except ArgumentError as error:
        _tell(str(error))
        return 2
    files = folder.files
    keep_memory()  # a few small files are read here, by threads
    try:
        with _progress(t, len(files) + 1) as (tell, step):
            readers = Workers(count, tell=tell)
            rules = Rules(
                has_header=not opts.no_header,
                totals=opts.totals,
                merged_cells="fill" if opts.fill_merged else None,
                zip_parts="join" if opts.join_zips else "refuse",
            )
            with read_files(files, rules=rules, on_file=lambda _: step("merge.reading", 1), workers=readers) as found:
                step("merge.writing", 0)
                try:
                    merged = _write(found, folder, opts)
                except RejectedFileError as error:
                    merged = None
                    tell(str(error))
                except OSError as error:
                    merged = None
                    path = error.filename2 or error.filename or opts.workbook
                    tell(t("merge.not_written", path=path, found=error.strerror or error))
    except KeyboardInterrupt:
        _tell(t("merge.stopped"))
        return 130  # as shells have it for Ctrl-C
    for path in found.skipped:
        _tell(t("merge.skipped_result", file=shown(path.name)))
    for _, sentence in found.refused:
        _tell(t("merge.left_out_file", sentence=sentence))
    if merged is None:
        _tell(t("merge.nothing"))
        return 1
    if opts.summary:
        _print_summary(t, merged, found)
    elif merged.warnings:
        _tell(t("merge.warnings", n=len(merged.warnings), sheet=NOTES_SHEET))
    counts = {"rows": merged.rows, "files": len(found.parts), "columns": len(merged.columns)}
    if merged.is_split:
        names = t("format.listed").join(volume.path.name for volume in merged.volumes)
        _tell(t("merge.volumes", most=opts.at_most_rows, workbook=opts.workbook.name, names=names))
    print(t("merge.done", workbook=opts.workbook, **counts))
    return 1 if found.refused or folder.may_be_tables else 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _progress(t: Texts, total: int) -> Iterator[tuple[Callable[[str], None], Callable[[str, int], None]]]:
    """A bar, where there is a terminal.

    Yields:
        how something is told beside the bar, and what moves it: the key of what is done now, and by how many steps.
    """
    if not sys.stderr.isatty():
        yield _tell, lambda _key, _steps: None
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(t("merge.reading"), total=total)
        yield console.print, lambda key, steps: progress.update(task, description=t(key), advance=steps)


def _tell_unused(t: Texts, folder: Folder) -> None:
    """Every entry of the folder is used, or named here."""
    for path, reason in (*folder.passed_over, *folder.unused):
        _tell(t("merge.skipped", file=one_line(shown(path.name)), why=reason))
    for path, reason in folder.may_be_tables:
        _tell(t("merge.left_out", file=one_line(shown(path.name)), why=reason))


def _write(found: FileParts, folder: Folder, opts: argparse.Namespace) -> Merged | None:
    if not found.parts or (opts.strict and (found.refused or folder.unused or folder.may_be_tables)):
        return None
    return merge_tables(
        found.parts,
        None,
        workbook=opts.workbook,
        parquet=opts.parquet,
        missing=[(shown(path.name), sentence) for path, sentence in (*found.refused, *folder.may_be_tables)],
        split=None if opts.at_most_rows is None else Split(opts.at_most_rows, {}, str(opts.parquet or ""), rest=""),
        workers=found.workers,
    )


def _folder(args: list[str], workbook: Path | None, parquet: Path | None) -> Folder:
    """What is to be merged. Raises ArgumentError if that, or where the result goes, can't be used."""
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
    found = look_into(folder)
    for path in found.files:
        if path.resolve() in results and not (path.resolve() == results[0] and is_merge_result(path)):
            raise ArgumentError(
                "this file would be overwritten by the result", where=str(path), todo="Choose another name for it."
            )
    for target, option, ext in ((workbook, "-o", ".xlsx"), (parquet, "--parquet", ".parquet")):
        if target is not None and target.suffix.lower() != ext:
            raise ArgumentError(
                f"what {option} writes is {'a workbook' if ext == '.xlsx' else 'a Parquet file'}",
                where=str(target),
                found=f"a name that ends in '{target.suffix}'" if target.suffix else "a name without an extension",
                expected=f"one that ends in {ext}",
                todo=f"Call it {target.with_suffix(ext).name}",
            )
    # Not the Parquet file that this very command has written before.
    found.may_be_tables = [entry for entry in found.may_be_tables if entry[0].resolve() not in results]
    return found


def _check_volumes(workbook: Path, at_most_rows: int | None) -> None:
    """Looks at what volumes would replace. Raises ArgumentError."""
    if at_most_rows is None:
        return
    if at_most_rows < 1:
        raise ArgumentError(
            "a workbook has at least one row",
            where="--at-most-rows",
            found=str(at_most_rows),
            todo="Give the number of rows above which there are to be several workbooks.",
        )
    for path in workbook.parent.glob(volume_path(workbook, "*").name):
        if path.stem.rpartition("-")[2].isdecimal() and not is_merge_result(path):
            raise ArgumentError(
                "this file might be overwritten by the result",
                where=str(path),
                todo="Choose another name after -o, or move the file away.",
            )


def _nothing_to_merge(folder: str) -> ArgumentError:
    return ArgumentError(
        "there is no table in the folder",
        where=folder,
        expected="workbooks, CSV files or zips",
        todo="Is it another folder?",
    )


def _print_summary(t: Texts, merged: Merged, found: FileParts) -> None:
    from shopdata.actions.printing import print_table

    ids = [part.shop_id for part in found.parts]
    rows = [(Path(one).name, f"{merged.rows_by_shop[one]:,}", merged.header_by_shop[one]) for one in ids]
    print_table([t("merge.file"), t("head.rows"), t("merge.header")], rows, right=[1])
    for shop, warning in merged.warnings:
        key = "merge.column_warning" if warning.column else "merge.warning"
        print(t(key, file=Path(shop).name, column=warning.column, text=warning.text))
