"""One partition: its receipt in readable form, what is missing from it, and its files."""

from __future__ import annotations

import json
from typing import Any

from shopdata.exceptions import ShopdataError
from shopdata.lake.ledger import PartitionRecord
from shopdata.service.board.addresses import checked_dt
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.facts import Facts
from shopdata.service.board.names import dataset_name
from shopdata.service.board.rendering import Page
from shopdata.service.board.visit import Visit


def published(facts: Facts, dataset: str, dt: str) -> PartitionRecord:
    """A partition of the ledger. Raises PageNotFoundError."""
    facts.contract(dataset)
    found = facts.ledger.reading.partitions([(dataset, checked_dt(dt))]).get((dataset, dt))
    if found is None:
        raise PageNotFoundError
    return found


def page(facts: Facts, visit: Visit, dataset: str, dt: str) -> Page:
    """Shows what the ledger knows also when the store does not answer."""
    record = published(facts, dataset, dt)
    receipt: dict[str, Any] = {}
    trouble = ""
    try:
        receipt = json.loads(facts.store.get_bytes(record.receipt_key))
    except (ShopdataError, ValueError) as error:
        trouble = str(error) if isinstance(error, ShopdataError) else visit.texts("partition.receipt_unreadable")
    names = {shop.id: shop.name for shop in facts.config().shops}
    shops = receipt.get("shops", [])
    files = [(kind, receipt[kind]) for kind in ("workbook", "parquet") if receipt.get(kind)]
    contract = facts.contract(dataset)
    return Page(
        "partition",
        f"{dataset_name(visit.texts, dataset, contract, is_whole=True)} · {dt}",
        "today",
        {
            "dataset": dataset,
            "contract": contract,
            "dt": dt,
            "record": record,
            "trouble": trouble,
            "receipt": receipt,
            "shops": shops,
            "names": names,
            "files": files,
            "most_rows": max((shop["rows"] for shop in shops), default=0),
            "missing": record.missing,
            "warnings": receipt.get("warnings", []),
            "drift": receipt.get("drift", []),
        },
    )
