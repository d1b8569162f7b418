"""What checks know of the files of cells: facts of the good ones, and doubts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.notifications import change_topic
from shopdata.ledger.records import CellKey
from shopdata.ledger.rows import record_of
from shopdata.ledger.schema import DoubtRow, FactsRow, RawRow
from shopdata.periods import SHANGHAI

#: Under which the ledger keeps what has come of a dataset's checks: counts by `check|result`.
COUNTED = "checks/"


class DoubtState(StrEnum):
    """What became of a doubtful file."""

    #: It is put aside, and the portal is asked again.
    WAITING = "waiting"
    #: It is put aside until a person lets it through.
    HELD = "held"
    #: The portal says the same again, or can't be asked: it is published, and marked.
    CONFIRMED = "confirmed"
    #: A person has let it through.
    ACCEPTED = "accepted"
    #: It was published at once, and marked.
    NOTED = "noted"
    #: Another answer was plausible.
    HEALED = "healed"

    @property
    def is_aside(self) -> bool:
        """True if the file is not published, and may be taken back."""
        return self in (DoubtState.WAITING, DoubtState.HELD)

    @property
    def is_mark(self) -> bool:
        """True if the file is published with a mark."""
        return self in (DoubtState.CONFIRMED, DoubtState.ACCEPTED, DoubtState.NOTED)


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One row. `found` is what the checks have found, `file` the file that was put aside; both as JSON values."""

    dataset: str
    dt: str
    shop: str
    state: DoubtState
    sha256: str
    rows: int
    answers: int
    found: list[Any]
    file: Mapping[str, Any] | None = None
    user_name: str = ""
    updated_at: datetime

    @property
    def key(self) -> CellKey:
        """Its cell."""
        return CellKey(self.dataset, self.dt, self.shop)

    @property
    def texts(self) -> str:
        """All that was found, as one English sentence."""
        return "; ".join(str(entry.get("text", "")) for entry in self.found)

    @property
    def checks(self) -> list[str]:
        """The checks that have found it, each once."""
        return list(dict.fromkeys(str(entry.get("check", "")) for entry in self.found))

    def settled(self, state: DoubtState, user_name: str = "") -> Doubt:
        """The same with what became of it; of a file that is not aside any more, nothing is left to take back."""
        return replace(self, state=state, user_name=user_name, file=self.file if state.is_aside else None)


@dataclass(frozen=True)
class GoodFile:
    """The good file of a cell, and its facts; None where nobody has looked at just this one."""

    dt: str
    shop: str
    rows: int
    facts: dict[str, Any] | None


