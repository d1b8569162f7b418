"""Files through the service: nobody needs the store's keys, and no link leads around the sign-in."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from shopdata.files import sha256_of
from shopdata.lake.publishing import PARQUET_TYPE, XLSX_TYPE
from shopdata.ledger import CellKey
from shopdata.service.board.addresses import checked_dt, checked_id, checked_run_id
from shopdata.service.board.answers import BINARY, Answer, PageNotFoundError, download
from shopdata.service.board.facts import Facts
from shopdata.service.board.pages.partition import published
from shopdata.service.board.visit import Visit
from shopdata.store.keys import parquet_key, workbook_key

#: Shown as text, never run: a log quotes what portals say.
_TEXT = "text/plain; charset=utf-8"


def workbook(facts: Facts, visit: Visit, dataset: str, dt: str) -> Answer:
    """The merged workbook of a partition."""
    record = published(facts, dataset, dt)
    local = facts.state_dir / "merged" / dataset / f"{dataset}_{dt}.xlsx"
    key = workbook_key(record.platform, dataset, dt)
    return _file(facts, key, local, record.workbook_sha256, f"{dataset}_{dt}.xlsx", XLSX_TYPE)


def parquet(facts: Facts, visit: Visit, dataset: str, dt: str) -> Answer:
    """The partition as Dremio reads it."""
    record = published(facts, dataset, dt)
    local = facts.state_dir / "merged" / dataset / f"{dataset}_{dt}.parquet"
    key = parquet_key(record.platform, dataset, dt)
    return _file(facts, key, local, record.parquet_sha256, f"{dataset}_{dt}.parquet", PARQUET_TYPE)


def receipt(facts: Facts, visit: Visit, dataset: str, dt: str) -> Answer:
    """The receipt as it lies in the store."""
    record = published(facts, dataset, dt)
    return _file(facts, record.receipt_key, None, "", f"{dataset}_{dt}.receipt.json", "application/json")


def raw(facts: Facts, visit: Visit, dataset: str, dt: str, shop: str) -> Answer:
    """The bytes of a cell as the portal sent them."""
    facts.contract(dataset)
    cell = facts.ledger.cell(CellKey(dataset, checked_dt(dt), checked_id(shop)))
    if cell is None or cell.raw is None:
        raise PageNotFoundError
    local = facts.state_dir / cell.raw.key
    return _file(facts, cell.raw.key, local, cell.raw.sha256, f"{dataset}_{dt}_{shop}.{cell.raw.ext}", BINARY)


def rejected(facts: Facts, visit: Visit, dataset: str, dt: str, shop: str) -> Answer:
    """What a portal sent in place of a report."""
    facts.contract(dataset)
    found = facts.rejected(dataset, checked_dt(dt), checked_id(shop))
    if found is None:
        raise PageNotFoundError
    return download(found, f"rejected_{dataset}_{dt}_{shop}{found.suffix}")


def log(facts: Facts, visit: Visit, run_id: str) -> Answer:
    """The whole log of a run."""
    path = facts.control.log_path(checked_run_id(run_id))
    if path is None:
        raise PageNotFoundError
    return download(path, f"{run_id}.log", _TEXT, is_inline=True)


def screenshot(facts: Facts, visit: Visit, shop_id: str) -> Answer:
    """What the portal showed when it asked for a person."""
    shop = facts.shop(checked_id(shop_id))
    if shop is None:
        raise PageNotFoundError
    path = facts.screenshot(shop.platform, shop.id)
    return download(path, path.name, "image/png", is_inline=True)


def _file(facts: Facts, key: str, local: Path | None, sha256: str, name: str, content_type: str) -> Answer:
    """The copy on this machine if it is the very one that was published, else the object, whole, from the store."""
    if local is not None and local.is_file() and sha256_of(local) == sha256:
        return download(local, name, content_type)
    folder = Path(tempfile.mkdtemp(prefix="shopdata-download-"))
    try:
        facts.store.get_file(key, folder / "object")
        # Open files outlive their folder; where they do not (Windows), it is emptied by the system.
        return download(folder / "object", name, content_type)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
