"""Everything else, by an address of apprise: e-mail, Telegram, Slack, ntfy and a hundred more."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any

import tenacity

from shopdata.alerts.channels.posting import Deadline, place, tries
from shopdata.alerts.message import Message, Style, as_plain, body_of
from shopdata.config import Alerts, Channel
from shopdata.exceptions import AlertError
from shopdata.network import Network
from shopdata.network.for_requests import environment_for_requests
from shopdata.network.pools import ProxyTrouble, not_reached, refused_by

_STYLE = Style(escape=as_plain, bold="{}", link="{url}")
_MOST_BYTES = 15_000
_LEVELS = {"good": "success", "attention": "warning", "bad": "failure"}


def is_known(channel: Channel) -> bool:
    """True if apprise understands the address. It is not asked whether anybody is there."""
    return _service(channel) is not None


def _service(channel: Channel) -> Any:
    # About a second to import: only who has such a channel pays for it.
    import apprise

    # What it logs holds the address, above all when it does not understand it.
    _log().setLevel(logging.CRITICAL + 1)
    return apprise.Apprise.instantiate(channel.url.get_secret_value(), suppress_exceptions=True)


def send(channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str:
    """See `channels.send_message`. apprise tells only whether it was taken; its time-outs are its own, 4 seconds."""
    import apprise

    service = _service(channel)
    if service is None:
        raise AlertError(
            "apprise does not know this kind of address",
            where=place(channel),
            expected="one as its documentation shows, for example mailtos://user:password@example.com",
            todo="Fix `url`, then run `scrapy alert_test`.",
        )
    body = body_of(message, _STYLE, _MOST_BYTES, with_headline=False) or message.headline
    retrying = tries(alerts, deadline, tenacity.retry_if_result(lambda is_taken: not is_taken))
    retrying.retry_error_callback = lambda _: False
    with environment_for_requests(service.host or "") as network, _logged() as told:
        is_taken = retrying(
            service.notify,
            body=body,
            title=message.headline,
            notify_type=apprise.NotifyType(_LEVELS[message.level]),
            body_format=apprise.NotifyFormat.TEXT,
        )
        trouble = None if is_taken else _trouble_with_proxy(network, told)
    if trouble:
        raise AlertError(trouble.what, where=place(channel), found=trouble.found, todo=trouble.todo)
    if not is_taken:
        raise AlertError(
            "the channel did not take the message",
            where=place(channel),
            found="apprise says no more than that",
            todo="Try the address with the command `apprise -vv`.",
        )
    return "taken"


def _log() -> logging.Logger:
    return logging.getLogger("apprise")


@contextlib.contextmanager
def _logged() -> Iterator[list[str]]:
    """What apprise logs meanwhile: it gives no other reason. It goes to no handler, for it holds the address."""
    told: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        told.append(record.getMessage())
        return False

    level = _log().level
    _log().addFilter(keep)
    _log().setLevel(logging.DEBUG)
    try:
        yield told
    finally:
        _log().setLevel(level)
        _log().removeFilter(keep)


def _trouble_with_proxy(network: Network, told: list[str]) -> ProxyTrouble | None:
    """What the proxy is at fault for, by the exception of requests in the log."""
    text = "\n".join(told)
    asked = re.search(r"HTTP(S?)ConnectionPool\(host='([^']+)'", text)
    proxy = network.proxies.get("https" if asked and asked[1] else "http")
    if proxy is None:
        return None
    host = asked[2] if asked else "its host"
    status = re.search(r"Tunnel connection failed: (\d{3})|error=(407)\b", text)
    if status:
        return refused_by(proxy, int(status[1] or status[2]), host)
    return not_reached(proxy, "no connection", host) if "ProxyError(" in text else None
