"""Builds a partition from all staged files of its period."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from shopdata import failpoints
from shopdata.config import Config, Dataset, Shop
from shopdata.excel import Contract
from shopdata.excel.merging.merge import Merged, Part, merge_tables
from shopdata.excel.merging.volumes import volume_path
from shopdata.excel.tables import Table
from shopdata.exceptions import StoreError
from shopdata.failpoints import FailPoint
from shopdata.files import as_disk_error, put_in_place_or_beside
from shopdata.lake.completeness import REFRESH_DUE
from shopdata.lake.display_names import display_names
from shopdata.lake.drafts import Built, StagedShop, draft_of
from shopdata.lake.kept_columns import KeptColumns
from shopdata.lake.lost_files import absent_files, give_up_lost
from shopdata.lake.marks import Marks
from shopdata.lake.previous import known_before, require_all_names
from shopdata.lake.raw_tables import table_of, tables_of
from shopdata.lake.receipts import Draft, Receipt, Restated
from shopdata.lake.reconcile import published_file
from shopdata.lake.resources import Resources
from shopdata.lake.restatement import differences, replaced_shops, restated
from shopdata.lake.twins import refuse_twins
from shopdata.lake.volumes import drop_old_copies, split_of
from shopdata.ledger import Cell, CellKey, Ledger, MissingShop, RawFile
from shopdata.periods import Period
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.store.history import keep_parquet

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)

_NOT_ASKED = Reason("not_asked", {}, "not asked yet")


def missing_shops(
    cells: Sequence[Cell], shops: Sequence[Shop], absent: Mapping[str, Reason] = MappingProxyType({})
) -> list[MissingShop]:
    """The enabled shops without a good file, in the order of shops.yaml, with state and reason.

    Args:
        absent: shops whose file can't be had now, and why.
    """
    by_shop = {cell.shop: cell for cell in cells}
    missing = []
    for shop in shops:
        cell = by_shop.get(shop.id)
        if cell is None:
            missing.append(MissingShop(id=shop.id, state=CellState.PENDING, reason=_NOT_ASKED))
        elif cell.raw is None or shop.id in absent:
            missing.append(MissingShop(id=shop.id, state=cell.state, reason=absent.get(shop.id, cell.reason)))
    return missing


def is_due(name: str, dt: str, *, config: Config, ledger: Ledger) -> bool:
    """True if a period must be published (again): what is published is not what its cells have, or Dremio not told."""
    cells = ledger.cells(name, dt)
    files = {cell.shop: cell.raw.sha256 for cell in cells if cell.raw is not None}
    published = ledger.partition(name, dt)
    if published is None:
        return bool(files)
    return (
        published.refresh_state in REFRESH_DUE
        or any(cell.state is CellState.STAGED for cell in cells)
        or (published.shops is not None and published.shops != files)
        or list(published.missing) != missing_shops(cells, _shops_of(name, dt, config))
    )


def build_partition(
    name: str,
    dt: str,
    run_id: str,
    lake: Resources,
    *,
    workers: Executor | None = None,
    is_rebuilt: bool = False,
    without: Collection[str] = (),
) -> Built | None:
    """Merges all staged shops of a period, in `workers` if they are given; None if there is none.

    A shop that is published already is among them, also where the ledger does not know of it. One whose file lies on
    another machine, and not in the store, is missing: the others do not wait for it.

    Args:
        is_rebuilt: from raw/ alone: a receipt that can't be believed is kept in `history/` with what it stood for.
        without: ids that are to leave a partition; if no other is in it, it is published without any row.

    Raises:
        StoreError: a raw file that is no longer on this machine could not be had from the store.
        RejectedFileError: a raw file no longer fits the dataset's contract.
        WrongShopError: two ids have one account's file.
        ReceiptError: nobody can say which shops are published; then nothing may be replaced.
    """
    dataset = lake.config.dataset(name)
    previous = known_before(name, dt, lake, is_rebuilt=is_rebuilt, without=without)
    give_up_lost(name, dt, lake, previous)
    cells = lake.ledger.cells(name, dt)
    cells, absent = _without_absent(cells, previous, lake)
    shops = _staged_shops(name, dt, cells, lake.config, lake.ledger)
    shops = [shop for shop in shops if shop.id not in absent]
    if not shops and (not without or previous is None):
        return None
    refuse_twins(name, dt, shops, {shop.id for shop in lake.config.shops})
    if not is_rebuilt and not without:
        require_all_names(name, dt, shops, previous, lake)
    missing = missing_shops(cells, _shops_of(name, dt, lake.config), absent)
    kept = KeptColumns.of([partition for partition in lake.ledger.partitions(name) if partition.dt < dt], dataset)
    marks = Marks.of(name, dt, shops, lake.ledger)
    merged = _merged(name, dt, shops, missing, kept.columns, lake, workers, marks)
    assert merged.parquet is not None
    draft = draft_of(
        merged,
        dataset=name,
        platform=dataset.platform,
        dt=dt,
        run_id=run_id,
        shops=shops,
        missing=missing,
        parquet=merged.parquet,
        drift=kept.notes(merged.unseen, dataset),
        doubtful=marks.notes,
        checks=marks.counts,
    )
    revised = _restated(previous, draft, merged.parquet, dataset, lake.store)
    volumes = tuple(volume.path for volume in merged.volumes)
    drop_old_copies(name, dt, previous, volumes, lake.staging)
    return Built(
        merged.workbook,
        merged.parquet,
        draft.model_copy(update={"restated": revised}),
        volumes,
        may_have_volumes=dataset.workbook is not None or (previous is not None and bool(previous.workbook.volumes)),
    )


def _without_absent(
    cells: Sequence[Cell], previous: Receipt | None, lake: Resources
) -> tuple[list[Cell], dict[str, Reason]]:
    """The cells with files that can be had, the published ones in the place of others; and which shops have none."""
    absent = {found.cell.shop: found for found in absent_files(cells, lake)}
    files, left_out = [], {}
    for cell in cells:
        if (found := absent.get(cell.shop)) is not None:
            instead = published_file(cell.key, previous, lake)
            if instead is not None:
                cell = replace(cell, raw=instead)
            else:
                left_out[cell.shop] = found.reason
                logger.warning("%s: left out: %s", cell.key, found.reason)
        files.append(cell)
    return files, left_out


def _merged(
    name: str,
    dt: str,
    shops: Sequence[StagedShop],
    missing: Sequence[MissingShop],
    seen_columns: Sequence[str],
    lake: Resources,
    workers: Executor | None,
    marks: Marks,
) -> Merged:
    """Both files of a partition, on this machine's disk. A person is told where an old one is held open."""
    dataset, staging = lake.config.dataset(name), lake.staging
    tables = tables_of([(CellKey(name, dt, shop.id), shop.raw) for shop in shops], lake, workers)
    parts = [Part(shop_id=shop.id, shop_name=shop.name, table=table) for shop, table in zip(shops, tables, strict=True)]
    workbook, parquet = staging.merged(name, dt, "xlsx"), staging.merged(name, dt, "parquet")
    failpoints.reach(FailPoint.MERGE_BEFORE)
    with as_disk_error(parquet):
        merged = merge_tables(
            parts,
            Contract.of(dataset),
            workbook=workbook,
            parquet=parquet,
            seen_columns=seen_columns,
            # What is told must follow from the data alone: equal input gives equal bytes.
            notes=[("数据集", f"{dataset.title} ({name})"), ("日期", dt), ("取数时间", _fetched(shops))],
            missing=[(shop.id, f"{shop.state}: {shop.reason}") for shop in missing],
            remarks=marks.remarks,
            split=split_of(name, dt, lake.config),
            workers=workers,
            put=put_in_place_or_beside,
        )
    volumes = [(volume_path(workbook, volume.name), volume.path) for volume in merged.volumes]
    for wanted, found in ((workbook, merged.workbook), *volumes, (parquet, merged.parquet)):
        if found is not None and found != wanted:
            told = (
                "%s %s: %s is open in another program (a workbook: in Excel) or write-protected, and stays as it was. "
                "The new copy is %s, and is published. Close the old one; the next run of this day replaces it."
            )
            logger.warning(told, name, dt, wanted, found)
    failpoints.reach(FailPoint.MERGE_AFTER)
    return merged


