"""The clock's due slots: which were decided, by whom, and from when on a job is watched at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.ledger.database import Database
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


class Slots:
    """The slots in the ledger's database; blocking and thread-safe, as the ledger. Raises LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, slot: Slot) -> bool:
        """Writes a decision, unless somebody was faster: of several services on one database, one gets True."""

        def work(session: Session) -> bool:
            if session.get(SlotRow, (slot.job, slot.due_at)) is not None:
                return False
            session.add(_to_row(slot))
            return True

        return self._database.write(work)

    def set_queued(self, slot: Slot) -> None:
        """Writes that the run of a claimed slot is in its owner's queue."""

        def work(session: Session) -> None:
            row = session.get(SlotRow, (slot.job, slot.due_at), with_for_update=True)
            if row is not None:
                row.state = QUEUED

        self._database.write(work)

    def mark(self, job: str, state: str, at: datetime, note: str, owner: str) -> None:
        """Writes from when on a job is watched or paused."""

        def work(session: Session) -> None:
            moment = at
            while session.get(SlotRow, (job, moment)) is not None:
                moment += timedelta(milliseconds=1)
            session.add(SlotRow(job=job, due_at=moment, state=state, decided_at=at, run_id="", owner=owner, note=note))

        self._database.write(work)

    def last_mark(self, job: str) -> Slot | None:
        """Whether a job is watched or paused, and since when; None for a job that nobody has seen yet."""
        return self._last(job, is_mark=True)

    def last_slot(self, job: str) -> Slot | None:
        """The newest slot of a job that was decided."""
        return self._last(job, is_mark=False)

    def unqueued(self, owner: str) -> list[Slot]:
        """Slots that this service has claimed and not put into its queue: it ended in between."""
        query = select(SlotRow).where(SlotRow.owner == owner, SlotRow.state == CLAIMED).order_by(SlotRow.due_at)
        with self._database.reading() as session:
            return [_to_slot(row) for row in session.scalars(query)]

    def since(self, moment: datetime) -> list[Slot]:
        """Decided slots from a moment on, the newest first."""
        query = (
            select(SlotRow)
            .where(SlotRow.due_at >= moment, SlotRow.state.not_in(_MARKS))
            .order_by(SlotRow.due_at.desc(), SlotRow.job)
        )
        with self._database.reading() as session:
            return [_to_slot(row) for row in session.scalars(query)]

    def _last(self, job: str, *, is_mark: bool) -> Slot | None:
        kind = SlotRow.state.in_(_MARKS) if is_mark else SlotRow.state.not_in(_MARKS)
        query = select(SlotRow).where(SlotRow.job == job, kind).order_by(SlotRow.due_at.desc()).limit(1)
        with self._database.reading() as session:
            row = session.scalars(query).first()
            return None if row is None else _to_slot(row)


def _to_row(slot: Slot) -> SlotRow:
    return SlotRow(**vars(slot) | {"reasons": [reason.as_json() for reason in slot.reasons]})


def _to_slot(row: SlotRow) -> Slot:
    return record_of(Slot, row, reasons=tuple(map(Reason.from_json, row.reasons or ())))
