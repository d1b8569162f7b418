"""Runs: when they began, in which process, and how they ended."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import reads, writes
from shopdata.ledger.ledger_part import LedgerPart
from shopdata.ledger.records import RunRecord, Traffic
from shopdata.ledger.rows import record_of
from shopdata.ledger.schema import Run
from shopdata.ledger.whole_runs import whole_run, whole_runs
from shopdata.periods import SHANGHAI
from shopdata.run_ids import number_of, run_of


class Runs(LedgerPart):
    """The ledger's part about runs."""

    @writes
    def start_run(self, session: Session, run_id: str, spider: str, arguments: Mapping[str, Any]) -> None:
        """Writes that a run began, in this process. The same id again (a job that was restarted) begins it anew.

        Args:
            arguments: JSON values, without secrets.
        """
        run = session.get(Run, run_id)
        if run is None:
            run = Run(run_id=run_id)
            session.add(run)
        run.spider, run.arguments = spider, dict(arguments)
        run.started_at = run.heartbeat_at = datetime.now(SHANGHAI)
        run.host, run.pid = socket.gethostname(), os.getpid()
        run.node = self.claims.node if self.claims is not None else ""
        run.finished_at, run.outcome, run.exit_code, run.counts = None, None, None, {}

    @writes
    def finish_run(
        self,
        session: Session,
        run_id: str,
        outcome: str,
        counts: Mapping[str, int],
        exit_code: int | None = None,
        traffic: Traffic = Traffic(),  # noqa: B008 - it is frozen
    ) -> None:
        """Writes how a run ended.

        Args:
            counts: how many cells it left in each state.
            traffic: what it asked since it began; of a run that went on after a restart, it is added up.
        """
        run = session.get(Run, run_id)
        if run is None:
            raise self._unknown(f"run {run_id}")
        run.finished_at = run.heartbeat_at = datetime.now(SHANGHAI)
        run.outcome, run.exit_code, run.counts = outcome, exit_code, dict(counts)
        for name, count in asdict(traffic).items():
            setattr(run, name, (getattr(run, name) or 0) + count)

    @reads
    def traffic(self, session: Session) -> dict[str, Traffic]:
        """What all ended runs of each spider have asked."""
        names = [field.name for field in fields(Traffic)]
        sums = [func.coalesce(func.sum(getattr(Run, name)), 0) for name in names]
        rows = session.execute(select(Run.spider, *sums).group_by(Run.spider).order_by(Run.spider))
        return {row[0]: Traffic(**dict(zip(names, map(int, row[1:]), strict=True))) for row in rows}

    @reads
    def runs(self, session: Session, count: int | None = None) -> list[RunRecord]:
        """The latest runs, the newest first, each with all of its members; all of them without a `count`."""
        rows = list(session.scalars(select(Run).order_by(Run.started_at.desc(), Run.run_id).limit(count)))
        runs = dict.fromkeys(run_of(row.run_id) for row in rows if number_of(row.run_id))
        if count is not None and runs:
            # Of the oldest ones not all members are among so many rows.
            found = {row.run_id for row in rows}
            rows += [row for run_id in runs for row in _members(session, run_id) if row.run_id not in found]
        return whole_runs(_record(row) for row in rows)

    @reads
    def run(self, session: Session, run_id: str) -> RunRecord | None:
        """One run, with its members if it has any; or one member."""
        row = session.get(Run, run_id)
        if row is not None:
            return _record(row)
        members = _members(session, run_id)
        return whole_run([_record(member) for member in members]) if members else None


def _members(session: Session, run_id: str) -> list[Run]:
    found = session.scalars(select(Run).where(Run.run_id.startswith(f"{run_id}.", autoescape=True)))
    return [row for row in found if run_of(row.run_id) == run_id]


def _record(row: Run) -> RunRecord:
    return record_of(RunRecord, row, members=())
