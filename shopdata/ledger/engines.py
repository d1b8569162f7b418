"""How each kind of database is connected to: what a connection is told before anybody uses it."""

from __future__ import annotations

import functools
import json
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event


def create_engine_for(url: URL, busy_seconds: float, answer_seconds: float) -> Engine:
    """An engine that has not connected yet.

    Args:
        busy_seconds: how long SQLite waits for another process that is writing.
        answer_seconds: how long PostgreSQL is waited for.

    Raises:
        sqlalchemy.exc.SQLAlchemyError, ImportError: there is no such dialect or no driver.
    """
    options: dict[str, Any] = {
        "hide_parameters": True,
        "json_serializer": functools.partial(json.dumps, ensure_ascii=False),
    }
    kind = url.get_backend_name()
    if kind == "sqlite":
        engine = create_engine(url, connect_args={"timeout": busy_seconds}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Several runs at once must not use up what the server has.
    engine = create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=4, **options)
    if kind == "postgresql":
        from shopdata.ledger.deadline import connector  # with a driver that nobody else needs

        connect = connector(answer_seconds)
        event.listen(engine, "do_connect", lambda _dialect, _record, args, named: connect(*args, **named))
        event.listen(engine, "connect", functools.partial(_prepare_postgresql, answer_seconds))
    return engine


def _prepare_postgresql(answer_seconds: float, connection: Any, _record: object) -> None:
    # A machine that falls asleep in the middle of a write must not hold the others up until it wakes.
    connection.autocommit = True
    for name, seconds in (("idle_in_transaction_session_timeout", 60), ("lock_timeout", 0.9 * answer_seconds)):
        connection.execute(f"SET {name} = '{seconds * 1000:.0f}ms'")
    connection.autocommit = False


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of when to begin a transaction is switched off: `_begin_sqlite` does it.
    connection.isolation_level = None
    # WAL: readers and one writer side by side. FULL: what is committed survives a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("shopdata_begin", "BEGIN"))
