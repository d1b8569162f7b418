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
from shopdata.periods import SHANGHAI


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
        """The latest runs, the newest first; all of them without a `count`."""
        query = select(Run).order_by(Run.started_at.desc(), Run.run_id).limit(count)
        return [record_of(RunRecord, row) for row in session.scalars(query)]

    @reads
    def run(self, session: Session, run_id: str) -> RunRecord | None:
        """One run."""
        row = session.get(Run, run_id)
        return None if row is None else record_of(RunRecord, row)
