"""Tells Dremio of a published partition, and writes down what it said."""

from __future__ import annotations

import logging
from typing import Any

from shopdata import failpoints
from shopdata.exceptions import RefreshError
from shopdata.failpoints import FailPoint
from shopdata.lake.dremio import DremioClient
from shopdata.lake.publishing import put_receipt
from shopdata.ledger import Ledger
from shopdata.store import ObjectStore

logger = logging.getLogger(__name__)


def refresh_partition(
    receipt: dict[str, Any], dremio: DremioClient, bucket: str, *, ledger: Ledger, store: ObjectStore
) -> dict[str, Any]:
    """The receipt with what Dremio said; its refusal is no error here, the data stays published.

    Raises:
        StoreError, LedgerError: it could not be written down.
    """
    failpoints.reach(FailPoint.REFRESH_BEFORE)
    try:
        result = dremio.refresh(bucket, receipt["platform"], receipt["dataset"])
        state, detail = result.state, result.detail
    except RefreshError as error:
        logger.error("%s %s: published, but not refreshed: %s", receipt["dataset"], receipt["dt"], error)
        state, detail = "FAILED", str(error)
    failpoints.reach(FailPoint.REFRESH_AFTER)
    receipt = {**receipt, "refresh": {"state": state, "detail": detail}}
    put_receipt(receipt, store)
    ledger.set_refresh(receipt["dataset"], receipt["dt"], state, detail)
    failpoints.reach(FailPoint.REFRESHED_AFTER)
    return receipt
