"""What a mail brings of a period: its workbook, or where that is too large an overview, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shopdata.files import sha256_of
from shopdata.lake.receipts import Receipt, read_receipt
from shopdata.lake.resources import Resources
from shopdata.ledger import PartitionRecord
from shopdata.store.keys import workbook_key
from shopdata.wording import Texts

_MB = 1_000_000


@dataclass(frozen=True)
class Attachments:
    """Files by what their names end with, in bytes as published. `says` is told where they do not hold all rows."""

    files: Sequence[tuple[str, bytes]]
    says: str = ""


def attachments_of(record: PartitionRecord, lake: Resources, at_most_mb: float, t: Texts) -> Attachments:
    """The workbooks of a partition, with what is masked in them, as far as together they are small enough.

    It may have been published anew since: then these are the ones that are there now.

    Raises:
        StoreError, DiskError: they are not to be had.
        ReceiptError: nobody can say which volumes there are.
    """
    local = lake.staging.merged(record.dataset, record.dt, "xlsx")
    key = workbook_key(record.platform, record.dataset, record.dt)
    workbook = _read(lake, key, local, record.workbook_sha256, at_most_mb * _MB)
    if workbook is None:
        return Attachments((), t("mail.too_large"))
    receipt = _receipt(record, lake)
    volumes = receipt.workbook.volumes if receipt is not None else ()
    if receipt is not None and not volumes and receipt.workbook.rows < receipt.rows:
        return Attachments([("", workbook)], t("mail.no_rows"))
    files = [("", workbook)]
    if len(workbook) + sum(volume.bytes for volume in volumes) > at_most_mb * _MB:
        return Attachments(files, t("mail.volumes_too_large", n=len(volumes)))
    for volume in volumes:
        there = local.with_name(Path(volume.key).name)
        data = _read(lake, volume.key, there, volume.sha256, at_most_mb * _MB)
        if data is not None:
            files.append((f"-{volume.name}", data))
    return Attachments(files)


def _receipt(record: PartitionRecord, lake: Resources) -> Receipt | None:
    """Asked for where there may be volumes only: an ordinary mail needs no store."""
    if lake.config.dataset(record.dataset).workbook is None:
        return None
    return read_receipt(record.platform, record.dataset, record.dt, lake.store)


def _read(lake: Resources, key: str, local: Path, sha256: str, most: float) -> bytes | None:
    """The copy on this machine if it is the one that was published, else the object; None if it is too large."""
    if local.is_file() and sha256_of(local) == sha256:
        return local.read_bytes() if local.stat().st_size <= most else None
    there = lake.store.stat(key)
    if there is not None and there.bytes > most:
        return None
    return lake.store.get_bytes(key)
