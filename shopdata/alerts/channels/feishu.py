r"""Feishu 飞书, as in 「自定义机器人使用指南」 (client-docs/bot-v3/add-custom-bot) and 「富文本组件」, card JSON 1.0.

A POST of `msg_type: interactive` with a `card`. Signed with `timestamp` (seconds) and `sign` in the body: HMAC-SHA256
with "timestamp\nsecret" as key over nothing, base64. `code` tells whether it was taken (older: `StatusCode`). At most
100 messages a minute, five a second, and 20 KB. Cards of JSON 1.0: older clients do not show 2.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

from shopdata.alerts.channels.posting import Deadline, DeliveryVerdict, judge_code, post
from shopdata.alerts.message import Message, Style, body_of, called_in, escape
from shopdata.config import Alerts, Channel

_STYLE = Style(escape=escape, bullet="• ")
_MOST_BYTES = 15_000
_COLOURS = {"good": "green", "attention": "orange", "bad": "red"}

_TODO = {
    19021: "Fix `secret` (签名校验) of this channel, or this machine's clock.",
    19022: "Add this machine's address to the robot's IP 白名单.",
    19024: "Take the robot's 自定义关键词 away, or choose one that every message has, for example 入湖.",
    19001: "Fix `url`: copy the whole webhook of the robot.",
}
#: Throttled for the moment, at full and half hours also without any fault of ours.
_BUSY = frozenset({11232})


def send(channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str:
    """See `channels.send_message`."""
    body, url = body_for(message, channel), channel.url.get_secret_value()
    return post(channel, lambda: (url, {**_signature(channel), **body}), _judge, alerts, deadline)


def body_for(message: Message, channel: Channel) -> dict[str, Any]:
    """The JSON body without its signature."""
    text = body_of(message, _STYLE, _MOST_BYTES, with_headline=False)
    called = " ".join(f"<at id={name}></at>" for name in called_in(channel, message))
    return {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {
                "title": {"tag": "plain_text", "content": message.headline},
                "template": _COLOURS[message.level],
            },
            "elements": [
                {"tag": "markdown", "content": part}
                for part in (text or message.texts("alert.all_well"), called)
                if part
            ],
        },
    }


def _signature(channel: Channel) -> dict[str, str]:
    secret = channel.secret.get_secret_value()
    if not secret:
        return {}
    timestamp = str(int(time.time()))
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}


def _judge(answer: Mapping[str, Any]) -> DeliveryVerdict:
    code = answer.get("code", answer.get("StatusCode"))
    return judge_code(code, answer.get("msg", answer.get("StatusMessage")), _TODO, _BUSY, field="code")
