"""Crawls that could not start: told once for each reason, through alerts.yaml alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shopdata.alerts.channel_lease import ChannelLease
from shopdata.alerts.channels import Count, Delivery
from shopdata.alerts.in_words import in_brackets
from shopdata.alerts.message import Message, Section
from shopdata.config import Alerts, Channel
from shopdata.ledger import Ledger
from shopdata.reasons import Reason
from shopdata.run_ids import new_run_id
from shopdata.wording import Texts
from shopdata.wording.why import WORDLESS, detail_of, kind_of, title_of, todo_of


def notify_start_failure(
    t: Texts, alerts: Alerts, spider: str, reason: Reason, ledger: Ledger | None, now: datetime
) -> Count:
    """Tells every channel why a spider did not start, unless it was told just that.

    Args:
        ledger: None if it can't be opened; then nothing is known of what was told, and nothing is held back.
    """
    delivery = Delivery(t, alerts)
    for channel in alerts.channels_told:
        if ledger is None:
            delivery.send(channel, _refused(t, {spider: reason}), is_kept=False)
            continue
        lease = ChannelLease(ledger.notifications, new_run_id(), alerts.deadline_seconds + 60)
        # The members of a run fail at the same moment, each on its machine.
        has_turn = lease.acquire(channel.name, delivery.deadline, lambda: now)
        try:
            if _reason_in(ledger.notifications.get(_topic(channel, spider))).text != reason.text:
                ledger.notifications.put(_topic(channel, spider), {**reason.as_json(), "due": True}, now)
            if has_turn:
                notify_start_failures(delivery, channel, ledger, now)
            else:
                delivery.count.held += 1
        finally:
            lease.release(channel.name, now)
    return delivery.count


def notify_start_failures(delivery: Delivery, channel: Channel, ledger: Ledger, now: datetime) -> None:
    """Tells a channel of all failed starts that it does not know yet, of whatever spider."""
    prefix = _topic(channel, "")
    found = [one for one in ledger.notifications.below(prefix) if one.state.get("due")]
    due = {one.topic.removeprefix(prefix): _reason_in(one.state) for one in found}
    if not due:
        return
    if delivery.alerts.is_quiet(now):
        delivery.count.held += 1
    elif delivery.send(channel, _refused(delivery.texts, due)):
        for spider, reason in due.items():
            ledger.notifications.put(_topic(channel, spider), reason.as_json(), now)


def forget_start_failure(alerts: Alerts, spider: str, ledger: Ledger, now: datetime) -> None:
    """The spider has started: if it can't another time, that is told anew. What is still due is told all the same."""
    for channel in alerts.channels_told:
        state = ledger.notifications.get(_topic(channel, spider))
        if state and not state.get("due"):
            ledger.notifications.put(_topic(channel, spider), {}, now)


def notify_broken_ledger(t: Texts, alerts: Alerts, dataset: str, reason: Reason) -> Count:
    """Tells every channel that the ledger is out of reach at a run's end: what came of the run is not known."""
    delivery = Delivery(t, alerts)
    message = Message(
        headline=t("alert.broken_ledger", dataset=dataset),
        level="bad",
        blocks=(_section(t, title_of(t, "ledger_failed"), reason),),
        wants_person=True,
        texts=t,
    )
    for channel in alerts.channels_told:
        delivery.send(channel, message, is_kept=False)
    return delivery.count


def _refused(t: Texts, reasons: Mapping[str, Reason]) -> Message:
    return Message(
        headline=t("alert.not_started", spiders=t("format.listed").join(reasons)),
        level="bad",
        blocks=tuple(_section(t, t("alert.reason_of", spider=name), reason) for name, reason in reasons.items()),
        wants_person=True,
        texts=t,
    )


def _section(t: Texts, title: str, reason: Reason) -> Section:
    """In the words for the reason's code, if there are any, and in those of its own sentence."""
    kind, detail = kind_of(reason.code), detail_of(t, reason)
    lines = tuple(reason.text.splitlines())
    if kind in WORDLESS:
        return Section(title, (detail, *lines) if detail else lines, t("alert.not_started_todo"))
    words = in_brackets(t, title_of(t, kind), detail)
    return Section(title, lines if words == title else (words, *lines), todo_of(t, kind))


def _reason_in(state: Mapping[str, Any]) -> Reason:
    # An earlier version kept the sentence alone.
    return Reason.from_json({"reason": state.get("sentence"), **state})


def _topic(channel: Channel, spider: str) -> str:
    return f"refused/{channel.name}/{spider}"
