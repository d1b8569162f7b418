"""A crawl that could not start, where nobody sits at a terminal to read why."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shopdata.alerts.start_failures import notify_start_failure
from shopdata.config import load_alerts
from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI
from shopdata.wording import Texts
from shopdata.wording.language import FOR_GROUPS, group_texts
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


def notify_start_failure_unattended(spider: str, sentence: str, settings: Mapping[str, Any]) -> None:
    """Tells the channels of alerts.yaml, if that file can be read. A person who typed the command has the sentence."""
    if sys.stdin is not None and sys.stdin.isatty():
        return
    try:
        alerts = load_alerts()
        if alerts.channels_on:
            now = datetime.now(SHANGHAI)
            notify_start_failure(_texts(settings), alerts, spider, sentence, _ledger(settings), now)
    except ShopdataError as error:
        logger.error("alerts: start failure not sent: %s", error)


def _texts(settings: Mapping[str, Any]) -> Texts:
    try:
        return group_texts(settings)
    except ArgumentError:
        # It is what the sentence is about.
        return Texts(FOR_GROUPS)


def _ledger(settings: Mapping[str, Any]) -> Ledger | None:
    try:
        return Workspace.from_settings(settings).ledger
    except ShopdataError:
        # It may be what the sentence is about.
        return None
