"""Brings the ledger's tables to today's version, by the steps of `migration_steps.py`, with alembic's operations.

alembic's own folder of scripts is not used, because scrapyd runs us from a zipped egg, where there is no folder; the
version is the one row of `schema_version`.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, inspect, select
from sqlalchemy.orm import Session

from shopdata.ledger.migration_steps import STEPS
from shopdata.ledger.schema import SCHEMA_VERSION, Base, SchemaVersion

if TYPE_CHECKING:
    from alembic.operations import Operations

logger = logging.getLogger(__name__)

# Tells at every step what kind of database this is.
logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)

#: Any number that no other program on the same PostgreSQL is likely to take.
_POSTGRESQL_LOCK = 5_094_274_117


def version_of(session: Session) -> int | None:
    """Which version the tables have; None where there are none, 0 where nothing says it."""
    if not inspect(session.connection()).has_table(SchemaVersion.__tablename__):
        return None
    return session.scalars(select(func.max(SchemaVersion.version))).one() or 0


def bring_up_to_date(session: Session) -> int:
    """Creates the tables where there are none, else takes the steps that are missing, all in this one transaction.

    Returns:
        the version that the tables have now: `SCHEMA_VERSION`, or another one that no step leads away from.
    """
    connection = session.connection()
    _wait_for_others(connection)
    found = version_of(session)
    if found is None:
        Base.metadata.create_all(connection)
        _write_version(session, SCHEMA_VERSION)
        return SCHEMA_VERSION
    version = found
    while step := STEPS.get(version + 1):
        step(_operations(connection))
        version += 1
        logger.info("the ledger's tables have version %d now", version)
    if version != found:
        _write_version(session, version)
    return version


def _operations(connection: Connection) -> Operations:
    # Imported where it is used: nearly every run finds the tables as they should be.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    return Operations(MigrationContext.configure(connection))


def _wait_for_others(connection: Connection) -> None:
    """Two processes that migrate at once: the second finds the work done. SQLite has locked the file by BEGIN."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_POSTGRESQL_LOCK)))


def _write_version(session: Session, version: int) -> None:
    session.execute(delete(SchemaVersion))
    session.add(SchemaVersion(version=version, applied_at=datetime.now(UTC)))
