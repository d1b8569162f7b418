"""Merges the saved tables of several shops into one workbook for people and one Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from shopdata.excel.contract import Contract
from shopdata.excel.merging import notes_sheet
from shopdata.excel.merging.merged import Merged, Part
from shopdata.excel.merging.parquet import write_lake
from shopdata.excel.merging.plan import MergePlan, TableHead
from shopdata.excel.merging.volumes import Share, Split, Volume, shares_of, volume_path
from shopdata.excel.tables import Finding, Table
from shopdata.excel.workbook import MAX_DATA_ROWS, WorkbookWriter, sheet_names
from shopdata.excel.workbook.zip import Deflated
from shopdata.files import discard, put_in_place, sha256_of

__all__ = ["Merged", "Part", "merge_tables"]


def merge_tables(
    parts: Sequence[Part],
    contract: Contract | None,
    *,
    workbook: Path,
    parquet: Path | None,
    seen_columns: Sequence[str] = (),
    notes: Sequence[tuple[str, str]] = (),
    missing: Sequence[tuple[str, str]] = (),
    remarks: Sequence[tuple[str, Finding]] = (),
    split: Split | None = None,
    workers: Executor | None = None,
    put: Callable[[Path, Path], Path] = put_in_place,
) -> Merged:
    """Writes both files, beside and then in place: on an error the old ones stay as they were.

    Args:
        parts: the shops in the order they are published.
        contract: what is agreed about its columns; None to take the columns as they come.
        workbook: where the workbook goes.
        parquet: where the Parquet object goes; None to write none.
        seen_columns: columns of earlier days (a receipt's `columns`): once seen, a column stays.
        notes: label and text for the top of the sheet 说明, such as source and time of fetching.
        missing: shop and reason for 说明, for the shops that are not in it.
        remarks: shop id and what else is to be said of its file in 说明, beside what the merge finds.
        split: above how many rows the workbook has volumes, and which; None: rows go on in further sheets.
        workers: who makes the XML and deflates it; by default two threads.
        put: puts a file in place, and returns where that is.

    Returns:
        what was written. The first column of both files is `shop`, then the contract's, then others as they came; in
        Parquet every column is `string`.

    Raises:
        RejectedFileError: the files have more different columns than a sheet can hold.
        OSError: a file could not be read or written.

    Equal input gives equal bytes.
    """
    tables = [TableHead.of(Table.load(part.table)) for part in parts]
    plan = MergePlan(parts, tables, contract, seen_columns)
    about = notes_sheet.About(notes, missing, remarks)
    merged = Merged(
        workbook=workbook,
        parquet=parquet,
        rows=sum(table.rows for table in tables),
        columns=plan.columns,
        sheets=[],
        unseen=plan.unseen,
        rows_by_shop={part.shop_id: table.rows for part, table in zip(parts, tables, strict=True)},
        header_by_shop={part.shop_id: table.header for part, table in zip(parts, tables, strict=True)},
        warnings=_found(parts, [table.warnings for table in tables]),
        drift=_found(parts, [table.drift for table in tables]),
    )
    merged.is_split = split is not None and merged.rows > split.at_most_rows
    made: dict[Path, Path] = {}
    lake: Future[int] | None = None
    try:
        with ThreadPoolExecutor(3, "merge") as threads:
            pool = workers or threads
            if parquet is not None:
                made[parquet] = _beside(parquet)
                lake = pool.submit(write_lake, made[parquet], plan.lake_rows())
            if split is not None and merged.is_split:
                shares = shares_of(list(merged.rows_by_shop), [table.rows for table in tables], split)
                for share in shares:
                    path = volume_path(workbook, share.name)
                    made[path] = _beside(path)
                    told = notes_sheet.of_volume(merged, parts, about, share, split, workbook.name, len(shares))
                    merged.volumes.append(_write_volume(path, made[path], plan, share, told, pool))
                told = notes_sheet.of_overview(merged, parts, about, split)
                made[workbook] = _beside(workbook)
                merged.sheets = _write_workbook(made[workbook], plan, (), told, pool)
            else:
                told = notes_sheet.of_all(merged, parts, about)
                made[workbook] = _beside(workbook)
                merged.sheets = _write_workbook(made[workbook], plan, range(len(parts)), told, pool)
            if lake is not None and lake.result() != merged.rows:
                raise AssertionError(f"{lake.result()} rows for the lake, of {merged.rows}")
        merged.volumes = [replace(one, path=put(made[one.path], one.path)) for one in merged.volumes]
        merged.workbook = put(made[workbook], workbook)
        if parquet is not None:
            merged.parquet = put(made[parquet], parquet)
    except BaseException:
        if lake is not None:
            # What it still wrote would stay.
            wait([lake])
        for path in made.values():
            discard(path)
        raise
    return merged


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _write_volume(
    path: Path, beside: Path, plan: MergePlan, share: Share, told: list[list[str]], workers: Executor
) -> Volume:
    """Writes the rows of some shops beside where they are to be."""
    sheets = _write_workbook(beside, plan, share.places, told, workers)
    return Volume(
        name=share.name,
        path=path,
        rows=plan.rows_of(share.places),
        bytes=beside.stat().st_size,
        sha256=sha256_of(beside),
        shop_ids=plan.ids_of(share.places),
        sheets=tuple(sheets),
    )


def _write_workbook(
    path: Path, plan: MergePlan, places: Sequence[int], told: list[list[str]], workers: Executor
) -> list[str]:
    """A workbook of the shops at these places, with no sheet of data if there is none; the names of its sheets."""
    writer = WorkbookWriter(path, plan.columns, plan.widths())
    try:
        pieces = plan.pieces(workers, places)
        left = plan.rows_of(places)
        for name in sheet_names(left) if places else ():
            writer.write_data(name, min(left, MAX_DATA_ROWS), _take_sheet(pieces))
            left -= MAX_DATA_ROWS
        writer.write_notes(told)
        return writer.finish(plan.styles)
    except BaseException:
        writer.abandon()
        raise


def _found(parts: Sequence[Part], findings: Sequence[Sequence[Finding]]) -> list[tuple[str, Finding]]:
    return [(part.shop_id, found) for part, of_part in zip(parts, findings, strict=True) for found in of_part]


def _take_sheet(pieces: Iterator[tuple[bool, Deflated]]) -> Iterator[Deflated]:
    """The pieces up to the last one of a sheet."""
    for is_last, piece in pieces:
        yield piece
        if is_last:
            return
