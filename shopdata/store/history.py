"""What was published once and then replaced stays under `history/`, named by its SHA-256."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shopdata.files import sha256_of
from shopdata.ledger import RawFile
from shopdata.store.keys import history_key, parquet_key, receipt_key

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore
    from shopdata.store.upload import StoredObject


def keep_raw(store: ObjectStore, raw: RawFile) -> bool:
    """Keeps the raw object that `raw` is about to replace, if its bytes are others.

    Returns:
        True if the store holds the bytes of `raw` already.

    Raises:
        StoreError: it could not be kept; then it must not be replaced either.
    """
    there = store.stat(raw.key)
    if there is not None and there.sha256 and there.sha256 != raw.sha256:
        _keep(store, there)
    return there is not None and (there.bytes, there.sha256) == (raw.bytes, raw.sha256)


def retire(store: ObjectStore, key: str) -> None:
    """Moves an object to `history/`: no partition has it any more. Nothing happens if it is not there.

    Raises:
        StoreError: it could not be moved; it may lie in both places then.
    """
    if (there := store.stat(key)) is not None:
        _keep(store, there)
        store.remove(key)


def keep_parquet(store: ObjectStore, platform: str, dataset: str, dt: str, sha256: str) -> str | None:
    """Keeps the partition with this SHA-256 before another replaces it.

    Returns:
        its key under `history/`; None if the store holds it neither there nor as the partition.

    Raises:
        StoreError: it could not be kept.
    """
    key = parquet_key(platform, dataset, dt)
    if store.stat(history_key(key, sha256)) is None:
        there = store.stat(key)
        if there is None or there.sha256 != sha256:
            return None
        _keep(store, there)
    return history_key(key, sha256)


def keep_unbelieved(store: ObjectStore, platform: str, dataset: str, dt: str) -> None:
    """Keeps what lies under the keys of receipt and partition, whatever it is, before they are rebuilt.

    Raises:
        StoreError: it could not be kept; then it must not be replaced either.
    """
    for key in (receipt_key(platform, dataset, dt), parquet_key(platform, dataset, dt)):
        if (there := store.stat(key)) is not None:
            _keep(store, there)


def _keep(store: ObjectStore, there: StoredObject) -> None:
    sha256 = there.sha256
    if not sha256:  # somebody else has put it
        with store.fetched(there.key) as path:
            sha256 = sha256_of(path)
    kept = history_key(there.key, sha256)
    if store.stat(kept) is None:
        store.copy(there.key, kept)
