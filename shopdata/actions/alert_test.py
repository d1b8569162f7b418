"""The message that `scrapy alert_test` sends."""

from __future__ import annotations

import sys
from datetime import datetime

from shopdata.alerts.channels import Deadline, send_message
from shopdata.alerts.message import Message, Section
from shopdata.config import load_alerts
from shopdata.exceptions import AlertError, ArgumentError
from shopdata.periods import SHANGHAI
from shopdata.wording import Texts


def send_to_channels(t: Texts, name: str | None) -> int:
    """Sends it to one channel or to all that are on, and prints the answers; returns the exit code.

    Raises:
        UsageError: alerts.yaml can't be read, or nobody is there to be told.
    """
    alerts = load_alerts()
    channels = [channel for channel in alerts.channels_on if name in (None, channel.name)]
    if not channels:
        raise _nobody([channel.name for channel in alerts.channels], name)
    exit_code, deadline = 0, Deadline(alerts.deadline_seconds)
    for channel in channels:
        try:
            print(f"{channel.name} ({channel.kind}): {send_message(channel, test_message(t), alerts, deadline)}")
        except AlertError as error:
            print(error, file=sys.stderr)
            exit_code = 1
    return exit_code


def _nobody(names: list[str], wanted: str | None) -> ArgumentError:
    if wanted is not None and wanted not in names:
        return ArgumentError(
            f"there is no channel {wanted!r}",
            where="alerts.yaml",
            expected=", ".join(names) or "at least one channel",
            todo="Fix the name, or add the channel.",
        )
    return ArgumentError(
        f"channel {wanted!r} is off" if wanted else "no channel is on",
        where="alerts.yaml",
        found="no address" if names else "no channel",
        todo="Give it a `url`: set the variable that it comes from.",
    )


def test_message(t: Texts) -> Message:
    """What a channel is tried with."""
    return Message(
        headline=t("alert.test"),
        level="good",
        blocks=(Section(t("alert.nothing_to_do"), (t("alert.test_sent", time=t.moment(datetime.now(SHANGHAI))),)),),
        texts=t,
    )
