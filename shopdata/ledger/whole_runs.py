"""Members of a run on several machines, as the one run that they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from shopdata.ledger.records import RunRecord
from shopdata.run_ids import number_of, run_of

#: An outcome that says nothing of the cells: its member was cut short.
STOPPED = "stopped"


def whole_runs(records: Iterable[RunRecord]) -> list[RunRecord]:
    """One record for each run, in the order in which the first of each comes."""
    runs: dict[str, list[RunRecord]] = {}
    for record in records:
        runs.setdefault(run_of(record.run_id), []).append(record)
    return [whole_run(members) for members in runs.values()]


def whole_run(records: Sequence[RunRecord]) -> RunRecord:
    """The run of these members, or the one record as it is if it is no member.

    Each member judges all cells of the run when it ends; so what the last of them has said holds for the whole.
    """
    if len(records) == 1 and not number_of(records[0].run_id):
        return records[0]
    members = tuple(sorted(records, key=lambda record: number_of(record.run_id)))
    first = min(members, key=lambda member: member.started_at)
    judged = sorted((member for member in members if member.outcome is not None), key=_ended_at)
    last = next((member for member in reversed(judged) if member.outcome != STOPPED), judged[-1] if judged else None)
    is_over = len(judged) == len(members)
    beats = [member.heartbeat_at for member in members if member.heartbeat_at is not None and member.outcome is None]
    return replace(
        first,
        run_id=run_of(first.run_id),
        finished_at=_ended_at(judged[-1]) if is_over else None,
        outcome=last.outcome if is_over and last is not None else None,
        counts=last.counts if last is not None else {},
        exit_code=last.exit_code if is_over and last is not None else None,
        heartbeat_at=max(beats, default=None),
        host=None,
        pid=None,
        node="",
        members=members,
    )


def _ended_at(member: RunRecord) -> datetime:
    return member.finished_at or member.started_at
