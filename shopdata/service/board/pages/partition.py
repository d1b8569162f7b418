"""One partition: its receipt in readable form, what is missing from it, and its files."""

from __future__ import annotations

from shopdata.exceptions import ShopdataError
from shopdata.lake.ledger import PartitionRecord
from shopdata.lake.ledger.reading import Glance
from shopdata.lake.published import Receipt, read_receipt
from shopdata.service.board.addresses import checked_dt
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.facts import Facts
from shopdata.service.board.names import dataset_name
from shopdata.service.board.outcomes import outcomes_of
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
    receipt: Receipt | None = None
    try:
        receipt = read_receipt(record.platform, dataset, dt, facts.store)
    except ShopdataError as error:
        trouble = str(error)
    else:
        trouble = "" if receipt is not None else visit.texts("partition.receipt_gone")
    names = {shop.id: shop.name for shop in facts.config().shops}
    shops = receipt.shops if receipt is not None else ()
    files = [("workbook", receipt.workbook), ("parquet", receipt.parquet)] if receipt is not None else []
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
            "shops": shops,
            "names": names,
            "files": files,
            "most_rows": max((shop.rows for shop in shops), default=0),
            "missing": record.missing,
            "lacks": outcomes_of(
                [Glance(dataset, dt, m.id, m.state, None, m.reason, record.published_at) for m in record.missing], names
            ),
            "warnings": receipt.warnings if receipt is not None else (),
            "drift": receipt.drift if receipt is not None else (),
        },
    )
