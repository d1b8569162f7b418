"""The clock's due slots: which were decided, by whom, and from when on a job is watched at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.rows import record_of
from shopdata.ledger.schema import SlotRow
from shopdata.reasons import Reason

#: A slot that is to run, and is not in a queue yet: its service may have ended in between.
CLAIMED = "claimed"
#: A slot whose run is in a service's queue, or has been.
QUEUED = "queued"
#: A slot that does not run; its note says why.
SKIPPED = "skipped"
#: No slot, but the moment from which a job is watched; its note is the cron line that it had then.
WATCHED = "watched"
#: No slot either, but the moment from which a job is not watched.
PAUSED = "paused"

_MARKS = (WATCHED, PAUSED)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One row. Times are aware, in Asia/Shanghai."""

    job: str
    due_at: datetime
    state: str
    decided_at: datetime
    run_id: str = ""
    #: Which service decided.
    owner: str = ""
    #: In words; `reasons` say the same of a slot, but not in those of earlier versions.
    note: str = ""
    reasons: tuple[Reason, ...] = ()


class Slots(DatabasePart):
    """The slots in the ledger's database."""

    @writes
    def claim(self, session: Session, slot: Slot) -> bool:
        """Writes a decision, unless somebody was faster: of several services on one database, one gets True."""
        if session.get(SlotRow, (slot.job, slot.due_at)) is not None:
            return False
        session.add(SlotRow(**vars(slot) | {"reasons": [reason.as_json() for reason in slot.reasons]}))
        return True

    @writes
    def set_queued(self, session: Session, slot: Slot) -> None:
        """Writes that the run of a claimed slot is in its owner's queue."""
        row = session.get(SlotRow, (slot.job, slot.due_at), with_for_update=True)
        if row is not None:
            row.state = QUEUED

    @writes
    def mark(self, session: Session, job: str, state: str, at: datetime, note: str, owner: str) -> None:
        """Writes from when on a job is watched or paused."""
        moment = at
        while session.get(SlotRow, (job, moment)) is not None:
            moment += timedelta(milliseconds=1)
        session.add(SlotRow(job=job, due_at=moment, state=state, decided_at=at, run_id="", owner=owner, note=note))

    @reads
    def last_mark(self, session: Session, job: str) -> Slot | None:
        """Whether a job is watched or paused, and since when; None for a job that nobody has seen yet."""
        return _newest(session, SlotRow.job == job, SlotRow.state.in_(_MARKS))

    @reads
    def last_slot(self, session: Session, job: str) -> Slot | None:
        """The newest slot of a job that was decided."""
        return _newest(session, SlotRow.job == job, SlotRow.state.not_in(_MARKS))

    @reads
    def unqueued(self, session: Session, owner: str) -> list[Slot]:
        """Slots that this service has claimed and not put into its queue: it ended in between."""
        query = select(SlotRow).where(SlotRow.owner == owner, SlotRow.state == CLAIMED).order_by(SlotRow.due_at)
        return [_to_slot(row) for row in session.scalars(query)]

    @reads
    def since(self, session: Session, moment: datetime) -> list[Slot]:
        """Decided slots from a moment on, the newest first."""
        query = (
            select(SlotRow)
            .where(SlotRow.due_at >= moment, SlotRow.state.not_in(_MARKS))
            .order_by(SlotRow.due_at.desc(), SlotRow.job)
        )
        return [_to_slot(row) for row in session.scalars(query)]


def _newest(session: Session, *conditions: ColumnElement[bool]) -> Slot | None:
    row = session.scalar(select(SlotRow).where(*conditions).order_by(SlotRow.due_at.desc()).limit(1))
    return None if row is None else _to_slot(row)


def _to_slot(row: SlotRow) -> Slot:
    return record_of(Slot, row, reasons=tuple(map(Reason.from_json, row.reasons or ())))
