"""One partition: its receipt in readable form, what is missing from it, and its files."""

from __future__ import annotations

from shopdata.alerts.names import dataset_name
from shopdata.exceptions import ShopdataError
from shopdata.lake.receipts import Receipt, read_receipt
from shopdata.ledger import PartitionRecord
from shopdata.ledger.queries import CellSummary
from shopdata.periods import today
from shopdata.service.board import states
from shopdata.service.board.addresses import checked_dt
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.outcomes import outcomes_of
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.board.why import Reasons, troubles_of_cells


def published(sources: Sources, dataset: str, dt: str) -> PartitionRecord:
    """A partition of the ledger. Raises PageNotFoundError."""
    sources.contract(dataset)
    found = sources.workspace.ledger.partition(dataset, checked_dt(dt))
    if found is None:
        raise PageNotFoundError
    return found


def page(sources: Sources, visit: Visit, dataset: str, dt: str) -> RenderedPage:
    """Shows what the ledger knows also when the store does not answer."""
    record = published(sources, dataset, dt)
    receipt: Receipt | None = None
    try:
        receipt = read_receipt(record.platform, dataset, dt, sources.workspace.store)
    except ShopdataError as error:
        trouble = str(error)
    else:
        trouble = "" if receipt is not None else visit.texts("partition.receipt_gone")
    config = sources.config()
    names = {shop.id: shop.name for shop in config.shops}
    missing = [
        CellSummary(dataset, dt, shop.id, shop.state, None, shop.reason, record.published_at) for shop in record.missing
    ]
    troubles = [(cell, cell.state.value) for cell in missing if cell.state.value in states.TROUBLES]
    shops = receipt.shops if receipt is not None else ()
    files = [("workbook", receipt.workbook), ("parquet", receipt.parquet)] if receipt is not None else []
    contract = sources.contract(dataset)
    return RenderedPage(
        "partition",
        f"{dataset_name(visit.texts, dataset, contract, is_whole=True)} · {visit.texts.periods([dt])}",
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
            "volumes": receipt.workbook.volumes if receipt is not None else (),
            "is_without_rows": receipt is not None and receipt.workbook.rows < receipt.rows,
            "most_rows": max((shop.rows for shop in shops), default=0),
            "missing": record.missing,
            "whys": Reasons(
                visit.texts, config, today(visit.now).isoformat(), has_sign_ins=sources.sign_ins is not None
            ).of(troubles_of_cells(troubles, names)),
            "others": outcomes_of((cell for cell in missing if cell.state.value not in states.TROUBLES), names),
            "contracts": config.datasets,
            "warnings": receipt.warnings if receipt is not None else (),
            "drift": receipt.drift if receipt is not None else (),
        },
    )
