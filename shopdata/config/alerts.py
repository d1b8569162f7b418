"""alerts.yaml: where a person is told what came of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from shopdata.config.mail import ClockTime, WorkbookMail, check_address, check_server, is_address, sender_in
from shopdata.config.model import Model, PositiveSeconds, Text
from shopdata.network import is_loopback
from shopdata.periods import SHANGHAI

ChannelKind = Literal["dingtalk", "wecom", "feishu", "mail", "apprise"]
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
    #: Who each owner of a shop or dataset is there: as under `mention`, or an address of mail.
    people: dict[Text, Text] = Field(default_factory=dict)
    #: Of mail: who gets it whatever it is about, and whom it is from; by default the user name of `url`.
    to: tuple[Text, ...] = ()
    sender: Text | None = None
    #: Of mail: it brings the merged workbook, in place of messages.
    workbook: WorkbookMail | None = None
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
        if self.kind == "apprise" and (self.mention or self.people):
            raise ValueError("apprise can't mention anybody: leave `mention` and `people` out")
        if self.kind == "mail":
            self._check_mail()
        elif self.to or self.sender or self.workbook:
            raise ValueError(f"{self.kind} is no mail: leave `to`, `sender` and `workbook` out")
        if self.kind == "wecom" and "all" in self.mention:
            raise ValueError("WeCom's markdown can't mention all: name user ids")
        return self

    def _check_mail(self) -> None:
        if self.mention:
            raise ValueError("in a mail nobody is mentioned: write addresses under `to`")
        if not self.to and not self.people:
            raise ValueError("nobody gets it: write addresses under `to`, or those of owners under `people`")
        for address in (*self.to, *self.people.values()):
            check_address(address)
        if self.sender:
            check_address(self.sender)
        elif self.is_on and not is_address(sender_in(self.url.get_secret_value())):
            raise ValueError("the user name of url is no address: write one under `sender`")

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
    if kind == "mail":
        check_server(url)
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

    @property
    def channels_told(self) -> tuple[Channel, ...]:
        """Those of them that get messages."""
        return tuple(channel for channel in self.channels_on if channel.workbook is None)

    @property
    def channels_with_workbooks(self) -> tuple[Channel, ...]:
        """Those of them that get merged workbooks."""
        return tuple(channel for channel in self.channels_on if channel.workbook is not None)

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
