"""How a message reaches a person: DingTalk, WeCom and Feishu by their documented webhooks, the rest by apprise."""

from __future__ import annotations

from shopdata.alerts.channels import apprise_address, dingtalk, feishu, wecom
from shopdata.alerts.channels.posting import Deadline, Send
from shopdata.alerts.message import Message
from shopdata.config import Alerts, Channel

__all__ = ["Deadline", "send_message"]

_SENDERS: dict[str, Send] = {
    "dingtalk": dingtalk.send,
    "wecom": wecom.send,
    "feishu": feishu.send,
    "apprise": apprise_address.send,
}


def send_message(channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str:
    """Sends a message and returns what the platform answered, for people.

    A channel that did not answer in time may have got the message all the same: it is told at least once.

    Raises:
        AlertError: it was refused, or the channel can't be reached within the tries or the deadline.
    """
    return _SENDERS[channel.kind](channel, message, alerts, deadline)
