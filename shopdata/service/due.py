"""What is due, and what becomes of it: decided from a job, the moment since which it is watched, and now."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shopdata.config import Job
from shopdata.reasons import Reason
from shopdata.wording import Texts

#: Of notes as the ledger and logs keep them.
_ENGLISH = Texts("en")

#: A slot that is later than this was missed: the service was off, or stood still.
ON_TIME = timedelta(minutes=2)
#: Of the slots that were missed, so many are named; the note of the oldest of them counts the others.
MOST_NAMED = 20


@dataclass(frozen=True)
class Verdict:
    """One slot: whether it runs, and what is worth to be said of that (`slot_note` among the texts)."""

    due_at: datetime
    runs: bool
    reasons: tuple[Reason, ...] = ()

    @property
    def note(self) -> str:
        """The reasons in words."""
        return "; ".join(reason.text for reason in self.reasons)


@dataclass(frozen=True)
class Busy:
    """The id of a run of the same job that goes on, and of one that waits; "" is none."""

    running: str = ""
    waiting: str = ""


def delay_of(job: Job, due_at: datetime) -> timedelta:
    """By how much a slot begins later: the same on every machine and at every look."""
    if not job.spread:
        return timedelta(0)
    digest = hashlib.sha256(f"{job.name} {due_at.isoformat()}".encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8], "big") % int(job.spread.total_seconds()))


def next_slot(job: Job, after: datetime) -> datetime | None:
    """The first slot after a moment, without its delay; None if there is none ever."""
    # The trigger counts the moment itself in.
    found: datetime | None = job.trigger.get_next_fire_time(None, after.replace(microsecond=0) + timedelta(seconds=1))
    return found


def decide(job: Job, since: datetime, now: datetime, busy: Busy) -> list[Verdict]:
    """Judges the slots after `since` whose time has come, the earliest first. At most one of them runs, the last.

    Args:
        since: the last slot that was decided, or the moment from which the job is watched.
    """
    ripe: deque[datetime] = deque(maxlen=MOST_NAMED)
    count = 0
    slot = next_slot(job, since)
    # Up to the first one that is still delayed: what is decided may not overtake it.
    while slot is not None and slot + delay_of(job, slot) <= now:
        ripe.append(slot)
        count += 1
        slot = next_slot(job, slot)
    if not ripe:
        return []
    *missed, last = ripe
    verdicts = [Verdict(due_at, runs=False, reasons=(_reason("replaced"),)) for due_at in missed]
    if count > len(ripe) and verdicts:
        verdicts[0] = replace(verdicts[0], reasons=(_reason("replaced_several", before=count - len(ripe)),))
    return [*verdicts, _judge(job, last, now, busy)]


def _judge(job: Job, slot: datetime, now: datetime, busy: Busy) -> Verdict:
    late = now - slot - delay_of(job, slot)
    is_missed = late > ON_TIME
    if is_missed and job.misfire == "skip":
        return Verdict(slot, runs=False, reasons=(_reason("misfire_skip", late),))
    if is_missed and late > job.latest:
        return Verdict(slot, runs=False, reasons=(_reason("too_late", late, max_late=str(job.max_late)),))
    if busy.waiting:
        return Verdict(slot, runs=False, reasons=(_reason("waits", run=busy.waiting),))
    if busy.running and job.overlap == "skip":
        return Verdict(slot, runs=False, reasons=(_reason("overlap_skip", run=busy.running),))
    reasons = [_reason("caught_up", late)] if is_missed else []
    reasons += [_reason("after", run=busy.running)] if busy.running else []
    return Verdict(slot, runs=True, reasons=tuple(reasons))


def _reason(code: str, late: timedelta | None = None, **facts: str | int) -> Reason:
    seconds = 0 if late is None else int(late.total_seconds())
    text = _ENGLISH(f"slot_note.{code}", **facts, late=_ENGLISH.length(seconds))
    return Reason(code, facts if late is None else {**facts, "late_seconds": seconds}, text)
