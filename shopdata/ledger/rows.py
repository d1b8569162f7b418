"""From the tables' rows to the records that leave the ledger, and back."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple
from datetime import datetime
from functools import cache
from itertools import repeat
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from sqlalchemy import Row
from sqlalchemy.orm import Session, joinedload

from shopdata.ledger.records import Cell, CellKey, MissingShop, PartitionRecord, RawFile
from shopdata.ledger.schema import Base, CellRow, PartitionRow, RawRow
from shopdata.periods import SHANGHAI
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState

Record = TypeVar("Record")

#: For queries whose cells are asked for their files. A locked one says `with_for_update(of=CellRow)`: PostgreSQL can't
#: lock a row that an outer join brought along.
WITH_FILE = joinedload(CellRow.raw)


def whole(record: Record) -> Record:
    """The record, if its fields are of their types: SQLite keeps whatever lies in a file.

    Raises:
        TypeError: one is not.
    """
    kinds = _kinds_of(cast(Any, type(record)))
    # All at once: a page asks for thousands of records.
    if not all(map(isinstance, map(getattr, repeat(record), kinds), kinds.values())):
        raise TypeError(type(record).__name__)
    return record


@cache
def _kinds_of(kind: type) -> dict[str, tuple[type, ...]]:
    hints = get_type_hints(kind)
    found = {name: get_args(hint) if get_origin(hint) is UnionType else (hint,) for name, hint in hints.items()}
    return {name: tuple(get_origin(one) or one for one in hints) for name, hints in found.items()}


def locked_row(session: Session, key: CellKey) -> CellRow | None:
    """A cell's row, which nobody else changes until the transaction ends."""
    return session.get(CellRow, astuple(key), with_for_update=True)


def set_state(row: CellRow, state: CellState, reason: Reason = NO_REASON) -> None:
    """Moves a cell a step; its time is the ledger's clock, not the caller's."""
    row.state, row.updated_at = state.value, datetime.now(SHANGHAI)
    row.reason, row.reason_code, row.reason_params = reason.text, reason.code, dict(reason.params) or None
    if state not in (CellState.PENDING, CellState.RUNNING, CellState.NOT_READY):
        row.since_not_ready = row.next_attempt_at = None


def begin_try(row: CellRow, run_id: str) -> None:
    """A run asks for the cell: one attempt more, the last reason cleared."""
    row.attempts += 1
    row.run_id = run_id
    set_state(row, CellState.RUNNING)
    row.tried_at = row.updated_at


def take_raw(row: CellRow, raw: RawFile, tried_at: datetime | None = None) -> None:
    """A cell has this file now, and its count of rows.

    Args:
        tried_at: when the try began that has brought it; None if nobody knows.
    """
    if row.raw is None:
        row.raw = RawRow(dataset=row.dataset, dt=row.dt, shop=row.shop, first_fetched_at=raw.fetched_at)
    else:
        row.raw.first_fetched_at = row.raw.first_fetched_at or row.raw.fetched_at
        if row.raw.sha256 != raw.sha256:
            row.raw.revised_at, row.raw.rows_before = raw.fetched_at, row.raw.rows
    seconds = None if tried_at is None else round((raw.fetched_at - tried_at).total_seconds())
    # One that was put aside is older than the try that lets it through.
    row.raw.seconds = None if seconds is None or seconds < 0 else seconds
    row.rows = raw.rows
    for name, value in asdict(raw).items():
        if name == "account":
            row.raw.account = json.dumps(value, ensure_ascii=False) if value else ""
        else:
            setattr(row.raw, name, list(value) if name in ("warnings", "drift") else value)


def fill_partition(row: PartitionRow, record: PartitionRecord) -> None:
    """Overwrites what is known about a partition."""
    for name, value in vars(record).items():
        if name == "missing":
            row.missing = [shop.as_json() for shop in record.missing]
        elif name == "refresh_reason":
            set_refresh(row, record.refresh_state, record.refresh_reason)
        else:
            setattr(row, name, list(value) if name in ("columns", "seen") and value is not None else value)


def set_refresh(row: PartitionRow, state: str, reason: Reason) -> None:
    """Overwrites what Dremio said."""
    row.refresh_state, row.refresh_detail = state, reason.text
    row.refresh_code, row.refresh_params = reason.code, dict(reason.params) or None


def record_of(kind: type[Record], row: Base | Row[Any], **others: Any) -> Record:
    """A row as it leaves the ledger: each field is the column of its name, but for those that are given.

    Raises:
        TypeError: a field is not of its type.
    """
    return whole(
        kind(**{name: others[name] if name in others else getattr(row, name) for name in _kinds_of(cast(Any, kind))})
    )


def to_reason(text: str, code: str, params: dict[str, Any] | None) -> Reason:
    """A reason as it leaves the ledger. Raises TypeError where a file holds something else."""
    if text == code == "" and params is None:
        return NO_REASON
    if not (isinstance(text, str) and isinstance(code, str) and isinstance(params, dict | None)):
        raise TypeError("reason")
    if not (text or code):
        return NO_REASON
    return Reason(code, params or {}, text)


def to_cell(row: CellRow) -> Cell:
    """A cell as it leaves the ledger, with its file."""
    return record_of(
        Cell,
        row,
        key=record_of(CellKey, row),
        state=CellState(row.state),
        reason=to_reason(row.reason, row.reason_code, row.reason_params),
        raw=None if row.raw is None else _to_raw(row.raw),
    )


def _to_raw(row: RawRow) -> RawFile:
    account = json.loads(row.account) if row.account else {}
    return record_of(RawFile, row, warnings=tuple(row.warnings), drift=tuple(row.drift), account=account)


def _to_missing(entry: dict[str, Any]) -> MissingShop:
    return whole(MissingShop(id=entry["id"], state=CellState(entry["state"]), reason=Reason.from_json(entry)))


def to_partition(row: PartitionRow) -> PartitionRecord:
    """A partition as it leaves the ledger."""
    return record_of(
        PartitionRecord,
        row,
        missing=tuple(_to_missing(entry) for entry in row.missing),
        columns=tuple(row.columns),
        seen=None if row.seen is None else tuple(row.seen),
        refresh_reason=to_reason(row.refresh_detail, row.refresh_code, row.refresh_params),
    )
