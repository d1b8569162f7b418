"""Builds a partition from all staged files of its period, and puts it into the store, receipt last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata.config import Config, Dataset, Shop
from shopdata.lake.excel import read_table
from shopdata.lake.keys import parquet_key, receipt_key, workbook_key
from shopdata.lake.ledger import Cell, Ledger, MissingShop, PartitionRecord, RawFile
from shopdata.lake.merge import Merged, Part, merge_partition
from shopdata.lake.objects import ObjectStore
from shopdata.lake.receipts import encode_receipt
from shopdata.lake.staging import Staging, sha256_of
from shopdata.periods import SHANGHAI
from shopdata.states import CellState

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET_TYPE = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Built:
    """A merged partition on disk, with the receipt as far as it is known before publishing."""

    workbook: Path
    parquet: Path
    receipt: dict[str, Any]


def missing_shops(cells: Sequence[Cell], shops: Sequence[Shop]) -> list[MissingShop]:
    """The enabled shops without a good file, in the order of shops.yaml, with state and reason."""
    by_shop = {cell.shop: cell for cell in cells}
    missing = []
    for shop in shops:
        cell = by_shop.get(shop.id)
        if cell is None:
            missing.append(MissingShop(id=shop.id, state=CellState.PENDING, reason="not asked yet"))
        elif cell.raw is None:
            missing.append(MissingShop(id=shop.id, state=cell.state, reason=cell.reason))
    return missing


def build_partition(
    name: str, dt: str, run_id: str, *, config: Config, ledger: Ledger, staging: Staging, store: ObjectStore
) -> Built | None:
    """Merges all staged shops of a period; None if there is none.

    Raises:
        StoreError: a raw file that is no longer on this machine could not be had from the store.
        RejectedFileError: a raw file no longer fits the dataset's contract.
    """
    dataset = config.dataset(name)
    cells = ledger.cells(name, dt)
    staged = _in_order([cell for cell in cells if cell.raw is not None], config)
    if not staged:
        return None
    names = {shop.id: shop.name for shop in config.shops}
    parts = [
        Part(
            shop_id=cell.shop,
            shop_name=names.get(cell.shop, cell.shop),
            table=_table_of(cell, dataset, staging, store),
        )
        for cell in staged
    ]
    workbook, parquet = staging.merged(name, dt, "xlsx"), staging.merged(name, dt, "parquet")
    merged = merge_partition(parts, dataset, workbook=workbook, parquet=parquet)
    missing = missing_shops(cells, config.shops_for(name))
    return Built(workbook, parquet, _receipt(name, dataset, dt, run_id, merged, parts, staged, missing, workbook, parquet))


def publish_partition(
    receipt: dict[str, Any], workbook: Path, parquet: Path, *, ledger: Ledger, store: ObjectStore
) -> dict[str, Any]:
    """Puts workbook, then Parquet, then receipt; what is unchanged is not put again. Returns the whole receipt.

    Raises:
        StoreError: the store failed; the ledger then still says `staged`, and the next run publishes.
    """
    store.ensure_bucket()
    for part, path, content_type in (("workbook", workbook, XLSX_TYPE), ("parquet", parquet, PARQUET_TYPE)):
        told = receipt[part]
        store.put_file(told["key"], path, sha256=told["sha256"], content_type=content_type, skip_unchanged=True)
    published_at = datetime.now(SHANGHAI).replace(microsecond=0)
    receipt = {**receipt, "published_at": published_at.isoformat()}
    put_receipt(receipt, store)
    ledger.publish(
        PartitionRecord(
            dataset=receipt["dataset"],
            platform=receipt["platform"],
            dt=receipt["dt"],
            rows=receipt["rows"],
            published=len(receipt["shops"]),
            missing=tuple(
                MissingShop(id=m["id"], state=CellState(m["state"]), reason=m["reason"]) for m in receipt["missing"]
            ),
            run_id=receipt["run_id"],
            receipt_key=receipt_key(receipt["platform"], receipt["dataset"], receipt["dt"]),
            parquet_sha256=receipt["parquet"]["sha256"],
            workbook_sha256=receipt["workbook"]["sha256"],
            published_at=published_at,
            refresh_state=receipt["refresh"]["state"],
            refresh_detail=receipt["refresh"]["detail"],
        ),
        [shop["id"] for shop in receipt["shops"]],
    )
    return receipt


def put_receipt(receipt: dict[str, Any], store: ObjectStore) -> None:
    """Puts the receipt under its fixed key."""
    key = receipt_key(receipt["platform"], receipt["dataset"], receipt["dt"])
    store.put_bytes(key, encode_receipt(receipt), content_type="application/json")


def _in_order(cells: list[Cell], config: Config) -> list[Cell]:
    """In the order of shops.yaml; shops that are no longer in it come last, by id."""
    places = {shop.id: number for number, shop in enumerate(config.shops)}
    return sorted(cells, key=lambda cell: (places.get(cell.shop, len(places)), cell.shop))


def _table_of(cell: Cell, dataset: Dataset, staging: Staging, store: ObjectStore) -> Path:
    """The parsed form of a cell's raw file: kept from when it was checked, else read again."""
    raw = cell.raw
    assert raw is not None
    path = staging.table(cell.dataset, cell.dt, cell.shop, raw.sha256)
    if not path.is_file():
        read_table(_raw_path(raw, staging, store), dataset).save(path)
    return path


def _raw_path(raw: RawFile, staging: Staging, store: ObjectStore) -> Path:
    path = staging.raw(raw.key)
    if not path.is_file() or sha256_of(path) != raw.sha256:
        store.get_file(raw.key, path)
    return path


def _receipt(
    name: str,
    dataset: Dataset,
    dt: str,
    run_id: str,
    merged: Merged,
    parts: Sequence[Part],
    staged: Sequence[Cell],
    missing: Sequence[MissingShop],
    workbook: Path,
    parquet: Path,
) -> dict[str, Any]:
    shops = []
    for part, cell in zip(parts, staged, strict=True):
        assert cell.raw is not None
        shops.append(
            {
                "id": part.shop_id,
                "name": part.shop_name,
                "rows": merged.rows_by_shop[part.shop_id],
                "raw_key": cell.raw.key,
                "sha256": cell.raw.sha256,
                "bytes": cell.raw.bytes,
                "fetched_at": cell.raw.fetched_at.replace(microsecond=0).isoformat(),
            }
        )
    return {
        "dataset": name,
        "platform": dataset.platform,
        "dt": dt,
        "run_id": run_id,
        "rows": merged.rows,
        "columns": list(merged.columns),
        "shops": shops,
        "missing": [{"id": m.id, "state": m.state.value, "reason": m.reason} for m in missing],
        "parquet": {
            "key": parquet_key(dataset.platform, name, dt),
            "sha256": sha256_of(parquet),
            "bytes": parquet.stat().st_size,
            "rows": merged.rows,
        },
        "workbook": {
            "key": workbook_key(dataset.platform, name, dt),
            "sha256": sha256_of(workbook),
            "bytes": workbook.stat().st_size,
            "rows": merged.rows,
            "sheets": list(merged.sheets),
        },
        "published_at": "",
        "refresh": {"state": "", "detail": ""},
        "warnings": list(merged.warnings),
        "drift": list(merged.drift),
    }
