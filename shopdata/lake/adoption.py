"""Raw files that lie in the store and that the ledger does not know: it was lost, or is another machine's."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata.config import Config, Dataset
from shopdata.files import sha256_of
from shopdata.lake.excel import read_table
from shopdata.lake.ledger import CellKey, Ledger, RawFile
from shopdata.lake.objects import ObjectStore
from shopdata.periods import SHANGHAI

logger = logging.getLogger(__name__)


def adopt_published(receipt: Mapping[str, Any], *, config: Config, ledger: Ledger, store: ObjectStore) -> None:
    """Enters the files of a published partition that the ledger does not know, so that the next one has them too.

    Raises:
        StoreError: one of them can't be had; the partition must then not be replaced by one without it.
        RejectedFileError: one of them no longer fits the contract.
    """
    name, dt = receipt["dataset"], receipt["dt"]
    known = {cell.shop for cell in ledger.cells(name, dt) if cell.raw is not None}
    dataset = config.dataset(name)
    names = {shop.id: shop.name for shop in config.shops}
    for about in receipt["shops"]:
        if about["id"] not in known:
            key = CellKey(name, dt, about["id"])
            raw = raw_file_of(key, about["raw_key"], about, names.get(key.shop, about["name"]), dataset, store)
            ledger.add_cells(dataset.platform, [key])
            if ledger.adopt(key, raw):
                logger.warning(
                    "%s: published, and the ledger did not know it: its file stays. Is this the right ledger (%s)?",
                    key,
                    ledger.where,
                )


def raw_file_of(
    key: CellKey, raw_key: str, about: Mapping[str, Any], shop_name: str, dataset: Dataset, store: ObjectStore
) -> RawFile:
    """What the ledger is to know about a raw object, from its bytes and a receipt's entry about it, if there is one.

    Raises:
        StoreError, RejectedFileError: it can't be had or read.
    """
    ext = Path(raw_key).suffix.removeprefix(".")
    with tempfile.TemporaryDirectory(prefix="shopdata-raw-") as folder:
        path = Path(folder, f"raw.{ext}")
        store.get_file(raw_key, path)
        fetched = about.get("fetched_at")
        return RawFile(
            key=raw_key,
            sha256=sha256_of(path),
            bytes=path.stat().st_size,
            ext=ext,
            rows=read_table(path, dataset, where=str(key)).rows,
            fetched_at=datetime.fromisoformat(fetched) if fetched else datetime.now(SHANGHAI),
            shop_name=shop_name,
            in_store=True,
        )
