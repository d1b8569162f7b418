"""Merged workbooks by mail: of a period once, when it is complete or at a fixed time with what is there.

What was sent stands in the ledger. A mail whose answer was lost is sent again under the same Message-ID, by which mail
servers and programs know it. What could not be sent is tried by the next run, by the service's clock after a while, and
by `scrapy mail`, as long as the period is news.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from shopdata.alerts.attachments import Attachments, attachments_of
from shopdata.alerts.causes import causes_of, trouble_of
from shopdata.alerts.channel_lease import ChannelLease
from shopdata.alerts.channels import Count
from shopdata.alerts.channels.mail import compose, deliver, set_text
from shopdata.alerts.channels.posting import Deadline
from shopdata.alerts.links import partition_page
from shopdata.alerts.snapshot import Day, snapshot_of
from shopdata.config import Channel
from shopdata.config.mail import WorkbookMail
from shopdata.exceptions import AlertError, ShopdataError
from shopdata.lake.resources import Resources
from shopdata.ledger import PartitionRecord
from shopdata.periods import SHANGHAI, Period, due_day
from shopdata.store.keys import workbook_key
from shopdata.wording import Texts
from shopdata.wording.why import title_of

logger = logging.getLogger(__name__)

_TYPE = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
#: So long after the day on which a period should be there it is still sent.
_IS_NEWS = timedelta(days=3)
#: Of all mails of a run together, and how long a failure is left alone: twice as long after each.
_DEADLINE_SECONDS, _FIRST_WAIT, _LONGEST_WAIT = 300, timedelta(minutes=5), timedelta(hours=2)
#: So many names of shops stand in a line.
_MOST_NAMES = 30


@dataclass(frozen=True)
class Due:
    """A workbook that is to be sent to somebody now."""

    channel: Channel
    dataset: str
    dt: str
    to: tuple[str, ...]

    @property
    def topic(self) -> str:
        """Under which the ledger keeps what became of it."""
        return f"mail/{self.channel.name}/{self.dataset}/{self.dt}"


class WorkbookMails:
    """Blocking; for one run, one command or one look of the clock. Raises LedgerError."""

    def __init__(
        self,
        lake: Resources,
        texts: Texts,
        *,
        board_url: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
    ) -> None:
        self._lake, self._t, self._board_url, self._clock = lake, texts, board_url, clock
        self._topics = lake.ledger.notifications

    def due(self) -> Iterator[Due]:
        """What is to be sent now; notes what is waited for."""
        for channel in self._lake.config.alerts.channels_with_workbooks:
            for name in self._lake.config.datasets if channel.datasets is None else channel.datasets:
                if to := self._readers(channel, name):
                    for dt in self._candidates(channel, name):
                        due = Due(channel, name, dt, to)
                        if self._is_due(due):
                            yield due

    def send_due(self, run_id: str) -> Count:
        """Sends all of it; a line in the log for each."""
        count, deadline = Count(), Deadline(_DEADLINE_SECONDS)
        for due in list(self.due()):
            lease = ChannelLease(self._topics, run_id, _DEADLINE_SECONDS)
            if not lease.acquire(due.channel.name, Deadline(self._lake.config.alerts.deadline_seconds), self._clock):
                count.held += 1
                continue
            try:
                # Another run may have sent it while this one waited.
                if not self._is_due(due):
                    continue
                if not lease.count_message(due.channel.name, due.channel.messages_per_minute, self._clock()):
                    count.held += 1
                    continue
                is_sent = self._send_and_note(due, deadline)
                count.sent += is_sent
                count.failed += not is_sent
            finally:
                lease.release(due.channel.name, self._clock())
        return count

    def send_now(self, dataset: str, dt: str, only: str | None = None) -> Iterator[tuple[str, str | ShopdataError]]:
        """Sends a period's workbook whatever was sent before; yields each channel with what its server said."""
        for channel in self._lake.config.alerts.channels_with_workbooks:
            is_meant = only in (None, channel.name) and (channel.datasets is None or dataset in channel.datasets)
            to = self._readers(channel, dataset) if is_meant else ()
            if not to:
                continue
            due = Due(channel, dataset, dt, to)
            try:
                yield channel.name, self._send(due, Deadline(_DEADLINE_SECONDS), is_again=True)
            except ShopdataError as error:
                yield channel.name, error
            else:
                self._note_sent(due)

    def _readers(self, channel: Channel, name: str) -> tuple[str, ...]:
        owner = self._lake.config.dataset(name).owner
        return (*channel.to, *([channel.people[owner]] if owner in channel.people else []))

    def _candidates(self, channel: Channel, name: str) -> list[str]:
        """Of each dataset the newest period, and those that are waited for."""
        prefix = f"mail/{channel.name}/{name}/"
        waiting = [one.topic.removeprefix(prefix) for one in self._topics.below(prefix) if one.state.get("is_waiting")]
        newest = self._lake.ledger.queries.periods(name, "9999-12-31", 1)
        return sorted({*waiting, *newest})

    def _is_due(self, due: Due) -> bool:
        state, now = self._topics.get(due.topic), self._clock()
        if state.get("sent_at") or now < datetime.fromisoformat(state.get("next_at", "2000-01-01T00:00:00+08:00")):
            return False
        dataset = self._lake.config.dataset(due.dataset)
        day = due_day(dataset.period, dataset.lag_days, Period.from_dt(due.dt))
        if not day <= now.astimezone(SHANGHAI).date() <= day + _IS_NEWS:
            if state.get("is_waiting"):
                self._topics.put(due.topic, {**state, "is_waiting": False}, now)
            return False
        assert due.channel.workbook is not None
        if self._is_time(due.channel.workbook, datetime.combine(day, datetime.min.time(), SHANGHAI), due):
            return True
        if not state.get("is_waiting"):
            self._topics.put(due.topic, {**state, "is_waiting": True}, now)
        return False

    def _is_time(self, rule: WorkbookMail, day: datetime, due: Due) -> bool:
        if self._lake.ledger.partition(due.dataset, due.dt) is None:
            return False
        latest = rule.at_latest if rule.when == "complete" else rule.when
        if latest is not None and self._clock() >= day.replace(hour=latest.hour, minute=latest.minute):
            return True
        found = self._day(due)
        return rule.when == "complete" and 0 < found.total == found.done

    def _day(self, due: Due) -> Day:
        return snapshot_of(
            due.dataset,
            due.dt,
            config=self._lake.config,
            ledger=self._lake.ledger,
            now=self._clock(),
            extras={},
            tell=(),
            t=self._t,
        )

    # -- sending -----------------------------------------------------------------------------------------------------

    def _send_and_note(self, due: Due, deadline: Deadline) -> bool:
        try:
            said = self._send(due, deadline)
        except ShopdataError as error:
            state, now = self._topics.get(due.topic), self._clock()
            wait = min(_FIRST_WAIT * 2 ** min(int(state.get("failures", 0)), 8), _LONGEST_WAIT)
            failed = {"failures": int(state.get("failures", 0)) + 1, "next_at": (now + wait).isoformat()}
            self._topics.put(due.topic, {**state, **failed, "is_waiting": True}, now)
            logger.error("mail: %s %s not sent to channel %s: %s", due.dataset, due.dt, due.channel.name, error)
            return False
        self._note_sent(due)
        logger.info(
            "mail: %s %s sent to %d of channel %s: %s", due.dataset, due.dt, len(due.to), due.channel.name, said
        )
        return True

    def _note_sent(self, due: Due) -> None:
        now = self._clock()
        self._topics.put(due.topic, {"sent_at": now.isoformat(), "readers": len(due.to)}, now)

    def _send(self, due: Due, deadline: Deadline, *, is_again: bool = False) -> str:
        """Raises AlertError; StoreError and DiskError where the workbook is not to be had."""
        record = self._lake.ledger.partition(due.dataset, due.dt)
        if record is None:
            raise AlertError(
                "nothing is published of it",
                where=f"{due.dataset} {due.dt}",
                expected="a partition",
                todo="Collect it first.",
            )
        assert due.channel.workbook is not None
        attached = attachments_of(record, self._lake, due.channel.workbook.at_most_mb, self._t)
        alerts = self._lake.config.alerts
        try:
            return deliver(due.channel, self._mail(due, record, attached, is_again=is_again), alerts, deadline)
        except AlertError as error:
            if not attached.files or not error.is_too_large:
                raise
            logger.warning("mail: %s: too large for the server, sent without the workbook", due.channel.name)
            none = Attachments((), self._t("mail.too_large"))
            return deliver(due.channel, self._mail(due, record, none, is_again=is_again), alerts, deadline)

    def _mail(self, due: Due, record: PartitionRecord, attached: Attachments, *, is_again: bool) -> EmailMessage:
        t, day = self._t, self._day(due)
        when = t.labels([due.dt])
        subject = t("mail.subject", title=day.title, when=when, done=day.done, total=day.total)
        of_this = hashlib.sha256(f"{due.topic}".encode()).hexdigest()[:32]
        mail = compose(due.channel, subject, due.to, None if is_again else of_this)
        set_text(mail, "\n".join(self._lines(due, record, day, attached.says)) + "\n")
        for ending, data in attached.files:
            name = file_name(day.title, due.dt, ending)
            # Some programs look for the name where it stood before RFC 2183.
            mail.add_attachment(data, *_TYPE, filename=name, params={"name": name})
        return mail

    def _lines(self, due: Due, record: PartitionRecord, day: Day, says: str) -> Iterator[str]:
        t, config = self._t, self._lake.config
        names = {shop.id: shop.name for shop in config.shops}
        yield t("mail.rows", n=record.rows, shops=day.done)
        if day.done == day.total:
            yield t("mail.complete")
        troubles = [
            trouble_of(one.state, one.reason, shop=one.id, name=names.get(one.id, one.id), dt=due.dt)
            for one in record.missing
        ]
        for cause in causes_of(troubles):
            told = t.shops([trouble.name for trouble in cause.troubles], _MOST_NAMES)
            yield t("mail.missing", n=len(cause.troubles), names=told, why=title_of(t, cause.kind))
        for kind, shops in self._marks(due).items():
            key = f"warning.{kind}"
            told = t.shops([names.get(shop, shop) for shop in shops], _MOST_NAMES)
            yield t("alert.note", text=t(key) if t.has(key) else kind, names=told)
        yield ""
        if says:
            yield says
        if self._board_url is not None:
            yield t("mail.on_board", url=partition_page(self._board_url, due.dataset, due.dt))
        elif says:
            key = workbook_key(record.platform, record.dataset, record.dt)
            yield t("mail.in_store", place=f"s3://{config.lake.object_store.bucket}/{key}")

    def _marks(self, due: Due) -> Mapping[str, list[str]]:
        """By check, the shops whose files are published with a mark."""
        found: dict[str, list[str]] = {}
        for doubt in self._lake.ledger.checked.doubts(due.dataset, [due.dt]):
            entries: list[dict[str, Any]] = doubt.found if doubt.state.is_mark else []
            for kind in dict.fromkeys(str(entry.get("kind", "")) for entry in entries):
                found.setdefault(kind, []).append(doubt.shop)
        return found


def file_name(title: str, dt: str, ending: str = "") -> str:
    """What people find in their folder of downloads; no system refuses it."""
    return re.sub(r'[\s\\/:*?"<>|.]+', "_", f"{title[:80]}_{dt}{ending}")[:160].strip("_") + ".xlsx"
