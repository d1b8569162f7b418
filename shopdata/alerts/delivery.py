"""Sends one message and counts what became of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from shopdata.alerts.channels import Deadline, send_message
from shopdata.alerts.message import Message
from shopdata.config import Alerts, Channel
from shopdata.exceptions import AlertError

logger = logging.getLogger(__name__)


@dataclass
class Count:
    """Of one run: messages that were taken, refused, and held back for a later run."""

    sent: int = 0
    failed: int = 0
    held: int = 0


def deliver(
    channel: Channel, message: Message, alerts: Alerts, count: Count, deadline: Deadline, *, is_kept: bool = True
) -> bool:
    """True if the channel took it. A refusal is a line in the log; `is_kept` says that a later run will tell it."""
    try:
        said = send_message(channel, message, alerts, deadline)
    except AlertError as error:
        logger.error("alerts: %s%s", error, " The next run sends it." if is_kept else "")
        count.failed += 1
        return False
    logger.info("alerts: %s: told %s (%s)", channel.name, message.headline, said)
    count.sent += 1
    return True