def is_revised(key: CellKey, raw: RawFile, sha256: str, lake: Resources) -> bool:
    """True if the rows of a cell's new file are others than those of its published file.

    Args:
        raw: the published file.
        sha256: the new one, which has been read.

    Raises:
        StoreError: the published file could not be had.
        RejectedFileError: the published file no longer fits the contract.
    """
    if raw.sha256 == sha256:
        return False
    old = Table.load(table_of(key, raw, lake))
    new = Table.load(lake.staging.table(key.dataset, key.dt, key.shop, sha256))
    # Files differ in more than their rows: a time of making, the order of parts.
    return bool(differences(old.to_arrow(), new.to_arrow(), lake.config.dataset(key.dataset).keys))


def _restated(
    previous: Receipt | None, draft: Draft, parquet: Path, dataset: Dataset, store: ObjectStore
) -> tuple[Restated, ...]:
    """What this partition revises of the one before, which is kept under `history/`."""
    name, dt = draft.dataset, draft.dt
    if previous is None:
        return ()
    if not replaced_shops(previous, draft):
        # Nothing is compared: what was told of a shop stays true.
        return restated(previous, draft, parquet, parquet, dataset.keys)
    kept = keep_parquet(store, draft.platform, name, dt, previous.parquet.sha256)
    if kept is None:
        logger.warning("%s %s: the partition to be replaced is gone; changes unknown", name, dt)
        return ()
    try:
        with store.fetched(kept) as old:
            return restated(previous, draft, old, parquet, dataset.keys)
    except StoreError as error:
        # A partition that somebody has damaged must not keep a whole one from its place.
        logger.warning("%s %s: changes unknown: %s", name, dt, error)
        return ()


def _shops_of(name: str, dt: str, config: Config) -> list[Shop]:
    """The enabled shops that were there in a period."""
    period = Period.from_dt(dt)
    return [shop for shop in config.shops_for(name) if shop.has(period)]


def _staged_shops(name: str, dt: str, cells: Sequence[Cell], config: Config, ledger: Ledger) -> list[StagedShop]:
    """In the order of shops.yaml; shops that are no longer in it come last, by id, under their old name."""
    platform = config.dataset(name).platform
    shops = [shop for shop in config.shops if shop.platform == platform]
    files = {cell.shop: cell.raw for cell in cells if cell.raw is not None}
    names = display_names(f"{name} {dt}", files, shops, partial(ledger.accounts, platform))
    places = {shop.id: number for number, shop in enumerate(shops)}
    staged = [StagedShop(shop, names[shop], raw) for shop, raw in files.items()]
    return sorted(staged, key=lambda shop: (places.get(shop.id, len(places)), shop.id))


def _fetched(shops: Sequence[StagedShop]) -> str:
    times = [shop.raw.fetched_at for shop in shops]
    if not times:
        return ""
    return f"{min(times):%Y-%m-%d %H:%M:%S} ~ {max(times):%Y-%m-%d %H:%M:%S} (+08:00)"
