"""An order waits for its shop's turn. Who has lost the cell meanwhile, as a machine that slept has, sends none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date

import pytest
from workplace import Workplace, crawl_command

from shopdata.ledger import Ledger
from shopdata.ledger.owner import Owner

pytestmark = pytest.mark.services

DAY = date(2026, 3, 1)
OTHER = Owner("another-run", "another-machine", 1, "1", "elsewhere")


def test_it_does_not_leave_any_more(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=1)
    (shop,) = place.shops
    place.sign_in(shop.id)
    # So long that there is time to take the cell over while the order waits.
    place.edit("portals.yaml", lambda portals: portals["jd"].update(requests_per_second=0.1))
    with Ledger.at(place.state_dir):
        pass  # its tables are there
    run = place.start(*crawl_command(f"date={DAY}"))
    run.wait_until(lambda: of_cell(place, "SELECT job FROM cells WHERE job IS NOT NULL") != [])
    of_cell(place, "UPDATE cells SET lease_owner = ?", str(OTHER))
    assert run.wait().code == 1, run.text
    assert "is no longer ours" in run.err
    assert OTHER.for_people() in run.err
    assert "Traceback" not in run.text
    assert place.sandbox.counters().jobs == {}


def of_cell(place: Workplace, statement: str, *values: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(place.state_dir / "ledger.sqlite3", timeout=60)) as ledger:
        found = ledger.execute(statement, values).fetchall()
        ledger.commit()
        return found
