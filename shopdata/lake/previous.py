"""What is published of a period before something else takes its place: no shop of it may get lost."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

import pyarrow.parquet as pq

from shopdata.exceptions import ReceiptError
from shopdata.lake.drafts import StagedShop
from shopdata.lake.receipts import Receipt, read_receipt
from shopdata.lake.reconcile import import_published, import_raw
from shopdata.lake.resources import Resources
from shopdata.store.history import keep_unbelieved
from shopdata.store.keys import parquet_key

logger = logging.getLogger(__name__)


def known_before(
    name: str, dt: str, lake: Resources, *, is_rebuilt: bool = False, without: Collection[str] = ()
) -> Receipt | None:
    """The receipt of what is to be replaced, its shops known to the ledger; None if there is none.

    Args:
        is_rebuilt: what can't be believed is no obstacle; it is kept in `history/`.
        without: ids that are to leave the partition.

    Raises:
        ReceiptError: what lies there is no receipt of this partition.
        StoreError, RejectedFileError: a file that is in it can't be had or read.
    """
    platform = lake.config.dataset(name).platform
    try:
        previous = read_receipt(platform, name, dt, lake.store)
    except ReceiptError:
        if not is_rebuilt:
            raise
        previous = None
    if previous is not None:
        import_published(previous, lake, without=without)
    elif is_rebuilt:
        keep_unbelieved(lake.store, platform, name, dt)
    elif (
        lake.ledger.partition(name, dt) is None
        and lake.store.stat_anywhere(parquet_key(platform, name, dt)) is not None
    ):
        # Ledger and receipt are gone, the partition is there: what it was made of lies in raw/.
        for stray in import_raw(name, dt, None, lake, without=without):
            logger.warning("%s: left out, it is no raw file of ours", stray)
    return previous


def require_all_names(
    name: str, dt: str, shops: Sequence[StagedShop], previous: Receipt | None, lake: Resources
) -> None:
    """Where the ledger does not know a partition, it says itself whose rows are in it: none of them may vanish.

    Its receipt may be gone, or tell of fewer shops than it holds.

    Raises:
        ReceiptError: the file of one of them is not known.
    """
    key = parquet_key(lake.config.dataset(name).platform, name, dt)
    if lake.ledger.partition(name, dt) is not None or lake.store.stat_anywhere(key) is None:
        return
    try:
        with lake.store.fetched(key) as path:
            column = pq.read_table(path, columns=["shop"], partitioning=None).column("shop")
    except (OSError, ValueError, KeyError):
        # Nobody can read it, so nothing can be lost by replacing it.
        return
    ids = {shop.id for shop in shops}
    names = {shop.name for shop in shops} | {shop.raw.shop_name for shop in shops}
    names.update(shop.name for shop in (previous.shops if previous is not None else ()) if shop.id in ids)
    if lost := set(map(str, column.unique().to_pylist())) - names:
        raise ReceiptError(
            "the partition holds rows of shops that neither ledger nor receipt know; nothing was replaced",
            where=lake.store.where(key),
            found=f"rows of {', '.join(sorted(lost))[:300]}",
            expected="a receipt that says which files they came from, or those files in raw/",
            todo=f"Collect those shops for the period too, or run `scrapy replay {name}` for it: it rebuilds it from "
            "what is in raw/ and keeps what was there in history/.",
        )
