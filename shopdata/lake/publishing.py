"""Puts a built partition into the store: workbook and its volumes, then Parquet, then receipt."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shopdata import failpoints
from shopdata.failpoints import FailPoint
from shopdata.lake.drafts import Built
from shopdata.lake.kept_columns import seen_in
from shopdata.lake.receipts import Draft, Receipt, Refresh
from shopdata.lake.volumes import retire_old
from shopdata.ledger import Ledger, PartitionRecord
from shopdata.periods import SHANGHAI

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET_TYPE = "application/vnd.apache.parquet"
JSON_TYPE = "application/json"


def publish_partition(built: Built, *, has_dremio: bool, ledger: Ledger, store: ObjectStore) -> Receipt:
    """Puts volumes and workbook, then Parquet, then receipt; what is unchanged is not put again. Returns the receipt.

    Raises:
        StoreError: the store failed; the ledger then still says `staged`, and the next run publishes.
        LeaseLostError: another run has taken the partition over, because this one showed no sign of life.
    """
    draft = built.draft
    store.ensure_bucket()
    # Two that publish at once must not end with the workbook of one and the Parquet file of the other: one stops.
    volumes = draft.workbook.volumes
    keys = (*(volume.key for volume in volumes), draft.workbook.key, draft.parquet.key, draft.key)
    etags = {key: there.etag if (there := store.stat(key)) is not None else None for key in keys}
    for part, told, path, content_type in (
        # What the overview names is there before it.
        *(("workbook", volume, path, XLSX_TYPE) for volume, path in zip(volumes, built.volumes, strict=True)),
        ("workbook", draft.workbook, built.workbook, XLSX_TYPE),
        ("parquet", draft.parquet, built.parquet, PARQUET_TYPE),
    ):
        failpoints.reach(FailPoint(f"{part}_put.before"))
        _require_partition(ledger, draft)
        store.put_file(
            told.key,
            path,
            sha256=told.sha256,
            content_type=content_type,
            skip_unchanged=True,
            if_match=etags[told.key],
            if_absent=etags[told.key] is None,
        )
        failpoints.reach(FailPoint(f"{part}_put.after"))
    receipt = Receipt(
        **dict(draft),
        published_at=datetime.now(SHANGHAI).replace(microsecond=0),
        refresh=Refresh(state="PENDING" if has_dremio else "NOT_CONFIGURED", detail=""),
    )
    failpoints.reach(FailPoint.RECEIPT_PUT_BEFORE)
    _require_partition(ledger, draft)
    store.put_bytes(
        receipt.key,
        receipt.to_json(),
        content_type=JSON_TYPE,
        if_match=etags[receipt.key],
        if_absent=etags[receipt.key] is None,
    )
    failpoints.reach(FailPoint.RECEIPT_PUT_AFTER)
    failpoints.reach(FailPoint.PUBLISHED_BEFORE)
    ledger.publish(_record_of(receipt), {shop.id: shop.sha256 for shop in receipt.shops})
    failpoints.reach(FailPoint.PUBLISHED_AFTER)
    if built.may_have_volumes:
        retire_old(draft, store)
    return receipt


def _record_of(receipt: Receipt) -> PartitionRecord:
    """What the ledger keeps of a receipt."""
    return PartitionRecord(
        dataset=receipt.dataset,
        platform=receipt.platform,
        dt=receipt.dt,
        rows=receipt.rows,
        published=len(receipt.shops),
        missing=tuple(shop.missing for shop in receipt.missing),
        run_id=receipt.run_id,
        receipt_key=receipt.key,
        parquet_sha256=receipt.parquet.sha256,
        workbook_sha256=receipt.workbook.sha256,
        published_at=receipt.published_at,
        columns=receipt.columns,
        seen=seen_in(receipt),
        refresh_state=receipt.refresh.state,
    )


def _require_partition(ledger: Ledger, draft: Draft) -> None:
    """A run that was asleep while another one published must not put its old files over the new ones."""
    if ledger.claims is not None:
        ledger.claims.renew_partition(draft.dataset, draft.dt)


def put_receipt(receipt: Receipt, store: ObjectStore) -> None:
    """Puts the receipt under its fixed key."""
    store.put_bytes(receipt.key, receipt.to_json(), content_type=JSON_TYPE)
