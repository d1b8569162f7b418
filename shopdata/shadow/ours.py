"""What we have published of a period: its receipt, and the rows of each shop out of its partition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq

from shopdata.config import Dataset
from shopdata.exceptions import ReceiptError
from shopdata.files import sha256_of
from shopdata.lake.receipts import PublishedShop, Receipt, read_receipt
from shopdata.periods import Period
from shopdata.shadow.rows import Places, Rows, places_by_value
from shopdata.store.keys import is_dt, receipt_key
from shopdata.store.object_store import ObjectStore


@dataclass(frozen=True)
class Published:
    """A period in the store, its partition on this machine's disk."""

    receipt: Receipt
    path: Path
    shops: dict[str, PublishedShop] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shops", {shop.id: shop for shop in self.receipt.shops})

    def rows_of(self, shop: str) -> Rows:
        """A shop's rows, without the column `shop`."""
        columns = tuple(name for name in self.receipt.columns if name != "shop")
        return Rows(self.path, columns, self._places.get(self.shops[shop].name, range(0)))

    @cached_property
    def _places(self) -> dict[str | None, Places | range]:
        return dict(places_by_value(pq.read_table(self.path, columns=["shop"], partitioning=None).column("shop")))


def published_periods(name: str, dataset: Dataset, store: ObjectStore) -> set[Period]:
    """All periods that have a receipt. Raises StoreError."""
    if not store.has_bucket():
        return set()
    day = "2000-01-01"
    prefix = receipt_key(dataset.platform, name, day).removesuffix(f"{day}.json")
    labels = (key[len(prefix) :].removesuffix(".json") for key in store.list_keys(prefix))
    return {Period.from_dt(label) for label in labels if is_dt(label)}


@contextmanager
def fetched(name: str, dataset: Dataset, period: Period, store: ObjectStore) -> Iterator[Published | None]:
    """What is published of a period, for the length of the block; None if nothing is.

    Raises:
        StoreError: it could not be had.
        ReceiptError: receipt and partition do not belong together.
    """
    receipt = read_receipt(dataset.platform, name, period.dt, store)
    if receipt is None:
        yield None
        return
    with store.fetched(receipt.parquet.key) as path:
        if (found := sha256_of(path)) != receipt.parquet.sha256:
            raise ReceiptError(
                "the partition is not the one that its receipt tells of",
                where=store.where(receipt.parquet.key),
                found=f"sha256 {found}",
                expected=receipt.parquet.sha256,
                todo=f"If it is being published just now, compare again; else see `scrapy verify {name} --date "
                f"{period.end}`.",
            )
        yield Published(receipt, path)
