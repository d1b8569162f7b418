"""A few shops with files of one day, published by the program's own steps; the portal alone is left out."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import SecretStr

from shopdata.config import Config, Dataset, Lake, ObjectStoreSettings, Schedule, Shop
from shopdata.excel import read_table
from shopdata.files import sha256_of
from shopdata.lake.partition import build_partition
from shopdata.lake.publishing import publish_partition
from shopdata.lake.receipts import Receipt
from shopdata.lake.replay import Replayed, Replayer
from shopdata.lake.resources import Resources
from shopdata.ledger import CellKey, Ledger, RawFile
from shopdata.periods import SHANGHAI
from shopdata.store.keys import parquet_key, raw_key, receipt_key, workbook_key
from shopdata.store.object_store import ObjectStore
from shopdata.store.outbox import Outbox
from shopdata.store.staging import Staging

NAME, PLATFORM, DT = "report", "jd", "2026-03-01"
RECEIPT, PARQUET = receipt_key(PLATFORM, NAME, DT), parquet_key(PLATFORM, NAME, DT)
WORKBOOK = workbook_key(PLATFORM, NAME, DT)
FETCHED = datetime(2026, 3, 2, 8, 30, tzinfo=SHANGHAI)


def raw_of(shop: str, ext: str = "csv") -> str:
    """The key of a shop's raw file."""
    return raw_key(PLATFORM, NAME, DT, shop, ext)


def shop_of(id: str, group: str | None = None) -> Shop:
    secret = SecretStr("not-a-real-one")
    return Shop(id=id, name=f"店 {id}", platform=PLATFORM, username=id, password=secret, group=group)


@dataclass
class FewShops:
    """What one machine has: state directory, ledger, configuration; the bucket is shared."""

    folder: Path
    store: ObjectStore
    settings: ObjectStoreSettings
    ids: Sequence[str] = ("one", "two", "three")
    contract: Dataset = field(
        default_factory=lambda: Dataset(title="a report", platform=PLATFORM, lag_days=1, columns=("SKU", "数量"))
    )

    groups: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ledger, self.staging = Ledger.at(self.folder), Staging(self.folder)

    @property
    def config(self) -> Config:
        return Config(
            shops=tuple(shop_of(shop, self.groups.get(shop)) for shop in self.ids),
            portals={},
            lake=Lake(object_store=self.settings),
            schedule=Schedule(),
            datasets={NAME: self.contract},
        )

    @property
    def lake(self) -> Resources:
        return Resources(self.config, self.ledger, self.staging, self.store)

    def lose_ledger(self) -> None:
        """A new and empty one takes its place, and nothing else is left of the old state."""
        self.ledger.close()
        self.folder = self.folder.with_name(f"{self.folder.name}-again")
        self.__post_init__()

    def stage(
        self,
        shop: str,
        rows: int = 2,
        *,
        dt: str = DT,
        columns: Sequence[str] = ("SKU", "数量"),
        account: Mapping[str, str] | None = None,
        value: str | None = None,
    ) -> RawFile:
        """A shop's file is good, and on its way into the store."""
        key, at = CellKey(NAME, dt, shop), raw_key(PLATFORM, NAME, dt, shop, "csv")
        lines = [",".join(columns)] + [",".join([f"{value or shop}-{row}"] * len(columns)) for row in range(rows)]
        path = self.staging.raw(at)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        raw = RawFile(
            key=at,
            sha256=sha256_of(path),
            bytes=path.stat().st_size,
            ext="csv",
            rows=rows,
            fetched_at=FETCHED,
            shop_name=shop_of(shop).name,
            account=account or {},
        )
        read_table(path, self.contract, where=str(key)).save(self.staging.table(NAME, dt, shop, raw.sha256))
        self.ledger.add_cells(PLATFORM, [key])
        self.ledger.settle(key, raw.state, raw=raw)
        return raw

    def publish(self, dt: str = DT, **how: Any) -> Receipt | None:
        """Merges and publishes all that is staged; the receipt, None if there is nothing to publish."""
        outbox = Outbox(self.staging, self.ledger, self.store)
        built = build_partition(NAME, dt, "run-1", self.lake, **how)
        if built is None:
            return None
        outbox.send_partition(NAME, dt)
        return publish_partition(built, has_dremio=False, ledger=self.ledger, store=self.store)

    def replay(self, dt: str = DT) -> tuple[Replayer, Replayed]:
        """What `scrapy replay` does; its error is raised."""
        # A command of its own: from then on its ledger writes only about what it holds.
        with Ledger.at(self.folder) as ledger:
            replayer = Replayer(NAME, "run-2", replace(self.lake, ledger=ledger), 60)
            ((_, result),) = replayer.replay([dt])
        if isinstance(result, Exception):
            raise result
        return replayer, result

    def receipt(self, dt: str = DT) -> dict[str, Any]:
        return json.loads(self.store.get_bytes(receipt_key(PLATFORM, NAME, dt)))

    def rows(self, dt: str = DT) -> dict[str, int]:
        """Rows by shop name in the partition."""
        data = self.store.get_bytes(parquet_key(PLATFORM, NAME, dt))
        counts = pq.read_table(io.BytesIO(data), partitioning=None).column("shop").value_counts().to_pylist()
        return {entry["values"]: entry["counts"] for entry in counts}
