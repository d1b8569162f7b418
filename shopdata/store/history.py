"""What was published once and then replaced stays under `history/`, named by its SHA-256."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.files import sha256_of
from shopdata.ledger import CellKey, RawFile
from shopdata.store.keys import (
    history_parquet_key,
    history_raw_key,
    history_receipt_key,
    parquet_key,
    receipt_key,
)

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore


def keep_raw(store: ObjectStore, key: CellKey, raw: RawFile) -> bool:
    """Keeps the raw object of a cell that `raw` is about to replace, if its bytes are others.

    Returns:
        True if the store holds the bytes of `raw` already.

    Raises:
        StoreError: it could not be kept; then it must not be replaced either.
    """
    there = store.stat(raw.key)
    if there is not None and there.sha256 and there.sha256 != raw.sha256:
        platform = raw.key.split("/")[1]
        kept = history_raw_key(platform, key.dataset, key.dt, key.shop, raw.ext, there.sha256)
        if store.stat(kept) is None:
            store.copy(raw.key, kept)
    return there is not None and (there.bytes, there.sha256) == (raw.bytes, raw.sha256)


def retire_raw(store: ObjectStore, key: str, platform: str, dataset: str, dt: str, shop_id: str) -> None:
    """Moves a raw object to `history/`: no partition is made of it any more. Nothing happens if it is not there.

    Raises:
        StoreError: it could not be moved; it may lie in both places then.
    """
    there = store.stat(key)
    if there is None:
        return
    sha256 = there.sha256 or _sha256_in(store, key)
    kept = history_raw_key(platform, dataset, dt, shop_id, key.rpartition(".")[2], sha256)
    if store.stat(kept) is None:
        store.copy(key, kept)
    store.remove(key)


def keep_parquet(store: ObjectStore, platform: str, dataset: str, dt: str, sha256: str) -> str | None:
    """Keeps the partition with this SHA-256 before another replaces it.

    Returns:
        its key under `history/`; None if the store holds it neither there nor as the partition.

    Raises:
        StoreError: it could not be kept.
    """
    kept = history_parquet_key(platform, dataset, dt, sha256)
    if store.stat(kept) is not None:
        return kept
    there = store.stat(parquet_key(platform, dataset, dt))
    if there is None or there.sha256 != sha256:
        return None
    store.copy(there.key, kept)
    return kept


def keep_unbelieved(store: ObjectStore, platform: str, dataset: str, dt: str) -> None:
    """Keeps what lies under the keys of receipt and partition, whatever it is, before they are rebuilt.

    Raises:
        StoreError: it could not be kept; then it must not be replaced either.
    """
    about = (platform, dataset, dt)
    for key, kept_at in ((receipt_key(*about), history_receipt_key), (parquet_key(*about), history_parquet_key)):
        if (there := store.stat(key)) is not None:
            kept = kept_at(*about, there.sha256 or _sha256_in(store, key))
            if store.stat(kept) is None:
                store.copy(key, kept)


def _sha256_in(store: ObjectStore, key: str) -> str:
    """The sum of an object that somebody else has put, without one."""
    with tempfile.TemporaryDirectory(prefix="shopdata-keep-") as folder:
        path = Path(folder, "object")
        store.get_file(key, path)
        return sha256_of(path)
