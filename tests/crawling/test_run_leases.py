"""What a run could not give back because the ledger was away."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from shopdata.crawling.run_leases import RunLeases
from shopdata.exceptions import LedgerError
from shopdata.ledger import CellKey, Ledger
from shopdata.ledger.owner import Owner

KEY = CellKey("jd_store", "2026-03-01", "one")


def test_it_is_given_back_with_the_next_sign_of_life(tmp_path: Path) -> None:
    with Ledger.at(tmp_path) as ledger, Ledger.at(tmp_path) as other:
        ledger.add_cells("jd", [KEY])
        claims = ledger.hold_for(Owner.here("a"), 0.5)
        leases = RunLeases(claims, 0)

        def refuse(_: object) -> None:
            raise LedgerError("the database is away", todo="Wait.")

        def owner() -> str:
            cell = other.cell(KEY)
            return cell.lease_owner if cell is not None else ""

        def wait_until_free() -> None:
            while owner():
                time.sleep(0.05)

        async def scenario() -> None:
            await leases.acquire({KEY: 0})
            with pytest.MonkeyPatch.context() as away:
                away.setattr(ledger._database, "write", refuse)
                await leases.release(KEY)
            assert owner(), "it was let go of all the same"
            leases.begin()
            await asyncio.to_thread(wait_until_free)
            await leases.end()

        asyncio.run(scenario())


def test_what_was_taken_once_more_is_not_given_back(tmp_path: Path) -> None:
    with Ledger.at(tmp_path) as ledger, Ledger.at(tmp_path) as other:
        keys = [KEY, CellKey("jd_store", "2026-03-01", "two")]
        ledger.add_cells("jd", keys)
        claims = ledger.hold_for(Owner.here("a"), 0.5)
        leases = RunLeases(claims, 0)

        def refuse(_: object) -> None:
            raise LedgerError("the database is away", todo="Wait.")

        def held() -> set[str]:
            return {cell.shop for cell in other.cells() if cell.lease_owner}

        async def scenario() -> None:
            await leases.acquire(dict.fromkeys(keys, 0))
            with pytest.MonkeyPatch.context() as away:
                away.setattr(ledger._database, "write", refuse)
                for key in keys:
                    await leases.release(key)
            await leases.acquire({KEY: 0})
            leases.begin()
            # The other one shows when the next sign of life has come.
            while "two" in await asyncio.to_thread(held):
                pass
            assert held() == {KEY.shop}
            await leases.end()

        asyncio.run(scenario())
