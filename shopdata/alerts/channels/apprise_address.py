"""Everything else, by an address of apprise: e-mail, Telegram, Slack, ntfy and a hundred more."""

from __future__ import annotations

import logging
from typing import Any

import tenacity

from shopdata.alerts.channels.posting import Deadline, place, tries
from shopdata.alerts.message import Message, Style, as_plain, body_of
from shopdata.config import Alerts, Channel
from shopdata.exceptions import AlertError

_STYLE = Style(escape=as_plain, bold="{}")
_MOST_BYTES = 15_000
_LEVELS = {"good": "success", "attention": "warning", "bad": "failure"}


def is_known(channel: Channel) -> bool:
    """True if apprise understands the address. It is not asked whether anybody is there."""
    return _service(channel) is not None


def _service(channel: Channel) -> Any:
    # About a second to import: only who has such a channel pays for it.
    import apprise

    # What it logs holds the address, above all when it does not understand it.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
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
            todo="Mend `url`, then run `scrapy alert_test`.",
        )
    body = body_of(message, _STYLE, _MOST_BYTES, with_headline=False) or message.headline
    retrying = tries(alerts, deadline, tenacity.retry_if_result(lambda is_taken: not is_taken))
    retrying.retry_error_callback = lambda _: False
    is_taken = retrying(
        service.notify,
        body=body,
        title=message.headline,
        notify_type=apprise.NotifyType(_LEVELS[message.level]),
        body_format=apprise.NotifyFormat.TEXT,
    )
    if not is_taken:
        raise AlertError(
            "the channel did not take the message",
            where=place(channel),
            found="apprise says no more than that",
            todo="Try the address with the command `apprise -vv`.",
        )
    return "taken"
