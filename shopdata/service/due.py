"""What is due, and what becomes of it: decided from a job, the moment since which it is watched, and now."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopdata.config import Job

#: A slot that is later than this was missed: the service was off, or stood still.
ON_TIME = timedelta(minutes=2)
#: Of the slots that were missed, so many are named; the note of the oldest of them counts the others.
MOST_NAMED = 20


@dataclass(frozen=True)
class Verdict:
    """One slot: whether it runs, and a sentence if that is worth one."""

    due_at: datetime
    runs: bool
    note: str = ""


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
    verdicts = [Verdict(due_at, runs=False, note="missed; a later slot stands for it") for due_at in missed]
    if count > len(ripe) and verdicts:
        oldest = verdicts[0]
        verdicts[0] = Verdict(oldest.due_at, runs=False, note=f"{oldest.note}, and {count - len(ripe)} before it")
    return [*verdicts, _judge(job, last, now, busy)]


def _judge(job: Job, slot: datetime, now: datetime, busy: Busy) -> Verdict:
    late = now - slot - delay_of(job, slot)
    is_missed = late > ON_TIME
    if is_missed and job.misfire == "skip":
        return Verdict(slot, runs=False, note=f"missed by {in_words(late)}; this job's `misfire` is skip")
    if is_missed and late > job.latest:
        return Verdict(slot, runs=False, note=f"missed by {in_words(late)}, more than its `max_late` of {job.max_late}")
    if busy.waiting:
        return Verdict(slot, runs=False, note=f"run {busy.waiting} of the same job still waits")
    if busy.running and job.overlap == "skip":
        return Verdict(slot, runs=False, note=f"run {busy.running} still goes on; this job's `overlap` is skip")
    notes = [f"caught up, {in_words(late)} late"] if is_missed else []
    notes += [f"begins when run {busy.running} has ended"] if busy.running else []
    return Verdict(slot, runs=True, note="; ".join(notes))


def in_words(length: timedelta) -> str:
    """`3 h 12 min`, for people."""
    minutes = int(length.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)[:20] or "less than a minute"
