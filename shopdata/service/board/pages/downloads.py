"""Files through the service: nobody needs the store's keys, and no link leads around the sign-in."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from shopdata.files import sha256_of
from shopdata.lake.publishing import PARQUET_TYPE, XLSX_TYPE
from shopdata.lake.receipts import read_receipt
from shopdata.ledger import CellKey
from shopdata.service.board.addresses import checked_dt, checked_id, checked_run_id
from shopdata.service.board.answers import BINARY, Answer, PageNotFoundError, download
from shopdata.service.board.pages.partition import published
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.store.keys import parquet_key, workbook_key

#: Shown as text, never run: a log quotes what portals say.
_TEXT = "text/plain; charset=utf-8"


def workbook(sources: Sources, visit: Visit, dataset: str, dt: str) -> Answer:
    """The merged workbook of a partition."""
    record = published(sources, dataset, dt)
    local = sources.workspace.state_dir / "merged" / dataset / f"{dataset}_{dt}.xlsx"
    key = workbook_key(record.platform, dataset, dt)
    return _file(sources, key, local, record.workbook_sha256, f"{dataset}_{dt}.xlsx", XLSX_TYPE)


def volume(sources: Sources, visit: Visit, dataset: str, dt: str, name: str) -> Answer:
    """One of the workbooks that hold the rows of a large partition. Raises PageNotFoundError, StoreError."""
    record = published(sources, dataset, dt)
    found = read_receipt(record.platform, dataset, dt, sources.workspace.store)
    for one in found.workbook.volumes if found is not None else ():
        if one.name == name:
            file = f"{dataset}_{dt}-{name}.xlsx"
            local = sources.workspace.state_dir / "merged" / dataset / file
            return _file(sources, one.key, local, one.sha256, file, XLSX_TYPE)
    raise PageNotFoundError


def parquet(sources: Sources, visit: Visit, dataset: str, dt: str) -> Answer:
    """The partition as Dremio reads it."""
    record = published(sources, dataset, dt)
    local = sources.workspace.state_dir / "merged" / dataset / f"{dataset}_{dt}.parquet"
    key = parquet_key(record.platform, dataset, dt)
    return _file(sources, key, local, record.parquet_sha256, f"{dataset}_{dt}.parquet", PARQUET_TYPE)


def receipt(sources: Sources, visit: Visit, dataset: str, dt: str) -> Answer:
    """The receipt as it lies in the store."""
    record = published(sources, dataset, dt)
    return _file(sources, record.receipt_key, None, "", f"{dataset}_{dt}.receipt.json", "application/json")


def raw(sources: Sources, visit: Visit, dataset: str, dt: str, shop: str) -> Answer:
    """The bytes of a cell as the portal sent them."""
    sources.contract(dataset)
    cell = sources.workspace.ledger.cell(CellKey(dataset, checked_dt(dt), checked_id(shop)))
    if cell is None or cell.raw is None:
        raise PageNotFoundError
    local = sources.workspace.state_dir / cell.raw.key
    return _file(sources, cell.raw.key, local, cell.raw.sha256, f"{dataset}_{dt}_{shop}.{cell.raw.ext}", BINARY)


def rejected(sources: Sources, visit: Visit, dataset: str, dt: str, shop: str) -> Answer:
    """What a portal sent in place of a report."""
    sources.contract(dataset)
    found = sources.rejected(dataset, checked_dt(dt), checked_id(shop))
    if found is None:
        raise PageNotFoundError
    return download(found, f"rejected_{dataset}_{dt}_{shop}{found.suffix}")


def log(sources: Sources, visit: Visit, run_id: str) -> Answer:
    """The whole log of a run."""
    record = sources.workspace.ledger.run(checked_run_id(run_id))
    found = sources.log(run_id, record.spider if record is not None else "")
    if found is None:
        raise PageNotFoundError
    return download(found.path, f"{run_id}.log", _TEXT, is_inline=True)


def screenshot(sources: Sources, visit: Visit, shop_id: str) -> Answer:
    """What the portal showed when it asked for a person."""
    shop = sources.shop(checked_id(shop_id))
    if shop is None:
        raise PageNotFoundError
    path = sources.screenshot(shop.platform, shop.id)
    return download(path, path.name, "image/png", is_inline=True)


def _file(sources: Sources, key: str, local: Path | None, sha256: str, name: str, content_type: str) -> Answer:
    """The copy on this machine if it is the very one that was published, else the object, whole, from the store."""
    if local is not None and local.is_file() and sha256_of(local) == sha256:
        return download(local, name, content_type)
    folder = Path(tempfile.mkdtemp(prefix="shopdata-download-"))
    try:
        sources.workspace.store.get_file(key, folder / "object")
        # Open files outlive their folder; where they do not (Windows), it is emptied by the system.
        return download(folder / "object", name, content_type)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
