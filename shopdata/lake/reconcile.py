"""Raw files that lie in the store and that the ledger does not know: it was lost, or is another machine's."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from shopdata.config import Dataset
from shopdata.excel import Contract, read_table
from shopdata.exceptions import RejectedFileError
from shopdata.files import sha256_of
from shopdata.lake.receipts import Receipt
from shopdata.lake.resources import Resources
from shopdata.ledger import CellKey, RawFile
from shopdata.periods import SHANGHAI
from shopdata.store.keys import raw_folder, shop_and_ext_of

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)

#: What a raw file may be called at its end (docs/reference.md#keys-in-the-bucket).
RAW_EXTENSIONS = frozenset({"xlsx", "xls", "xlsb", "ods", "fods", "csv", "zip", "json", "html", "xml"})


def import_published(receipt: Receipt, lake: Resources, *, without: Collection[str] = ()) -> None:
    """Enters the files of a published partition that the ledger does not know, so that the next one has them too.

    Args:
        without: ids that are to leave the partition.

    Raises:
        StoreError: one of them can't be had; the partition must then not be replaced by one without it.
        RejectedFileError: one of them no longer fits the contract.
    """
    name, dt, ledger = receipt.dataset, receipt.dt, lake.ledger
    known = {cell.shop for cell in ledger.cells(name, dt) if cell.raw is not None}
    dataset = lake.config.dataset(name)
    for about in receipt.shops:
        if about.id not in known and about.id not in without:
            key = CellKey(name, dt, about.id)
            raw = _raw_file_of(key, about.raw_key, receipt, about.name, dataset, lake.store)
            ledger.add_cells(dataset.platform, [key])
            if ledger.adopt(key, raw):
                logger.warning(
                    "%s: published, and the ledger did not know it: its file stays. Is this the right ledger (%s)?",
                    key,
                    ledger.where,
                )


def published_file(key: CellKey, receipt: Receipt | None, lake: Resources) -> RawFile | None:
    """The file of a cell that is published, as the ledger keeps it; None if none is.

    Raises:
        StoreError, RejectedFileError: it can't be had or read.
    """
    about = next((shop for shop in receipt.shops if shop.id == key.shop), None) if receipt is not None else None
    if receipt is None or about is None:
        return None
    return _raw_file_of(key, about.raw_key, receipt, about.name, lake.config.dataset(key.dataset), lake.store)


def import_raw(
    name: str,
    dt: str,
    receipt: Receipt | None,
    lake: Resources,
    *,
    without: Collection[str] = (),
    is_replay: bool = False,
) -> tuple[str, ...]:
    """Enters the files in `raw/` of a period that the ledger does not know.

    Anybody may put things there. A file is ours if its key is one that we make, and somebody knows the shop:
    shops.yaml, the ledger or the receipt. Without a receipt nobody can tell, and what can be read is taken.

    Args:
        without: ids that are to leave the partition.
        is_replay: what is there counts, whatever came of asking the portal since.

    Returns:
        where the objects lie that are none of ours; they were left out.

    Raises:
        StoreError: one of them can't be had.
        RejectedFileError: one of them no longer fits the contract.
    """
    platform, ledger = lake.config.dataset(name).platform, lake.ledger
    files, strays = _found_in_raw(name, dt, receipt, lake)
    for key, file in files.items():
        if key.shop not in without:
            ledger.add_cells(platform, [key])
            if is_replay:
                ledger.settle(key, file.state, raw=file)
            else:
                ledger.adopt(key, file)
            level = logging.INFO if is_replay else logging.WARNING
            logger.log(level, "%s: the ledger did not know its file in raw/, and does now", key)
    return tuple(map(lake.store.where, strays))


def _found_in_raw(
    name: str, dt: str, receipt: Receipt | None, lake: Resources
) -> tuple[dict[CellKey, RawFile], list[str]]:
    """The files in `raw/` of a period that are ours and that the ledger does not know, and the keys of the strays."""
    config, dataset = lake.config, lake.config.dataset(name)
    cells = {cell.shop: cell.raw for cell in lake.ledger.cells(name, dt)}
    told = {shop.id: shop for shop in receipt.shops} if receipt is not None else {}
    names = {shop.id: shop.name for shop in config.shops if shop.platform == dataset.platform}
    known = None if receipt is None else {*cells, *names, *told, *(shop.id for shop in receipt.missing)}
    files: dict[CellKey, RawFile] = {}
    strays = []
    for raw in lake.store.list_keys(raw_folder(dataset.platform, name, dt)):
        owner = shop_and_ext_of(raw, dataset.platform, name, dt)
        if owner is None or owner[1] not in RAW_EXTENSIONS or (known is not None and owner[0] not in known):
            strays.append(raw)
            continue
        key, about = CellKey(name, dt, owner[0]), told.get(owner[0])
        # Of a shop whose file was once of another kind, the published one counts.
        if cells.get(key.shop) is not None or (about is not None and about.raw_key != raw):
            continue
        try:
            # Under its old name: ids change hands.
            shop_name = about.name if about is not None else names.get(key.shop, "")
            files[key] = _raw_file_of(key, raw, receipt, shop_name, dataset, lake.store)
        except RejectedFileError:
            if key.shop in names or about is not None:
                raise
            strays.append(raw)
    return files, strays


def _raw_file_of(
    key: CellKey, raw_key: str, receipt: Receipt | None, shop_name: str, dataset: Dataset, store: ObjectStore
) -> RawFile:
    """What the ledger is to know about a raw object, from its bytes and what the receipt says about it.

    Raises:
        StoreError, RejectedFileError: it can't be had or read.
    """
    about = next((shop for shop in receipt.shops if shop.id == key.shop), None) if receipt is not None else None
    with store.fetched(raw_key) as path:
        return RawFile(
            key=raw_key,
            sha256=sha256_of(path),
            bytes=path.stat().st_size,
            ext=raw_key.rpartition(".")[2],
            rows=read_table(path, Contract.of(dataset), where=str(key)).rows,
            fetched_at=about.fetched_at if about is not None else datetime.now(SHANGHAI),
            shop_name=shop_name,
            in_store=True,
            account=receipt.accounts.get(key.shop, {}) if receipt is not None else {},
        )
