"""A shop gets another id, or leaves partitions: every period that it is in is published anew, without and with it.

Each period is done for itself, in steps that may be cut off anywhere and done again: the raw file is copied to its new
key, the ledger moves the cell, the partition is published, and only then the old raw object moves to `history/`.
Between two steps a crawl finds the same file under both ids, and refuses to merge (`twins.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from shopdata.exceptions import ReceiptError, ShopdataError, StoreError
from shopdata.lake.partition import build_partition
from shopdata.lake.previous import known_before
from shopdata.lake.receipts import read_receipt
from shopdata.lake.refresh import publish_and_refresh
from shopdata.lake.resources import Resources
from shopdata.ledger import CellKey, RawFile
from shopdata.ledger.holding import holding
from shopdata.ledger.moves import taken
from shopdata.ledger.owner import Owner
from shopdata.store.history import keep_parquet, keep_raw, retire
from shopdata.store.keys import is_dt, raw_folder, raw_key, shop_and_ext_of
from shopdata.store.outbox import Outbox

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """A period in which an id has, or had, a file."""

    dataset: str
    dt: str


@dataclass(frozen=True)
class Changed:
    """What is published of a period now; None if nothing was published of it before."""

    rows: int | None
    shops: int = 0


@dataclass
class ShopIds:
    """Renames and removes ids of one platform; blocking. What fails leaves a period as it was, or to be done again."""

    platform: str
    run_id: str
    lake: Resources
    lease_seconds: float

    def places(self, shop_id: str, dataset: str | None = None) -> list[Place]:
        """The periods of an id, by the ledger, by what lies in raw/, and by the receipts of periods that the ledger
        does not know; the oldest first.

        Raises:
            StoreError, LedgerError: it can't be seen.
        """
        names = [
            name
            for name, contract in self.lake.config.datasets.items()
            if contract.platform == self.platform and dataset in (None, name)
        ]
        cells = (cell for name in names for cell in self.lake.ledger.cells(name, shops=[shop_id]))
        found = {Place(cell.dataset, cell.dt) for cell in cells}
        for name in names if self.lake.store.has_bucket() else ():
            prefix = raw_folder(self.platform, name)
            for key in self.lake.store.list_keys(prefix):
                dt = key.removeprefix(prefix).partition("/")[0]
                owner = shop_and_ext_of(key, self.platform, name, dt) if is_dt(dt) else None
                if owner is not None and owner[0] == shop_id:
                    found.add(Place(name, dt))
            found.update(self._by_receipts(shop_id, name))
        return sorted(found, key=lambda place: (place.dataset, place.dt))

    def _by_receipts(self, shop_id: str, name: str) -> Iterator[Place]:
        known = self.lake.ledger.published_periods(name)
        prefix = f"receipts/{self.platform}/{name}/dt="
        for key in self.lake.store.list_keys(prefix):
            dt = key.removeprefix(prefix).removesuffix(".json")
            if is_dt(dt) and dt not in known:
                # One that can't be believed has nothing to say about anybody.
                with suppress(ReceiptError):
                    receipt = read_receipt(self.platform, name, dt, self.lake.store)
                    if receipt is not None and shop_id in {shop.id for shop in receipt.shops}:
                        yield Place(name, dt)

    def change(
        self, shop_id: str, new: str | None, places: Collection[Place]
    ) -> Iterator[tuple[Place, Changed | ShopdataError]]:
        """Hands the files of an id on to another, or takes them out (`new` is None); each period is published anew."""
        claims = self.lake.ledger.hold_for(Owner.here(self.run_id), self.lease_seconds)
        for place in places:
            try:
                with holding(claims, place.dataset, place.dt):
                    yield place, self._change(place, shop_id, new)
            except ShopdataError as error:
                yield place, error

    def _change(self, place: Place, shop_id: str, new: str | None) -> Changed:
        name, dt = place.dataset, place.dt
        key = CellKey(name, dt, shop_id)
        # What only the receipt knows, the ledger must know before anything is taken from it.
        leaves = () if new is not None else (shop_id,)
        known_before(name, dt, self.lake, without=leaves)
        cell = self.lake.ledger.cell(key)
        if cell is not None and cell.raw is not None:
            Outbox(self.lake.staging, self.lake.ledger, self.lake.store).send_partition(name, dt)
        if new is None:
            self.lake.ledger.moves.drop(key)
        else:
            raw = cell.raw if cell is not None else None
            there = self.lake.ledger.cell(CellKey(name, dt, new))
            if raw is not None and there is not None and there.raw is not None and there.raw.sha256 != raw.sha256:
                raise taken(key, new)
            self.lake.ledger.moves.move(key, new, self._copied(key, raw, new) if raw is not None else "")
        changed = self._publish(place, shop_id)
        for raw_object in self._raw_objects(key):
            retire(self.lake.store, raw_object)
        return changed

    def _copied(self, key: CellKey, raw: RawFile, new: str) -> str:
        """The raw file under the new id's key."""
        target = raw_key(self.platform, key.dataset, key.dt, new, raw.ext)
        there = self.lake.store.stat(target)
        if there is None or there.sha256 != raw.sha256:
            if self.lake.store.stat(raw.key) is None:
                raise StoreError(
                    "the raw file is not in the store",
                    where=self.lake.store.where(raw.key),
                    expected="the bytes that the period was made of",
                    todo=f"Take the day out with `scrapy shops remove {key.shop} --dataset {key.dataset} --date "
                    f"{key.dt[-10:]}`, and collect it under the new id.",
                )
            keep_raw(self.lake.store, replace(raw, key=target))
            self.lake.store.copy(raw.key, target)
        return target

    def _raw_objects(self, key: CellKey) -> list[str]:
        keys = self.lake.store.list_keys(f"{raw_folder(self.platform, key.dataset, key.dt)}{key.shop}.")
        return [raw for raw in keys if shop_and_ext_of(raw, self.platform, key.dataset, key.dt) is not None]

    def _publish(self, place: Place, shop_id: str) -> Changed:
        previous = read_receipt(self.platform, place.dataset, place.dt, self.lake.store)
        if previous is None:
            return Changed(None)
        built = build_partition(place.dataset, place.dt, self.run_id, self.lake, without=(shop_id,))
        assert built is not None
        keep_parquet(self.lake.store, self.platform, place.dataset, place.dt, previous.parquet.sha256)
        receipt = publish_and_refresh(built, self.lake)
        return Changed(receipt.rows, len(receipt.shops))
