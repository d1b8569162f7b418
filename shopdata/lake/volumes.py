"""The volumes of a large partition's workbook: how they are cut, and what becomes of those that there are no more."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.config import Config
from shopdata.excel.merging.volumes import NO_GROUP, Split, volume_path
from shopdata.exceptions import StoreError
from shopdata.files import discard
from shopdata.lake.receipts import Draft, Receipt
from shopdata.store.history import retire
from shopdata.store.keys import is_volume, parquet_key, volume_prefix
from shopdata.store.staging import Staging

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)


def split_of(name: str, dt: str, config: Config) -> Split | None:
    """How the dataset's workbook is cut where it is large; None where rows go on in further sheets."""
    dataset = config.dataset(name)
    rule = dataset.workbook
    if rule is None:
        return None
    groups = {shop.id: shop.group or NO_GROUP for shop in config.shops}
    everything = parquet_key(dataset.platform, name, dt)
    return Split(rule.at_most_rows, groups if rule.split_by == "group" else None, everything)


def drop_old_copies(name: str, dt: str, previous: Receipt | None, volumes: Collection[Path], staging: Staging) -> None:
    """Local copies of volumes that there are no more would be taken for those of today. What people have put beside
    them stays: only those go that the receipt of before names."""
    workbook = staging.merged(name, dt, "xlsx")
    for volume in previous.workbook.volumes if previous is not None else ():
        path = volume_path(workbook, volume.name)
        if path not in volumes:
            discard(path)


def retire_old(draft: Draft, store: ObjectStore) -> None:
    """Volumes that this partition has no more go to `history/`: whoever found one would take it for today's.

    The partition is published all the same where that fails; `scrapy verify` names them, the next publication retires.
    """
    try:
        for key in old_volumes(draft, store):
            retire(store, key)
    except StoreError as error:
        logger.warning("%s %s: old volumes of its workbook stay: %s", draft.dataset, draft.dt, error)


def old_volumes(draft: Draft, store: ObjectStore) -> list[str]:
    """The keys of volumes that we have put once and that this partition does not have. Raises StoreError."""
    wanted = {volume.key for volume in draft.workbook.volumes}
    prefix = volume_prefix(draft.platform, draft.dataset, draft.dt)
    found = []
    for key in store.list_keys(prefix):
        if key not in wanted and is_volume(key.removeprefix(prefix).removesuffix(".xlsx")):
            there = store.stat(key)
            # What somebody else has put beside them carries no sum of ours.
            if there is not None and there.sha256:
                found.append(key)
    return sorted(found)
