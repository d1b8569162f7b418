"""A shop has been signed in: what it is missing is asked for at once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from shopdata.config import Shop
from shopdata.exceptions import ShopdataError
from shopdata.periods import Period, today
from shopdata.service.control import Control
from shopdata.service.expected import expected_of, newest_only
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class Service(Control, Protocol):
    """What is needed of the service."""

    workspace: Workspace

    def now(self) -> datetime:
        """What the schedule goes by."""

    def collect_together(self, dataset: str, dts: Collection[str], shop: str) -> str:
        """As `collect`, in the run that waits for the same periods of other shops, if there is one; the run's id."""


def ask_for_missing(service: Service, shop: Shop) -> None:
    """Queues the cells of this shop that wait for a person, and those whose time has come and that no run has asked for
    yet: before its first sign-in a shop has none. One run for each dataset. Blocks.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    known = set()
    for cell in service.workspace.ledger.cells(shops=[shop.id]):
        known.add((cell.key.dataset, cell.key.dt))
        if cell.state is CellState.NEEDS_LOGIN:
            wanted[cell.key.dataset].add(cell.key.dt)
    for dataset, dt in _overdue(service, shop):
        if (dataset, dt) not in known:
            wanted[dataset].add(dt)
    for dataset, dts in wanted.items():
        try:
            run = service.collect_together(dataset, dts, shop.id)
        except ShopdataError as error:
            logger.error("%s: %s could not be asked for after its sign-in: %s", shop.id, dataset, error)
        else:
            logger.info("%s: signed in, and what it was missing is asked for: run %s", shop.id, run)


def _overdue(service: Service, shop: Shop) -> Iterator[tuple[str, str]]:
    """Dataset and period of what the clock has had to ask for by now."""
    config, now = service.workspace.read_config(), service.now()
    for dataset, expected in expected_of(config, newest_only(service.next_due()), today(now)).items():
        is_theirs = any(one.id == shop.id for one in config.shops_for(dataset))
        if not is_theirs or expected.is_paused or expected.due_at is None or expected.due_at > now:
            continue
        if shop.has(Period.from_dt(expected.dt)):
            yield dataset, expected.dt
