"""A ledger of an older version is brought to today's, with all that it holds; one of a newer version is left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, create_engine, inspect, make_url, select, text, update

from shopdata.exceptions import LedgerError
from shopdata.ledger import CellKey, Ledger
from shopdata.ledger.migration_steps import STEPS
from shopdata.ledger.schema import SCHEMA_VERSION, Base, SchemaVersion
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState

FIXTURES = Path(__file__).parent / "ledger_fixtures"


@pytest.fixture
def old_url(database_url: str) -> str:
    """A database as the first landed version of the ledger left it: dumped after its own code had filled it."""
    url = make_url(database_url)
    dump = (FIXTURES / f"version_1.{url.get_backend_name()}.sql").read_text("utf-8")
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "")) as connection:
            connection.executescript(dump)
    else:
        with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
            connection.execute(dump.encode())
    return database_url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A look into the tables, past the ledger's own code."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def versions(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(SchemaVersion.version)))


def differences(engine: Engine) -> list[object]:
    """What alembic would have to change, to make the database as the code thinks it is."""
    # On SQLite alembic takes the default '' for another one than ''.
    options = {"compare_type": True, "compare_server_default": engine.dialect.name != "sqlite"}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))


def test_every_version_has_its_step() -> None:
    assert list(STEPS) == list(range(2, SCHEMA_VERSION + 1))


def test_the_first_version_was_another_one(old_url: str, engine: Engine) -> None:
    assert versions(engine) == [1]
    assert differences(engine) != []


def test_a_new_ledger_and_an_old_one_have_the_same_tables(old_url: str, engine: Engine) -> None:
    Ledger(old_url).close()
    assert versions(engine) == [SCHEMA_VERSION]
    assert differences(engine) == []


def test_a_new_ledger_is_as_the_code_thinks_it_is(database_url: str, engine: Engine) -> None:
    Ledger(database_url).close()
    assert versions(engine) == [SCHEMA_VERSION]
    assert differences(engine) == []


def test_all_that_it_held_is_still_there(old_url: str) -> None:
    with Ledger(old_url) as ledger:
        cells = {(cell.dt, cell.shop): cell for cell in ledger.cells()}
        assert {key: (cell.state.value, cell.attempts, cell.rows) for key, cell in cells.items()} == {
            ("2026-03-01", "flagship"): ("published", 1, 200),
            ("2026-03-01", "kids"): ("empty", 1, 0),
            ("2026-03-01", "outlet"): ("needs_login", 1, None),
            ("2026-03-01", "sport"): ("failed", 1, None),
            ("2026-03-02", "flagship"): ("staged", 1, 200),
            ("2026-03-02", "kids"): ("pending", 0, None),
            ("2026-03-02", "outlet"): ("running", 1, None),
        }
        assert cells["2026-03-01", "sport"].reason == Reason("unknown", {}, "JD 拒绝生成报表：don't ask again; 100%")
        assert cells["2026-03-02", "outlet"].job == {
            "task_name": "商品明细_2026-03-02",
            "report_type": "supplyChainPro",
            "submitted_at": "2026-03-03T08:30:05.250000+08:00",
        }
        raw = cells["2026-03-01", "flagship"].raw
        assert raw is not None
        assert (raw.sha256, raw.shop_name, raw.in_store) == ("ab" * 32, "回力京东旗舰店", True)
        assert raw.fetched_at == datetime(2026, 3, 2, 0, 30, 5, 123456, tzinfo=UTC)
        assert [cell.dt for cell in ledger.unsent_raw()] == ["2026-03-02", "2026-03-01"]
        (partition,) = ledger.partitions()
        assert (partition.rows, partition.columns) == (200, ("shop", "SKU", "毛利"))
        assert [shop.id for shop in partition.missing] == ["outlet", "sport"]
        finished, running = sorted(ledger.runs(), key=lambda run: run.started_at)
        assert (finished.outcome, finished.counts["published"]) == ("incomplete", 1)
        assert (running.run_id, running.outcome, running.pid) == ("job-of-scrapyd", None, None)
        assert {(cell.lease_owner, cell.lease_until, cell.next_attempt_at) for cell in cells.values()} == {
            ("", None, None)
        }


#: Codes are there from version 5 on.
@pytest.mark.parametrize("version", range(1, 5))
def test_of_every_earlier_version_the_sentences_stay_and_are_not_read(
    version: int, old_url: str, engine: Engine
) -> None:
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        for step in range(2, version + 1):
            STEPS[step](operations)
        connection.execute(update(SchemaVersion).values(version=version))
        connection.execute(text("UPDATE partitions SET refresh_state = 'FAILED', refresh_detail = 'no answer'"))
    with Ledger(old_url) as ledger:
        reasons = {cell.reason for cell in ledger.cells(dt="2026-03-01")}
        assert {reason.code for reason in reasons if reason} == {"unknown"}
        assert Reason("unknown", {}, "JD 拒绝生成报表：don't ask again; 100%") in reasons
        assert NO_REASON in reasons
        (partition,) = ledger.partitions()
        assert partition.refresh_reason == Reason("unknown", {}, "no answer")
        assert [shop.reason.code for shop in partition.missing] == ["unknown", "unknown"]
        key, reason = (
            CellKey("jd_store", "2026-03-02", "kids"),
            Reason("missing_columns", {"columns": ("可用库存",)}, "no."),
        )
        ledger.settle(key, CellState.REJECTED, reason)
        assert [cell.reason for cell in ledger.cells(dt=key.dt, shops=[key.shop])] == [reason]


def test_it_is_a_ledger_to_go_on_with(old_url: str) -> None:
    key = CellKey("jd_store", "2026-03-02", "kids")
    with Ledger(old_url) as ledger:
        assert ledger.claim(key, "run-2").attempts == 1
    with Ledger(old_url) as again:
        assert [cell.attempts for cell in again.cells(dt="2026-03-02")] == [1, 1, 1]


def test_many_that_open_it_at_once(old_url: str, engine: Engine) -> None:
    barrier = Barrier(4)

    def look(_number: int) -> int:
        barrier.wait(30)
        with Ledger(old_url) as ledger:
            return len(ledger.cells())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, range(4))) == [7] * 4
    assert versions(engine) == [SCHEMA_VERSION]


def test_a_step_that_fails_leaves_the_old_tables(old_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE told (topic INTEGER)"))
    with pytest.raises(LedgerError, match="told"):
        Ledger(old_url)
    assert versions(engine) == [1]
    with engine.begin() as connection:
        assert "lease_owner" not in {column["name"] for column in inspect(connection).get_columns("cells")}
        connection.execute(text("DROP TABLE told"))
    with Ledger(old_url) as ledger:
        assert len(ledger.cells()) == 7


def test_a_newer_ledger_is_not_touched(database_url: str, engine: Engine) -> None:
    Ledger(database_url).close()
    with engine.begin() as connection:
        connection.execute(update(SchemaVersion).values(version=99))
    expected = rf"another version of shopdata. Found version 99, expected version {SCHEMA_VERSION}. Use the newest"
    with pytest.raises(LedgerError, match=expected):
        Ledger(database_url)
    assert versions(engine) == [99]
