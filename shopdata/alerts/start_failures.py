"""Crawls that could not start: told once for each sentence, through alerts.yaml alone."""

from __future__ import annotations

from datetime import datetime

from shopdata.alerts.channels import Count, Delivery
from shopdata.alerts.message import Message, Section
from shopdata.config import Alerts, Channel
from shopdata.ledger import Ledger
from shopdata.wording import Texts
from shopdata.wording.why import title_of, todo_of


def notify_start_failure(
    t: Texts, alerts: Alerts, spider: str, sentence: str, ledger: Ledger | None, now: datetime
) -> Count:
    """Tells every channel why a spider did not start, unless it was told just that.

    Args:
        ledger: None if it can't be opened; then nothing is known of what was told, and nothing is held back.
    """
    delivery = Delivery(t, alerts)
    for channel in alerts.channels_on:
        if ledger is None:
            delivery.send(channel, _refused(t, {spider: sentence}), is_kept=False)
            continue
        if ledger.notifications.get(_topic(channel, spider)).get("sentence") != sentence:
            ledger.notifications.put(_topic(channel, spider), {"sentence": sentence, "due": True}, now)
        notify_start_failures(delivery, channel, ledger, now)
    return delivery.count


def notify_start_failures(delivery: Delivery, channel: Channel, ledger: Ledger, now: datetime) -> None:
    """Tells a channel of all failed starts that it does not know yet, of whatever spider."""
    prefix = _topic(channel, "")
    found = [one for one in ledger.notifications.below(prefix) if one.state.get("due")]
    due = {one.topic.removeprefix(prefix): str(one.state["sentence"]) for one in found}
    if not due:
        return
    if delivery.alerts.is_quiet(now):
        delivery.count.held += 1
    elif delivery.send(channel, _refused(delivery.texts, due)):
        for spider, sentence in due.items():
            ledger.notifications.put(_topic(channel, spider), {"sentence": sentence}, now)


def forget_start_failure(alerts: Alerts, spider: str, ledger: Ledger, now: datetime) -> None:
    """The spider has started: if it can't another time, that is told anew. What is still due is told all the same."""
    for channel in alerts.channels_on:
        state = ledger.notifications.get(_topic(channel, spider))
        if state and not state.get("due"):
            ledger.notifications.put(_topic(channel, spider), {}, now)


def notify_broken_ledger(t: Texts, alerts: Alerts, dataset: str, sentence: str) -> Count:
    """Tells every channel that the ledger is out of reach at a run's end: what came of the run is not known."""
    delivery = Delivery(t, alerts)
    message = Message(
        headline=t("alert.broken_ledger", dataset=dataset),
        level="bad",
        blocks=(Section(title_of(t, "ledger_failed"), (sentence,), todo_of(t, "ledger_failed")),),
        wants_person=True,
        texts=t,
    )
    for channel in alerts.channels_on:
        delivery.send(channel, message, is_kept=False)
    return delivery.count


def _refused(t: Texts, sentences: dict[str, str]) -> Message:
    return Message(
        headline=t("alert.not_started", spiders=t("format.listed").join(sentences)),
        level="bad",
        blocks=tuple(
            Section(t("alert.reason_of", spider=spider), tuple(text.splitlines()), t("alert.not_started_todo"))
            for spider, text in sentences.items()
        ),
        wants_person=True,
        texts=t,
    )


def _topic(channel: Channel, spider: str) -> str:
    return f"refused/{channel.name}/{spider}"
