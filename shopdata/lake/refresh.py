"""Tells Dremio of a published partition, and writes down what it said."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from shopdata import failpoints
from shopdata.exceptions import RefreshError
from shopdata.failpoints import FailPoint
from shopdata.lake.contracts import keep_contract
from shopdata.lake.drafts import Built
from shopdata.lake.publishing import publish_partition, put_receipt
from shopdata.lake.receipts import Receipt, Refresh
from shopdata.lake.resources import Resources
from shopdata.ledger import Ledger
from shopdata.reasons import Reason

if TYPE_CHECKING:
    from shopdata.lake.dremio import DremioClient
    from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)


def refresh_partition(
    receipt: Receipt, dremio: DremioClient, bucket: str, *, ledger: Ledger, store: ObjectStore
) -> Receipt:
    """The receipt with what Dremio said; its refusal is no error here, the data stays published.

    Raises:
        StoreError, LedgerError: it could not be written down.
    """
    failpoints.reach(FailPoint.REFRESH_BEFORE)
    try:
        refresh = Refresh(state="COMPLETED", detail=dremio.refresh(bucket, receipt.platform, receipt.dataset))
    except RefreshError as error:
        logger.error("%s %s: published, but not refreshed: %s", receipt.dataset, receipt.dt, error)
        why = Reason.of(error)
        refresh = Refresh(state="FAILED", detail=why.text, code=why.code, params=dict(why.params))
    failpoints.reach(FailPoint.REFRESH_AFTER)
    receipt = receipt.model_copy(update={"refresh": refresh})
    put_receipt(receipt, store)
    ledger.set_refresh(receipt.dataset, receipt.dt, refresh.state, refresh.reason)
    failpoints.reach(FailPoint.REFRESHED_AFTER)
    return receipt


def publish_and_refresh(built: Built, lake: Resources) -> Receipt:
    """Publishes a partition and tells Dremio, where there is one. Raises as the two steps do."""
    ledger, store, dremio = lake.ledger, lake.store, lake.dremio
    receipt = publish_partition(built, has_dremio=dremio is not None, ledger=ledger, store=store)
    keep_contract(receipt.dataset, lake.config, store)
    if dremio is None:
        return receipt
    return refresh_partition(receipt, dremio, lake.config.lake.object_store.bucket, ledger=ledger, store=store)
