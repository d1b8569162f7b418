"""How a message reaches a person: DingTalk, WeCom and Feishu by their documented webhooks, mail, the rest by
apprise."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from shopdata.alerts.channels import apprise_address, dingtalk, feishu, mail, wecom
from shopdata.alerts.channels.posting import Deadline, Send
from shopdata.alerts.message import Message
from shopdata.config import Alerts, Channel
from shopdata.exceptions import AlertError
from shopdata.wording import Texts

__all__ = ["Count", "Deadline", "Delivery", "send_message"]

logger = logging.getLogger(__name__)

_SENDERS: dict[str, Send] = {
    "dingtalk": dingtalk.send,
    "wecom": wecom.send,
    "feishu": feishu.send,
    "apprise": apprise_address.send,
    "mail": mail.send,
}


def send_message(channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str:
    """Sends a message and returns what the platform answered, for people.

    A channel that did not answer in time may have got the message all the same: it is told at least once.

    Raises:
        AlertError: it was refused, or the channel can't be reached within the tries or the deadline.
    """
    return _SENDERS[channel.kind](channel, message, alerts, deadline)


@dataclass
class Count:
    """Of one run: messages that were taken, refused, and held back for a later run."""

    sent: int = 0
    failed: int = 0
    held: int = 0


class Delivery:
    """The messages of one run: by when they are to be out, and what became of them."""

    def __init__(self, texts: Texts, alerts: Alerts) -> None:
        self.texts = texts
        self.alerts = alerts
        self.count = Count()
        self.deadline = Deadline(alerts.deadline_seconds)

    def send(self, channel: Channel, message: Message, *, is_kept: bool = True) -> bool:
        """True if the channel took it. A refusal is a line in the log; `is_kept` says that a later run will tell it."""
        try:
            said = send_message(channel, message, self.alerts, self.deadline)
        except AlertError as error:
            logger.error("alerts: %s%s", error, " The next run sends it." if is_kept else "")
            self.count.failed += 1
            return False
        logger.info("alerts: %s: told %s (%s)", channel.name, message.headline, said)
        self.count.sent += 1
        return True
