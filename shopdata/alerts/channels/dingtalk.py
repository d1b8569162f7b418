r"""DingTalk 钉钉, as in 「自定义机器人接入」 and 「自定义机器人安全设置」 of its open platform (custom-robot-access).

A POST of `msgtype: markdown` with `title` (shown in the list of chats) and `text`. Signed with `timestamp`
(milliseconds) and `sign` in the query: HMAC-SHA256 with the secret as key over "timestamp\nsecret", base64. HTTP is
200 also for a refusal; `errcode` tells. At most 20 messages a minute and 20,000 bytes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from shopdata.alerts.channels.posting import Deadline, DeliveryVerdict, judge_code, post
from shopdata.alerts.message import Message, Style, body_of, called_in, escape
from shopdata.config import Alerts, Channel

# A line of its own needs a blank line between.
_STYLE = Style(escape=escape, headline="#### {}", newline="\n\n", gap="")
_MOST_BYTES = 15_000

_TODO = {
    310000: "Fix `secret` (加签) of this channel, or the robot's other safety settings (关键词, IP).",
    300001: "Fix `url`: copy the whole webhook of the robot.",
    130101: "Too many messages in a minute: lower `messages_per_minute`.",
    400013: "The group is gone: make a robot in another one.",
    400014: "The robot is gone: make another one, and fix `url`.",
}
_BUSY = frozenset({-1})


def send(channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str:
    """See `channels.send_message`."""
    body = body_for(message, channel)
    return post(channel, lambda: (_signed(channel), body), _judge, alerts, deadline)


def body_for(message: Message, channel: Channel) -> dict[str, Any]:
    """The JSON body."""
    text = body_of(message, _STYLE, _MOST_BYTES)
    called = called_in(channel, message)
    people = [name for name in called if name != "all"]
    if people:
        # Only who is named in the text too is called.
        text += "\n\n" + " ".join(f"@{name}" for name in people)
    mobiles = [name for name in people if re.fullmatch(r"(\+\d+-)?\d{11}", name)]
    return {
        "msgtype": "markdown",
        "markdown": {"title": message.headline, "text": text},
        "at": {
            "atMobiles": mobiles,
            "atUserIds": [name for name in people if name not in mobiles],
            "isAtAll": "all" in called,
        },
    }


def _signed(channel: Channel) -> str:
    url, secret = channel.url.get_secret_value(), channel.secret.get_secret_value()
    if not secret:
        return url
    timestamp = str(round(time.time() * 1000))
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return f"{url}&{urlencode({'timestamp': timestamp, 'sign': base64.b64encode(digest).decode()})}"


def _judge(answer: Mapping[str, Any]) -> DeliveryVerdict:
    return judge_code(answer.get("errcode"), answer.get("errmsg"), _TODO, _BUSY)
