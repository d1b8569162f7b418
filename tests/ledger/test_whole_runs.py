"""A run that has members on several machines is one run."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shopdata.ledger import Ledger, RunRecord
from shopdata.ledger.whole_runs import whole_run, whole_runs
from shopdata.periods import SHANGHAI
from shopdata.run_ids import member_ids, new_run_id, number_of, run_of

RUN = "20260301T003000Z-1a2b3c"
BEGIN = datetime(2026, 3, 1, 8, 30, tzinfo=SHANGHAI)


def member(number: int, began: int, ended: int | None = None, outcome: str | None = None, **more: object) -> RunRecord:
    """One that began and ended so many minutes after the slot."""
    return RunRecord(
        run_id=f"{RUN}.{number}",
        spider="jd_store",
        arguments={},
        started_at=BEGIN + timedelta(minutes=began),
        finished_at=None if ended is None else BEGIN + timedelta(minutes=ended),
        outcome=outcome,
        **more,  # type: ignore[arg-type]
    )


def test_only_our_own_ids_are_those_of_members() -> None:
    run_id = new_run_id()
    assert member_ids(run_id, 1) == [run_id]
    assert [(run_of(job), number_of(job)) for job in member_ids(run_id, 2)] == [(run_id, 1), (run_id, 2)]
    for job in (run_id, "backup.2", f"{run_id}.x", f"{run_id}.0", f"{run_id}.1.2"):
        assert (run_of(job), number_of(job)) == (job, 0)


@pytest.mark.parametrize(
    ("members", "outcome", "last"),
    [
        # The one that ends last has seen what became of all cells.
        ([(1, 0, 9, "complete"), (2, 1, 7, "incomplete")], "complete", 9),
        ([(1, 0, 7, "complete"), (2, 1, 9, "incomplete")], "incomplete", 9),
        # Whoever is stopped says nothing of the cells.
        ([(1, 0, 7, "complete"), (2, 1, 9, "stopped")], "complete", 9),
        ([(1, 0, 7, "stopped"), (2, 1, 9, "stopped")], "stopped", 9),
        ([(1, 0, 7, "complete"), (2, 1, None, None)], None, None),
    ],
)
def test_how_it_ended(members: list[tuple[int, int, int | None, str | None]], outcome: str | None, last: int) -> None:
    run = whole_run([member(*about, counts={"published": about[0]}) for about in reversed(members)])
    assert (run.run_id, run.started_at, run.outcome) == (RUN, BEGIN, outcome)
    assert run.finished_at == (BEGIN + timedelta(minutes=last) if last is not None else None)
    assert [one.run_id for one in run.members] == [f"{RUN}.1", f"{RUN}.2"]
    # What each counts are the cells of all: they are not added up.
    assert sum(run.counts.values()) <= 2


def test_others_stay_as_they_are() -> None:
    alone = RunRecord(run_id="by-hand", spider="jd_store", arguments={}, started_at=BEGIN, host="here", pid=7)
    found = whole_runs([member(2, 1), alone, member(1, 0)])
    assert [run.run_id for run in found] == [RUN, "by-hand"]
    assert found[1] is alone


def test_the_ledger_finds_all_members_of_a_run(database_url: str) -> None:
    with Ledger(database_url) as ledger:
        for job in (f"{RUN}.1", f"{RUN}.2", "other", f"{RUN}.3", f"{RUN}x"):
            ledger.start_run(job, "jd_store", {})
        assert {run.run_id: len(run.members) for run in ledger.runs()} == {f"{RUN}x": 0, RUN: 3, "other": 0}
        # Members that are not among the latest rows belong to it as well.
        assert [(run.run_id, len(run.members)) for run in ledger.runs(2)] == [(f"{RUN}x", 0), (RUN, 3)]
        whole, one = ledger.run(RUN), ledger.run(f"{RUN}.2")
        assert whole is not None
        assert one is not None
        assert [record.run_id for record in whole.members] == [f"{RUN}.1", f"{RUN}.2", f"{RUN}.3"]
        assert (one.run_id, one.members) == (f"{RUN}.2", ())
        assert ledger.run("nobody") is None
