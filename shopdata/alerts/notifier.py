"""Compares what is true with what each channel was told, sends the difference, and remembers it.

What could not be sent (quiet hours, too many messages, a channel that is down) is marked `due` under its topic in the
ledger's notifications. The next run, of whatever spider, tells it: then as it is by that time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from shopdata.alerts.changes import Changes, compare, state_after
from shopdata.alerts.channel_lease import ChannelLease
from shopdata.alerts.channels import Count, Delivery
from shopdata.alerts.digest import build_digest
from shopdata.alerts.known_doubts import is_of_a_check, known_after
from shopdata.alerts.known_troubles import open_after
from shopdata.alerts.snapshot import Day, snapshot_of
from shopdata.alerts.start_failures import forget_start_failure, notify_start_failures
from shopdata.config import Channel, Config
from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI
from shopdata.wording import Texts

logger = logging.getLogger(__name__)

#: Of a receipt, what a person is told of once.
_EXTRAS = ("drift", "warnings", "restated")
#: Findings of one receipt that are kept while they wait.
_MOST_EXTRAS = 500

Receipts = Mapping[str, Mapping[str, Any]]


class Notifier:
    """Blocking; for one run. Raises LedgerError."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        run_id: str,
        texts: Texts,
        *,
        board_url: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
    ) -> None:
        self._config = config
        self._board_url = board_url
        self._texts = texts
        self._alerts = config.alerts
        self._ledger = ledger
        self._clock = clock
        self._lease = ChannelLease(ledger.notifications, run_id, config.alerts.deadline_seconds + 60)

    def notify(self, spider: str, dataset: str, dts: Collection[str], receipts: Receipts) -> Count:
        """Tells every channel what is new about these partitions, and what is still due about others.

        Args:
            spider: it did start, so what was told of its last refusal is forgotten.
            receipts: by dt, of the partitions that the run has published.
        """
        delivery = Delivery(self._texts, self._alerts)
        forget_start_failure(self._alerts, spider, self._ledger, self._clock())
        extras = {
            dt: {name: receipt.get(name, [])[:_MOST_EXTRAS] for name in _EXTRAS} for dt, receipt in receipts.items()
        }
        for channel in self._alerts.channels_told:
            partitions: dict[tuple[str, str], dict[str, Any]] = {}
            if channel.datasets is None or dataset in channel.datasets:
                partitions = {(dataset, dt): extras.get(dt, {}) for dt in sorted(dts)}
            # Two runs that end together must not tell the same.
            if self._lease.acquire(channel.name, delivery.deadline, self._clock):
                try:
                    notify_start_failures(delivery, channel, self._ledger, self._clock())
                    self._notify_channel(channel, partitions, delivery)
                finally:
                    self._lease.release(channel.name, self._clock())
            else:
                for key, extra in partitions.items():
                    self._mark_due(channel, key, extra)
                delivery.count.held += 1
        return delivery.count

    def _notify_channel(
        self, channel: Channel, partitions: Mapping[tuple[str, str], Mapping[str, Any]], delivery: Delivery
    ) -> None:
        topics, now = self._ledger.notifications, self._clock()
        due = [key for key in self._due(channel) if key[0] in self._config.datasets]
        changes: dict[tuple[str, str], Changes] = {}
        states: dict[tuple[str, str], Mapping[str, Any]] = {}
        for key in [*partitions, *(key for key in due if key not in partitions)]:
            name, dt = key
            state = states[key] = topics.get(_topic(channel, key))
            # What was noticed while it could not be told, and what this run has noticed.
            extra = _together(state.get("extras", {}), partitions.get(key, {}))
            day = snapshot_of(
                name,
                dt,
                config=self._config,
                ledger=self._ledger,
                now=now,
                extras=extra,
                tell=self._alerts.tell,
                t=self._texts,
            )
            known = topics.get(_doubts_topic(channel, name))
            opened = topics.get(_open_topic(channel))
            drift = topics.get(_drift_topic(channel, name))
            found = compare(day, _without_waiting(state), drift, known, opened)
            if partitions.get(key):
                self._forget_doubts(channel, day, known)
            if open_after(day, opened, ()) != dict(opened):
                topics.change(_open_topic(channel), partial(open_after, day, told=()), now)
            if found.is_worth_telling(tell_complete="complete" in self._alerts.tell):
                changes[key] = found
            elif state.get("due"):
                topics.put(_topic(channel, key), _without_waiting(state), now)
        if not changes:
            return
        if self._alerts.is_quiet(now) or not self._lease.count_message(channel.name, channel.messages_per_minute, now):
            logger.info("alerts: %s: deferred to the next run", channel.name)
            delivery.count.held += 1
        elif delivery.send(channel, build_digest(self._texts, list(changes.values()), self._board_url)):
            for key, change in changes.items():
                topics.put(_topic(channel, key), state_after(change, states[key]), now)
                topics.change(_open_topic(channel), partial(open_after, change.day, told=change.new), now)
                drift = {note.key: key[1] for note in change.notes if note.topic == "drift"}
                if any(map(is_of_a_check, change.notes)):
                    told = partial(known_after, change.day, told=change.notes)
                    topics.change(_doubts_topic(channel, key[0]), told, now)
                if drift:
                    topics.change(_drift_topic(channel, key[0]), lambda known, drift=drift: {**known, **drift}, now)  # type: ignore[misc]
            return
        for key in changes:
            self._mark_due(channel, key, partitions.get(key, {}))

    def _forget_doubts(self, channel: Channel, day: Day, known: Mapping[str, Any]) -> None:
        """Who is plausible again is told of anew when it is not."""
        if known_after(day, known, ()) != dict(known):
            topic = _doubts_topic(channel, day.dataset)
            self._ledger.notifications.change(topic, lambda now: known_after(day, now, ()), self._clock())

    def _due(self, channel: Channel) -> Iterator[tuple[str, str]]:
        """What this channel still has to be told, as dataset and period."""
        for found in self._ledger.notifications.below(_prefix(channel)):
            if found.state.get("due"):
                dataset, _, dt = found.topic.removeprefix(_prefix(channel)).partition("/")
                yield dataset, dt

    def _mark_due(self, channel: Channel, key: tuple[str, str], extra: Mapping[str, Any]) -> None:
        def work(state: Mapping[str, Any]) -> Mapping[str, Any]:
            return {**state, "due": True, "extras": _together(state.get("extras", {}), extra)}

        self._ledger.notifications.change(_topic(channel, key), work, self._clock())


def _prefix(channel: Channel) -> str:
    return f"alerts/{channel.name}/"


def _topic(channel: Channel, key: tuple[str, str]) -> str:
    return f"{_prefix(channel)}{key[0]}/{key[1]}"


def _doubts_topic(channel: Channel, dataset: str) -> str:
    return f"doubts/{channel.name}/{dataset}"


def _open_topic(channel: Channel) -> str:
    return f"open/{channel.name}"


def _drift_topic(channel: Channel, dataset: str) -> str:
    return f"drift/{channel.name}/{dataset}"


def _without_waiting(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in ("due", "extras")}


def _together(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Both receipts' findings; equal ones once."""
    return {
        name: [*old.get(name, []), *(entry for entry in new.get(name, []) if entry not in old.get(name, []))]
        for name in _EXTRAS
    }
