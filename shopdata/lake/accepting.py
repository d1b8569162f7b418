"""A person lets doubtful files through: they are the cell's files from then on, and it is kept who said so."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shopdata.exceptions import LedgerError, ShopdataError
from shopdata.lake.doubts import Decision, Doubts
from shopdata.lake.partition import build_partition
from shopdata.lake.refresh import publish_and_refresh
from shopdata.lake.resources import Resources
from shopdata.ledger import Cell, CellKey, Claims, Ledger
from shopdata.ledger.acts import Act
from shopdata.ledger.checked_files import Doubt, DoubtState
from shopdata.ledger.holding import holding
from shopdata.ledger.owner import Owner, name_of
from shopdata.store.outbox import Outbox

_LEASE_SECONDS = 120


@dataclass(frozen=True)
class Accepted:
    """What became of a period: which shops were let through, and what is published now."""

    shops: tuple[str, ...]
    rows: int
    missing: int


def open_doubts(ledger: Ledger, dataset: str, dt: str, shops: Collection[str] | None = None) -> list[Doubt]:
    """Those of a period that a person can do something about: put aside, or published with a mark."""
    return [
        doubt
        for doubt in ledger.checked.doubts(dataset, [dt])
        if (doubt.state.is_aside or doubt.state in (DoubtState.CONFIRMED, DoubtState.NOTED))
        and (shops is None or doubt.shop in shops)
    ]


def let_through(found: Collection[Doubt], lake: Resources, claims: Claims, user: str) -> Iterator[Doubt]:
    """Makes doubtful files those of their cells, and tells each one that is.

    Args:
        claims: of the run whose ledger `lake` has.

    Raises:
        DiskError: a file is not on this machine.
        LedgerError: another run is at the cell.
    """
    doubts, ledger = Doubts(lake.config, lake.ledger, lake.staging), lake.ledger
    for doubt in found:
        cell = ledger.cell(doubt.key)
        if cell is None:
            continue
        with _held(cell, claims):
            if doubt.state.is_aside:
                raw = doubts.take_back(doubt)
                ledger.settle(doubt.key, raw.state, raw=raw)
            doubts.settle(Decision(doubt, DoubtState.ACCEPTED, cell), user)
        yield doubt


@contextlib.contextmanager
def _held(cell: Cell, claims: Claims) -> Iterator[None]:
    claim = claims.acquire({cell.key: cell.attempts})
    if cell.key not in claim.acquired:
        holder = name_of(claim.held[0].lease_owner) if claim.held else "another run"
        raise LedgerError("another run is at this cell", where=str(cell.key), found=holder, todo="Let it end.")
    try:
        yield
    finally:
        claims.release(cell.key)


def let_one_through(key: CellKey, run_id: str, lake: Resources, user: str) -> bool | None:
    """Lets a cell's doubtful file through, to be published by the next run of its period.

    Args:
        lake: its ledger is this call's own.
        user: who says so.

    Returns:
        True if there is something to publish now, False if it is published already; None if nothing is doubtful.
    """
    found = open_doubts(lake.ledger, key.dataset, key.dt, [key.shop])
    claims = lake.ledger.hold_for(Owner.here(run_id), _LEASE_SECONDS)
    through = list(let_through(found, lake, claims, user))
    return any(doubt.state.is_aside for doubt in through) if through else None


def accept(
    dataset: str, dts: Collection[str], shops: Collection[str] | None, run_id: str, lake: Resources, user: str
) -> Iterator[tuple[str, Accepted | ShopdataError | None]]:
    """Lets files through and publishes their periods anew; None where nothing is doubtful.

    What can't be done is yielded as its reason: a StoreError, a DiskError, a LedgerError.
    """
    claims = lake.ledger.hold_for(Owner.here(run_id), _LEASE_SECONDS)
    for dt in dts:
        try:
            yield dt, _accept(dataset, dt, shops, run_id, lake, claims, user)
        except ShopdataError as error:
            yield dt, error


def _accept(
    dataset: str,
    dt: str,
    shops: Collection[str] | None,
    run_id: str,
    lake: Resources,
    claims: Claims,
    user: str,
) -> Accepted | None:
    found = open_doubts(lake.ledger, dataset, dt, shops)
    if not found:
        return None
    with holding(claims, dataset, dt):
        through = [doubt.shop for doubt in let_through(found, lake, claims, user)]
        told = {"dt": dt, "shop": ",".join(through)}
        lake.ledger.acts.add(Act(user=user, code="accept", via="command", target=dataset, params=told))
        built = build_partition(dataset, dt, run_id, lake)
        assert built is not None
        Outbox(lake.staging, lake.ledger, lake.store).send_partition(dataset, dt)
        receipt = publish_and_refresh(built, lake)
    return Accepted(tuple(through), receipt.rows, len(receipt.missing))
