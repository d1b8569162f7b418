"""WeCom 企业微信, as in 「消息推送配置说明」 of its developer centre (document/path/91770 and 99110).

A POST of `msgtype: markdown` with `content` of at most 4,096 bytes, in which `<@userid>` calls somebody by name. There
is no signature: the key in the address is all. HTTP is 200 also for a refusal; `errcode` tells. At most 20 messages a
minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopdata.alerts.channels.posting import Deadline, DeliveryVerdict, judge_code, post
from shopdata.alerts.message import Message, Style, body_of, called_in, escape
from shopdata.config import Alerts, Channel

_STYLE = Style(escape=escape, bullet="> ")
_MOST_BYTES = 4096

_TODO = {
    93000: "Fix `url`: copy the whole webhook; the robot may have been taken out of the group.",
    45009: "Too many messages in a minute: lower `messages_per_minute`.",
}
_BUSY = frozenset({-1})


def send(channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str:
    """See `channels.send_message`."""
    body = body_for(message, channel)
    return post(channel, lambda: (channel.url.get_secret_value(), body), _judge, alerts, deadline)


def body_for(message: Message, channel: Channel) -> dict[str, Any]:
    """The JSON body."""
    called = "".join(f"<@{name}>" for name in called_in(channel, message))
    text = body_of(message, _STYLE, _MOST_BYTES - len(called.encode()) - 1)
    return {"msgtype": "markdown", "markdown": {"content": f"{text}\n{called}".rstrip("\n")}}


def _judge(answer: Mapping[str, Any]) -> DeliveryVerdict:
    return judge_code(answer.get("errcode"), answer.get("errmsg"), _TODO, _BUSY)
