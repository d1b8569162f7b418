"""What is true about one dataset and period, as far as a person should be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shopdata.alerts.causes import Trouble, trouble_of
from shopdata.alerts.names import dataset_name
from shopdata.config import Config
from shopdata.lake.not_ready import is_overdue
from shopdata.ledger import Cell, Ledger
from shopdata.periods import Period
from shopdata.states import CellState
from shopdata.wording import Texts


@dataclass(frozen=True)
class DayNote:
    """Something that is told once and needs no fixing."""

    topic: str
    key: str
    text: str
    #: The shops that it is about, by name.
    names: tuple[str, ...] = ()
    #: The same by id.
    shops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Day:
    """One partition. `counts` are the shops in each state, of those that the dataset has now."""

    dataset: str
    title: str
    dt: str
    total: int
    done: int
    rows: int
    counts: Mapping[CellState, int]
    troubles: tuple[Trouble, ...]
    notes: tuple[DayNote, ...]
    #: Ids of the shops that the dataset has now.
    shops: frozenset[str] = frozenset()
    #: Those of them whose rows are in the published partition.
    there: frozenset[str] = frozenset()
    #: Who looks after them, by id; without those that nobody does.
    owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """True if every shop is in the lake and Dremio shows it."""
        return self.total > 0 and self.done == self.total and not self.troubles


def snapshot_of(
    name: str,
    dt: str,
    *,
    config: Config,
    ledger: Ledger,
    now: datetime,
    extras: Mapping[str, Any],
    tell: Collection[str],
    t: Texts,
) -> Day:
    """Reads the ledger.

    Args:
        extras: `drift`, `warnings` and `restated` of the partition's receipt, where it was published just now.
        tell: topics of alerts.yaml; others are left out.
        t: what notes are written in.
    """
    dataset = config.dataset(name)
    period = Period.from_dt(dt)
    shops = {shop.id: shop for shop in config.shops_for(name) if shop.has(period)}
    cells = {cell.shop: cell for cell in ledger.cells(name, dt, list(shops))} if shops else {}
    record = ledger.partition(name, dt)
    missing = {shop.id for shop in record.missing} if record else set(shops)
    done = sum(cell.state.is_done and cell.shop not in missing for cell in cells.values())
    counts = {state: sum(cell.state is state for cell in cells.values()) for state in CellState}
    counts[CellState.PENDING] += len(shops) - len(cells)
    troubles = [
        trouble_of(cell.state, cell.reason, shop=shop, name=shops[shop].name, dt=dt)
        for shop in shops
        if (cell := cells.get(shop)) is not None and _is_trouble(cell, is_late=is_overdue(cell, dataset, now))
    ]
    if record is not None and record.refresh_state == "FAILED":
        troubles.append(Trouble("refresh", record.refresh_reason, "", "", dt))
    return Day(
        dataset=name,
        title=dataset_name(t, name, dataset, is_whole=True),
        dt=dt,
        total=len(shops),
        shops=frozenset(shops),
        there=frozenset(set(shops) - missing),
        owners={shop.id: shop.owner for shop in shops.values() if shop.owner},
        done=done,
        rows=record.rows if record else 0,
        counts=counts,
        troubles=tuple(trouble for trouble in troubles if trouble.topic in tell),
        notes=tuple(
            note for note in _notes_of(t, extras, {shop.id: shop.name for shop in shops.values()}) if note.topic in tell
        ),
    )


def _is_trouble(cell: Cell, *, is_late: bool) -> bool:
    if cell.state is CellState.NOT_READY:
        return is_late
    if cell.state is CellState.PENDING:
        # Without a reason nobody has begun with it: another run has it, or will.
        return bool(cell.reason)
    return not cell.state.is_done and cell.state is not CellState.RUNNING


def _notes_of(t: Texts, extras: Mapping[str, Any], names: Mapping[str, str]) -> list[DayNote]:
    """One note for each thing that was noticed, with all shops that have it."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for topic in ("drift", "warnings", "restated"):
        for entry in extras.get(topic, ()):
            shop = str(entry.get("shop", ""))
            key, text = _ENTRIES[topic](t, entry)
            found.setdefault((topic, key, text), []).append(shop)
    notes = []
    for (topic, key, text), of_note in found.items():
        shops = tuple(dict.fromkeys(of_note))
        notes.append(DayNote(topic, key, text, tuple(names.get(shop, shop) for shop in shops), shops))
    return notes


def _drift(t: Texts, entry: Mapping[str, Any]) -> tuple[str, str]:
    kind, column = str(entry.get("kind", "")), str(entry.get("column", ""))
    key = f"drift.{kind}"
    return f"{kind}|{column}", t(key if t.has(key) else "drift.other", column=column)


def _warning(t: Texts, entry: Mapping[str, Any]) -> tuple[str, str]:
    kind, column = str(entry.get("kind", "")), str(entry.get("column", ""))
    key = f"warning.{kind}"
    text = t(key) if t.has(key) else str(entry.get("text") or kind)
    return f"{kind}|{column}", t("warning.in_column", column=column, text=text) if column else text


def _restated(t: Texts, entry: Mapping[str, Any]) -> tuple[str, str]:
    column, key = str(entry.get("column", "")), f"{entry.get('shop')}|{entry.get('column')}|{entry.get('was')}"
    if column:
        return key, t("restated.cells", column=column, n=entry.get("cells", 0))
    return key, t("restated.rows", added=entry.get("rows_added", 0), removed=entry.get("rows_removed", 0))


_ENTRIES = {"drift": _drift, "warnings": _warning, "restated": _restated}
