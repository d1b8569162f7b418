"""Puts a built partition into the store: workbook, then Parquet, then receipt."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata import failpoints
from shopdata.failpoints import FailPoint
from shopdata.lake.kept_columns import seen_in
from shopdata.lake.receipts import encode_receipt
from shopdata.ledger import Ledger, MissingShop, PartitionRecord
from shopdata.periods import SHANGHAI
from shopdata.states import CellState
from shopdata.store import ObjectStore
from shopdata.store.keys import receipt_key

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET_TYPE = "application/vnd.apache.parquet"
JSON_TYPE = "application/json"


def publish_partition(
    receipt: dict[str, Any], workbook: Path, parquet: Path, *, ledger: Ledger, store: ObjectStore
) -> dict[str, Any]:
    """Puts workbook, then Parquet, then receipt; what is unchanged is not put again. Returns the whole receipt.

    Raises:
        StoreError: the store failed; the ledger then still says `staged`, and the next run publishes.
        LeaseLostError: another run has taken the partition over, because this one showed no sign of life.
    """
    store.ensure_bucket()
    key_of_receipt = receipt_key(receipt["platform"], receipt["dataset"], receipt["dt"])
    # Two that publish at once must not end with the workbook of one and the Parquet file of the other: one stops.
    keys = (receipt["workbook"]["key"], receipt["parquet"]["key"], key_of_receipt)
    etags = {key: there.etag if (there := store.stat(key)) is not None else None for key in keys}
    for part, path, content_type in (("workbook", workbook, XLSX_TYPE), ("parquet", parquet, PARQUET_TYPE)):
        told = receipt[part]
        failpoints.reach(FailPoint(f"{part}_put.before"))
        _require_partition(ledger, receipt)
        store.put_file(
            told["key"],
            path,
            sha256=told["sha256"],
            content_type=content_type,
            skip_unchanged=True,
            if_match=etags[told["key"]],
            if_absent=etags[told["key"]] is None,
        )
        failpoints.reach(FailPoint(f"{part}_put.after"))
    published_at = datetime.now(SHANGHAI).replace(microsecond=0)
    receipt = {**receipt, "published_at": published_at.isoformat()}
    failpoints.reach(FailPoint.RECEIPT_PUT_BEFORE)
    _require_partition(ledger, receipt)
    store.put_bytes(
        key_of_receipt,
        encode_receipt(receipt),
        content_type=JSON_TYPE,
        if_match=etags[key_of_receipt],
        if_absent=etags[key_of_receipt] is None,
    )
    failpoints.reach(FailPoint.RECEIPT_PUT_AFTER)
    failpoints.reach(FailPoint.PUBLISHED_BEFORE)
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
            columns=tuple(receipt["columns"]),
            seen=seen_in(receipt),
            refresh_state=receipt["refresh"]["state"],
            refresh_detail=receipt["refresh"]["detail"],
        ),
        {shop["id"]: shop["sha256"] for shop in receipt["shops"]},
    )
    failpoints.reach(FailPoint.PUBLISHED_AFTER)
    return receipt


def _require_partition(ledger: Ledger, receipt: dict[str, Any]) -> None:
    """A run that was asleep while another one published must not put its old files over the new ones."""
    if ledger.claims is not None:
        ledger.claims.renew_partition(receipt["dataset"], receipt["dt"])


def put_receipt(receipt: dict[str, Any], store: ObjectStore) -> None:
    """Puts the receipt under its fixed key."""
    key = receipt_key(receipt["platform"], receipt["dataset"], receipt["dt"])
    store.put_bytes(key, encode_receipt(receipt), content_type=JSON_TYPE)
