"""The clock: looks every few seconds what is due, and sees to it that each slot is decided once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.twisted import TwistedScheduler
from twisted.application.service import Service
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from shopdata.config import Job
from shopdata.exceptions import ShopdataError
from shopdata.ledger.slots import CLAIMED, PAUSED, SKIPPED, WATCHED, Slot
from shopdata.periods import SHANGHAI
from shopdata.run_ids import new_run_id
from shopdata.service.crawls import Crawl
from shopdata.service.due import Verdict, decide, next_slot
from shopdata.service.inside import Inside
from shopdata.service.options import PROJECT
from shopdata.service.timetable import watched_note

logger = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 2
_ASK_AGAIN_EVERY = timedelta(minutes=1)
_SHOW_LIFE_EVERY = timedelta(seconds=10)
#: For so long a job is taken to be watched as it was: another service may have paused it.
_REMEMBER = timedelta(seconds=30)
#: A crawl that was cut off so often is not started again.
_MOST_TRIES = 3


class Clock(Service):
    """Runs schedule.yaml. What is due is decided in a thread: the ledger's database may be far away.

    Args:
        start: for rehearsals, the moment that the clock takes its own start for.
    """

    name = "clock"

    def __init__(self, inside: Inside, start: datetime | None = None) -> None:
        self._inside = inside
        self._since: dict[str, tuple[datetime, datetime | None]] = {}
        self._is_looking = False
        self._has_gone_on = False
        #: False while a slot may be claimed that is in no queue.
        self._is_all_queued = False
        self._asked_again_at = datetime.min.replace(tzinfo=SHANGHAI)
        self._mails_at = self._asked_again_at
        self._showed_life_at = self._asked_again_at
        self._told = ""
        self._scheduler = TwistedScheduler(
            timezone=SHANGHAI,
            # Its own executor would call us in a thread; the queue belongs to the reactor's.
            executors={"default": DebugExecutor()},
            job_defaults={"coalesce": True, "misfire_grace_time": None},
        )
        if start is not None:
            offset = start - datetime.now(SHANGHAI)
            inside.now = lambda: datetime.now(SHANGHAI) + offset
            logger.warning("rehearsal: the clock starts at %s (SHOPDATA_SERVICE_NOW)", start.isoformat())

    def startService(self) -> None:
        super().startService()  # type: ignore[no-untyped-call]
        first = datetime.now(SHANGHAI)
        self._scheduler.add_job(self._tick, "interval", seconds=_LOOK_EVERY_SECONDS, next_run_time=first)
        self._scheduler.start()

    def stopService(self) -> None:
        super().stopService()  # type: ignore[no-untyped-call]
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _tick(self) -> None:
        # One look at a time: a slow database must not pile them up.
        if not self._is_looking:
            self._is_looking = True
            # One that lets its last crawls end decides nothing any more, and is there still.
            work = self._show_life if self._inside.launcher.is_closed else self._look
            deferToThread(work).addCallbacks(self._looked, self._log_failure)

    def _looked(self, _: object) -> None:
        self._is_looking = False
        self._told = ""

    def _log_failure(self, failure: Failure) -> None:
        self._is_looking = False
        is_ours = isinstance(failure.value, ShopdataError)
        text = str(failure.value) if is_ours else failure.getTraceback()
        if text != self._told:
            # Once, and not every two seconds for as long as a database is away.
            logger.error("schedule tick failed; retrying: %s", text)
        self._told = text

    # -- in a thread ------------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Takes up crawls that were cut off, with an earlier service or by this one."""
        for crawl in self._inside.launcher.lost():
            self._take_up(crawl)

    def _queue_claimed(self) -> None:
        """Slots that did not reach the queue: a service ended in between, or the queue took nothing (a full disk)."""
        entries = {entry.name: entry for entry in self._inside.schedule_file.schedule.jobs}
        for slot in self._inside.workspace.ledger.slots.unqueued(self._inside.owner):
            if slot.job in entries and not self._inside.is_slot_known(slot.run_id):
                logger.warning("%s %s: queued only now, it was cut off before", slot.job, _clock(slot.due_at))
                self._inside.enqueue_slot(entries[slot.job], slot.run_id)
            self._inside.workspace.ledger.slots.set_queued(slot)

    def _take_up(self, crawl: Crawl) -> None:
        run = self._inside.workspace.ledger.run(crawl.job)
        is_done = crawl.project != PROJECT or (run is not None and run.outcome not in (None, "stopped"))
        if is_done or crawl.tries >= _MOST_TRIES or not self._inside.is_deployed():
            if not is_done:
                logger.error("run %s of %s was cut off %d times: given up", crawl.job, crawl.spider, crawl.tries)
            self._inside.settle(crawl)
        elif not any(job.id == crawl.job for job in self._inside.jobs()):
            logger.warning("run %s of %s was cut off: it goes on", crawl.job, crawl.spider)
            self._inside.enqueue(crawl.spider, crawl.arguments, crawl.job, crawl.version)

    def _show_life(self) -> None:
        now = datetime.now(SHANGHAI)
        if now - self._showed_life_at >= _SHOW_LIFE_EVERY:
            self._showed_life_at = now
            self._inside.show_life()

    def _look(self) -> None:
        self._show_life()
        if self._inside.schedule_file.refresh():
            self._since.clear()
        if not self._has_gone_on:
            self.go_on()
        if not self._is_all_queued:
            self._queue_claimed()
            self._is_all_queued = True
        if not self._has_gone_on:
            self._has_gone_on = True
            self._inside.poller.is_closed = False
        is_deployed = self._inside.is_deployed()
        looks = [partial(self._look_at, entry, is_deployed) for entry in self._inside.schedule_file.schedule.jobs]
        problems = []
        for look in (*looks, partial(self._ask_again, is_deployed), partial(self._send_mails, is_deployed)):
            try:
                look()
            except Exception as problem:  # noqa: BLE001 - whatever is wrong with one, the others are looked at
                problems.append(problem)
        if problems:
            raise problems[0]

    def _ask_again(self, is_deployed: bool) -> None:
        now = datetime.now(SHANGHAI)
        if is_deployed and now - self._asked_again_at >= _ASK_AGAIN_EVERY:
            self._asked_again_at = now
            self._inside.ask_again(now)

    def _send_mails(self, is_deployed: bool) -> None:
        now = datetime.now(SHANGHAI)
        if is_deployed and now - self._mails_at >= _ASK_AGAIN_EVERY:
            self._mails_at = now
            self._inside.send_mails()

    def _look_at(self, entry: Job, is_deployed: bool) -> None:
        now = self._inside.now()
        read_at, since = self._since.get(entry.name, (now - 2 * _REMEMBER, None))
        following = None if since is None else next_slot(entry, since)
        if now - read_at < _REMEMBER and (following is None or following > now):
            return
        since = self._watched_since(entry, now)
        self._since[entry.name] = (now, since)
        if since is None or not entry.enabled or not is_deployed:
            return
        for verdict in decide(entry, since, now, self._inside.busy(entry.runs, entry.args)):
            self._carry_out(entry, verdict)
            self._since[entry.name] = (now, verdict.due_at)

    def _watched_since(self, entry: Job, now: datetime) -> datetime | None:
        """The moment up to which all is decided; None if the job is paused. A new job is watched from now on."""
        slots = self._inside.workspace.ledger.slots
        mark, last = slots.last_mark(entry.name), slots.last_slot(entry.name)
        if mark is not None and mark.state == PAUSED:
            return None
        if mark is None or mark.note != watched_note(entry):
            slots.mark(entry.name, WATCHED, now, watched_note(entry), self._inside.owner)
            return now
        return max(mark.due_at, last.due_at) if last else mark.due_at

    def _carry_out(self, entry: Job, verdict: Verdict) -> None:
        slots = self._inside.workspace.ledger.slots
        slot = Slot(
            job=entry.name,
            due_at=verdict.due_at,
            state=CLAIMED if verdict.runs else SKIPPED,
            decided_at=datetime.now(SHANGHAI),
            run_id=new_run_id() if verdict.runs else "",
            owner=self._inside.owner,
            note=verdict.note,
            reasons=verdict.reasons,
        )
        try:
            if not slots.claim(slot):
                return  # another service was faster
            if not verdict.runs:
                logger.warning("%s %s: not run: %s", entry.name, _clock(slot.due_at), verdict.note)
                return
            note = f" ({verdict.note})" if verdict.note else ""
            logger.info("%s %s: due, run %s%s", entry.name, _clock(slot.due_at), slot.run_id, note)
            self._inside.enqueue_slot(entry, slot.run_id)
            slots.set_queued(slot)
        except Exception:
            # It may be claimed all the same: what was answered was lost.
            self._is_all_queued = False
            raise


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