class CheckedFiles(DatabasePart):
    """Reads and writes them. A doubt belongs to a cell: a later one takes its place."""

    @writes
    def keep_facts(self, session: Session, key: CellKey, sha256: str, facts: Mapping[str, Any], result: str) -> None:
        """Writes what a file says about itself, and what came of its checks."""
        _keep_facts(session, key, sha256, facts, result)

    @writes
    def take(
        self,
        session: Session,
        key: CellKey,
        sha256: str,
        facts: Mapping[str, Any],
        result: str,
        noted: Doubt | None,
        now: datetime,
    ) -> Doubt | None:
        """A file goes on to be published: its facts, what becomes of the doubt about its cell, and the counts of both.

        Args:
            noted: the doubt about just this file; None if there is none. Then one about an answer before it has healed.

        Returns:
            the doubt that there was about an answer before it.
        """
        _keep_facts(session, key, sha256, facts, result)
        row = session.get(DoubtRow, (key.dataset, key.dt, key.shop))
        before = None if row is None else _to_doubt(row)
        counts = [f"{check}|{noted.state}" for check in noted.checks] if noted is not None else [f"all|{result}"]
        if noted is not None:
            _put(session, noted)
        elif before is not None and before.state.is_aside:
            counts += [f"{check}|{DoubtState.HEALED}" for check in before.checks]
            _put(session, before.settled(DoubtState.HEALED))
        elif row is not None and row.state != DoubtState.HEALED:
            session.delete(row)
        _count(session, key.dataset, counts, now)
        return before

    @writes
    def count(self, session: Session, dataset: str, checks: Collection[str], result: str, now: datetime) -> None:
        """For metrics: adds to what has ever come of each check."""
        _count(session, dataset, [f"{check}|{result}" for check in checks], now)

    @reads
    def counts(self, session: Session, dataset: str, first: str, before: str) -> list[tuple[str, str, int]]:
        """Shop, period and rows of every good file from a label on, up to one that is no longer among them."""
        query = select(RawRow.shop, RawRow.dt, RawRow.rows).where(
            RawRow.dataset == dataset, RawRow.dt >= first, RawRow.dt < before
        )
        return [(shop, dt, rows) for shop, dt, rows in session.execute(query)]

    @reads
    def counts_of(self, session: Session, dataset: str, dt: str) -> dict[str, int]:
        """Rows of each shop in a period: of its good file, or of the doubtful one that is put aside."""
        own = select(RawRow.shop, RawRow.rows).where(RawRow.dataset == dataset, RawRow.dt == dt)
        aside = select(DoubtRow.shop, DoubtRow.rows).where(
            DoubtRow.dataset == dataset, DoubtRow.dt == dt, DoubtRow.state.in_(["waiting", "held"])
        )
        return {shop: rows for query in (own, aside) for shop, rows in session.execute(query)}

    @reads
    def earlier(self, session: Session, key: CellKey, count: int) -> list[GoodFile]:
        """The newest good files of a cell's shop before its period, the newest first."""
        query = (
            _files(key.dataset)
            .where(RawRow.shop == key.shop, RawRow.dt < key.dt)
            .order_by(RawRow.dt.desc())
            .limit(count)
        )
        return [GoodFile(*row) for row in session.execute(query)]

    @reads
    def file_of(self, session: Session, key: CellKey) -> GoodFile | None:
        """That of a cell; None if it has none."""
        row = session.execute(_files(key.dataset).where(RawRow.dt == key.dt, RawRow.shop == key.shop)).first()
        return None if row is None else GoodFile(*row)

    @reads
    def files(self, session: Session, dataset: str, first: str, last: str) -> list[GoodFile]:
        """Every good file of a dataset whose period begins within two days, both included, in the order of period."""
        begin = func.substr(RawRow.dt, 1, 10)
        query = _files(dataset).where(begin >= first, begin <= last).order_by(RawRow.dt, RawRow.shop)
        return [GoodFile(*row) for row in session.execute(query)]

    @reads
    def first_period(self, session: Session, dataset: str) -> str:
        """The label of a dataset's oldest period that has a file; "" if none has."""
        return session.scalar(select(func.min(RawRow.dt)).where(RawRow.dataset == dataset)) or ""

    @reads
    def results(self, session: Session, dataset: str, dt: str) -> dict[str, str]:
        """What came of the checks of each shop's good file; without those that nobody has judged."""
        query = select(FactsRow.shop, FactsRow.result).join(RawRow, _IS_OF_FILE)
        rows = session.execute(query.where(FactsRow.dataset == dataset, FactsRow.dt == dt, FactsRow.result != ""))
        return {shop: str(result) for shop, result in rows}

    # -- doubts -----------------------------------------------------------------------------------------------------

    @writes
    def put(self, session: Session, doubt: Doubt) -> None:
        """Writes a doubt, in place of what was there of its cell."""
        _put(session, doubt)

    def settle(self, doubt: Doubt, state: DoubtState, user_name: str = "") -> None:
        """Writes what became of a doubt."""
        self.put(doubt.settled(state, user_name))

    @writes
    def forget(self, session: Session, key: CellKey) -> None:
        """There is no doubt about a cell any more."""
        row = session.get(DoubtRow, (key.dataset, key.dt, key.shop))
        if row is not None:
            session.delete(row)

    @reads
    def doubt(self, session: Session, key: CellKey) -> Doubt | None:
        """That of a cell; None if there is none."""
        row = session.get(DoubtRow, (key.dataset, key.dt, key.shop))
        return None if row is None else _to_doubt(row)

    @reads
    def doubts(self, session: Session, dataset: str | None = None, dts: Collection[str] | None = None) -> list[Doubt]:
        """All doubts, of a dataset, of some periods; in the order of dataset, period and shop."""
        query = select(DoubtRow).order_by(DoubtRow.dataset, DoubtRow.dt, DoubtRow.shop)
        if dataset is not None:
            query = query.where(DoubtRow.dataset == dataset)
        if dts is not None:
            query = query.where(DoubtRow.dt.in_(dts))
        return [_to_doubt(row) for row in session.scalars(query)]


_IS_OF_FILE = and_(*(getattr(FactsRow, name) == getattr(RawRow, name) for name in ("dataset", "dt", "shop", "sha256")))


def _keep_facts(session: Session, key: CellKey, sha256: str, facts: Mapping[str, Any], result: str) -> None:
    row = session.get(FactsRow, (key.dataset, key.dt, key.shop))
    if row is None:
        row = FactsRow(dataset=key.dataset, dt=key.dt, shop=key.shop)
        session.add(row)
    row.sha256, row.facts, row.result = sha256, dict(facts), result


def _put(session: Session, doubt: Doubt) -> None:
    row = session.get(DoubtRow, (doubt.dataset, doubt.dt, doubt.shop))
    if row is None:
        row = DoubtRow()
        session.add(row)
    for name, value in vars(doubt).items():
        setattr(row, name, value.value if isinstance(value, DoubtState) else value)
    row.updated_at = datetime.now(SHANGHAI)


def _count(session: Session, dataset: str, names: Collection[str], now: datetime) -> None:
    def add(known: Mapping[str, Any]) -> dict[str, Any]:
        return {**known, **{name: int(known.get(name, 0)) + 1 for name in names}}

    if names:
        change_topic(session, f"{COUNTED}{dataset}", add, now)


def _files(dataset: str) -> Any:
    query = select(RawRow.dt, RawRow.shop, RawRow.rows, FactsRow.facts).outerjoin(FactsRow, _IS_OF_FILE)
    return query.where(RawRow.dataset == dataset)


def _to_doubt(row: DoubtRow) -> Doubt:
    return record_of(Doubt, row, state=DoubtState(row.state), file=row.file)
