"""alerts.yaml: where a person is told what came of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Annotated, Any, ClassVar, Literal, get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from shopdata.config.model import Model, PositiveSeconds, Text
from shopdata.network import is_loopback
from shopdata.periods import SHANGHAI

ChannelKind = Literal["dingtalk", "wecom", "feishu", "apprise"]
#: What can be told: states of a cell, then what concerns a whole partition.
Topic = Literal[
    "needs_login",
    "rejected",
    "failed",
    "not_ready",
    "unpublished",
    "refresh",
    "drift",
    "warnings",
    "restated",
    "complete",
]

#: A part of the address without which the platform would take nothing.
_MUST_HAVE: dict[str, tuple[str, str]] = {
    "dingtalk": ("access_token", "https://oapi.dingtalk.com/robot/send?access_token=…"),
    "wecom": ("key", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"),
    "feishu": ("", "https://open.feishu.cn/open-apis/bot/v2/hook/…"),
}


class Channel(Model):
    """One group or person that is told. Without a `url` it is off."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    kind: ChannelKind
    #: Whoever has the address may write there: it is as secret as a password.
    url: SecretStr = SecretStr("")
    #: Signs the messages; DingTalk and Feishu show it beside the webhook.
    secret: SecretStr = SecretStr("")
    #: Who is called by name when a person must act: DingTalk mobile numbers or user ids, WeCom user ids, Feishu open
    #: ids; `all` is everybody (not on WeCom).
    mention: tuple[Text, ...] = ()
    #: Only these datasets; by default all.
    datasets: tuple[str, ...] | None = None
    #: More messages than this are held back for a later run. DingTalk silences a robot for ten minutes above 20.
    messages_per_minute: Annotated[int, Field(ge=1, le=100)] = 20

    @property
    def is_on(self) -> bool:
        """True if there is an address to send to."""
        return bool(self.url.get_secret_value())

    @model_validator(mode="after")
    def _consistent(self) -> Channel:
        if self.secret.get_secret_value() and self.kind not in ("dingtalk", "feishu"):
            raise ValueError(f"{self.kind} signs nothing: leave `secret` out")
        if self.kind == "apprise" and self.mention:
            raise ValueError("apprise can't mention anybody: leave `mention` out")
        if self.kind == "wecom" and "all" in self.mention:
            raise ValueError("WeCom's markdown can't mention all: name user ids")
        return self

    @field_validator("url")
    @classmethod
    def _usable(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        if url.get_secret_value() and "kind" in info.data:
            _check_url(info.data["kind"], url.get_secret_value())
        return url


def _check_url(kind: str, url: str) -> None:
    """Never tells the address: it is a secret."""
    if kind == "apprise":
        if not re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", url):
            raise ValueError("url is no address of apprise, for example ntfys://topic")
        return
    must_have, example = _MUST_HAVE[kind]
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise ValueError(f"url is no whole address: copy the webhook, {example}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("write https:// in url; plain http would show the webhook to the network")
    if must_have and not parse_qs(parts.query).get(must_have):
        raise ValueError(f"url has no {must_have}: copy the whole webhook, {example}")
    if not must_have and len(parts.path) < 2:
        raise ValueError(f"url has no path: copy the whole webhook, {example}")


def _clock(value: Any) -> Any:
    """`22:00` without quotes is 1320 to YAML, and a number of seconds to pydantic."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    if isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value.zfill(5))
    raise ValueError('write hours and minutes in quotes, for example "22:00"')


ClockTime = Annotated[time, BeforeValidator(_clock)]


class QuietHours(Model):
    """When nobody is disturbed, in Shanghai; may go over midnight. What was held back is told by the next run."""

    start: ClockTime
    end: ClockTime

    def covers(self, now: datetime) -> bool:
        """True if `now` (aware) is inside; the end is outside."""
        clock = now.astimezone(SHANGHAI).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


class Alerts(Model):
    """alerts.yaml; without it nobody is told."""

    unique: ClassVar[Mapping[str, tuple[str, ...]]] = {"channels": ("name",)}

    channels: tuple[Channel, ...] = ()
    tell: tuple[Topic, ...] = get_args(Topic)
    quiet_hours: QuietHours | None = None
    #: Of one question to a channel.
    timeout_seconds: PositiveSeconds = 10
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    #: Of all channels together: a run does not wait longer for its alerts.
    deadline_seconds: PositiveSeconds = 60

    @property
    def channels_on(self) -> tuple[Channel, ...]:
        """Those that have an address."""
        return tuple(channel for channel in self.channels if channel.is_on)

    def is_quiet(self, now: datetime) -> bool:
        """True while nobody is to be disturbed."""
        return self.quiet_hours is not None and self.quiet_hours.covers(now)


def unknown_datasets(alerts: Alerts, known: Iterable[str]) -> list[tuple[int, str]]:
    """Number of the channel and name, for every dataset that a channel names and nobody has."""
    return [
        (number, name)
        for number, channel in enumerate(alerts.channels)
        for name in channel.datasets or ()
        if name not in set(known)
    ]
