"""A crawl that could not start, where nobody sits at a terminal to read why."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shopdata.alerts.start_failures import notify_start_failure
from shopdata.config import load_alerts
from shopdata.exceptions import ShopdataError
from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


def notify_start_failure_unattended(spider: str, sentence: str, settings: Mapping[str, Any]) -> None:
    """Tells the channels of alerts.yaml, if that file can be read. A person who typed the command has the sentence."""
    if sys.stdin is not None and sys.stdin.isatty():
        return
    try:
        alerts = load_alerts()
        if alerts.channels_on:
            notify_start_failure(alerts, spider, sentence, _ledger(settings), datetime.now(SHANGHAI))
    except ShopdataError as error:
        logger.error("alerts: nobody was told: %s", error)


def _ledger(settings: Mapping[str, Any]) -> Ledger | None:
    try:
        return Workspace.from_settings(settings).ledger
    except ShopdataError:
        # It may be what the sentence is about.
        return None
