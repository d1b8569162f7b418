"""The ledger's tables. States are plain text and details JSON, so that both can grow without a migration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shopdata.periods import SHANGHAI

#: Raised by one with every change of a table, together with the step that leads there (`migration_steps.py`).
SCHEMA_VERSION = 18


class UtcTime(TypeDecorator[datetime]):
    """Aware times, stored as UTC, handed out in Asia/Shanghai. SQLite keeps no zone, so none is given to it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger keeps aware times only")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(SHANGHAI)


class Base(DeclarativeBase):
    """All tables of the ledger."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it off the class
        datetime: UtcTime,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class SchemaVersion(Base):
    """One row: which tables these are."""

    __tablename__ = "schema_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    applied_at: Mapped[datetime]


class Run(Base):
    """One crawl."""

    __tablename__ = "runs"

    run_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    spider: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(50))
    counts: Mapped[dict[str, Any]]
    heartbeat_at: Mapped[datetime | None]
    host: Mapped[str | None] = mapped_column(String(255))
    #: The state directory that it works in, of several on one ledger; empty of earlier ones.
    node: Mapped[str] = mapped_column(String(100), default="", server_default="")
    pid: Mapped[int | None]
    exit_code: Mapped[int | None]
    #: What it asked of portals; None of runs that ended before this was kept, or were killed.
    requests: Mapped[int | None]
    page_requests: Mapped[int | None]
    logins: Mapped[int | None]
    logins_refused: Mapped[int | None]


class CellRow(Base):
    """One dataset, period and shop: how the last try ended."""

    __tablename__ = "cells"
    # Few cells are in one of the states that somebody looks for; of many periods, cells are counted by state.
    __table_args__ = (Index("ix_cells_state_dataset_dt", "state", "dataset", "dt"),)

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    dt: Mapped[str] = mapped_column(String(21), primary_key=True)
    shop: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    rows: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    #: When the last try began; null where it was before anybody kept it.
    tried_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    reason_code: Mapped[str] = mapped_column(String(64), default="", server_default="")
    reason_params: Mapped[dict[str, Any] | None]
    updated_at: Mapped[datetime]
    run_id: Mapped[str] = mapped_column(String(100), default="", index=True)
    job: Mapped[dict[str, Any] | None]
    #: Who asks for it now; empty if nobody does.
    lease_owner: Mapped[str] = mapped_column(String(255), default="", server_default="", index=True)
    lease_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None] = mapped_column("next_ask_at")
    since_not_ready: Mapped[datetime | None]
    # Whoever reads many joins it (`rows.WITH_FILE`): for a list of keys SQLite goes through the whole table.
    raw: Mapped[RawRow | None] = relationship(cascade="all, delete-orphan")


class RawRow(Base):
    """The last good file of a cell."""

    __tablename__ = "raw_files"
    __table_args__ = (
        ForeignKeyConstraint(["dataset", "dt", "shop"], ["cells.dataset", "cells.dt", "cells.shop"]),
        Index("ix_raw_files_in_store", "in_store"),
    )

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    dt: Mapped[str] = mapped_column(String(21), primary_key=True)
    shop: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(1024))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    ext: Mapped[str] = mapped_column(String(10))
    rows: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[datetime]
    shop_name: Mapped[str] = mapped_column(Text, default="")
    in_store: Mapped[bool]
    warnings: Mapped[list[Any]]
    drift: Mapped[list[Any]]
    #: JSON as text, so that a database can tell equal ones; empty where nobody knows it.
    account: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: When the first file of the cell came, how long the try took that has brought this one, when it took the place of
    #: another one, and how many rows that one had; null where nobody kept it, or there was none.
    first_fetched_at: Mapped[datetime | None]
    seconds: Mapped[int | None]
    revised_at: Mapped[datetime | None]
    rows_before: Mapped[int | None] = mapped_column(BigInteger)
    #: On whose disk it is until the store holds it, and the report job that it came of, should it get lost there.
    node: Mapped[str] = mapped_column(String(100), default="", server_default="")
    job: Mapped[dict[str, Any] | None]


class PartitionRow(Base):
    """What was published for one dataset and period, last."""

    __tablename__ = "partitions"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    dt: Mapped[str] = mapped_column(String(21), primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    rows: Mapped[int] = mapped_column(BigInteger)
    published: Mapped[int]
    missing: Mapped[list[Any]]
    run_id: Mapped[str] = mapped_column(String(100))
    receipt_key: Mapped[str] = mapped_column(String(1024))
    parquet_sha256: Mapped[str] = mapped_column(String(64))
    workbook_sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    columns: Mapped[list[Any]]
    shops: Mapped[dict[str, Any] | None]
    seen: Mapped[list[Any] | None]
    refresh_state: Mapped[str] = mapped_column(String(50), default="")
    refresh_detail: Mapped[str] = mapped_column(Text, default="")
    refresh_code: Mapped[str] = mapped_column(String(64), default="", server_default="")
    refresh_params: Mapped[dict[str, Any] | None]


class LeaseRow(Base):
    """A lock with an end, on anything that has a name."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    until: Mapped[datetime]


class NodeRow(Base):
    """A state directory with the machine that it is on, and when a run there has shown life, last."""

    __tablename__ = "nodes"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    beat_at: Mapped[datetime]
    #: Of its service, where one runs: where it listens, of which version it is, how many crawls it takes at once.
    address: Mapped[str] = mapped_column(String(255), default="", server_default="")
    version: Mapped[str] = mapped_column(String(50), default="", server_default="")
    seats: Mapped[int] = mapped_column(default=0, server_default="0")
    #: What it last said of itself: up, draining or stopped.
    state: Mapped[str] = mapped_column(String(20), default="up", server_default="up")
    #: When the service has shown life, last: a crawl shows it for its node too.
    service_beat_at: Mapped[datetime | None]
    #: What its configuration is like: a sum of all of it, one of each part, and the versions of installed packages.
    config_hash: Mapped[str] = mapped_column(String(64), default="", server_default="")
    config_parts: Mapped[dict[str, Any] | None]
    packages: Mapped[dict[str, Any] | None]


class QueueRow(Base):
    """A job that waits for a crawl, or is in work; where services share a ledger."""

    __tablename__ = "queue"
    __table_args__ = (Index("ix_queue_order", "project", "priority", "number"), Index("ix_queue_job", "job"))

    number: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(String(100))
    job: Mapped[str] = mapped_column(String(100))
    priority: Mapped[float] = mapped_column(Float)
    message: Mapped[dict[str, Any]]
    #: The node that works on it; empty, or until the time is over, nobody.
    holder: Mapped[str] = mapped_column(String(100), default="", server_default="")
    until: Mapped[datetime | None]
    #: A person wants its end, wherever it is at work.
    is_cancelled: Mapped[bool] = mapped_column(default=False, server_default=false())
    added_at: Mapped[datetime]


class SlotRow(Base):
    """A time at which a job of schedule.yaml was due, and what was decided about it."""

    __tablename__ = "slots"

    job: Mapped[str] = mapped_column(String(100), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    decided_at: Mapped[datetime]
    run_id: Mapped[str] = mapped_column(String(100), default="")
    owner: Mapped[str] = mapped_column(String(255), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    reasons: Mapped[list[Any] | None]


class NotificationRow(Base):
    """What alerts have said about a topic, last."""

    __tablename__ = "told"

    topic: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    told_at: Mapped[datetime]
    state: Mapped[dict[str, Any]]


class ActRow(Base):
    """Something that a person has done with the service, or to its users."""

    __tablename__ = "acts"
    __table_args__ = (Index("ix_acts_at", "at"),)

    #: In the order in which they were written.
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user: Mapped[str] = mapped_column("user_name", String(100))
    address: Mapped[str] = mapped_column(String(64))
    via: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(255))
    params: Mapped[dict[str, Any]]


class SessionLifeRow(Base):
    """One session of a shop, from its sign-in to its end."""

    __tablename__ = "session_lives"

    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    shop: Mapped[str] = mapped_column(String(64), primary_key=True)
    signed_in_at: Mapped[datetime] = mapped_column(primary_key=True)
    signed_in_by: Mapped[str] = mapped_column(String(20))
    asked: Mapped[list[Any]]
    device_made_at: Mapped[datetime | None]
    last_good_at: Mapped[datetime]
    cookie_expires_at: Mapped[datetime | None]
    died_at: Mapped[datetime | None]
    death: Mapped[str] = mapped_column(String(20), default="")


class SessionRow(Base):
    """A saved session, a device, or what else goes with them, encrypted; where machines share a ledger."""

    __tablename__ = "sessions"

    #: As the file would be called.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime]
    #: The node that has signed in, from whose address the portal knows the account; empty where nobody kept it.
    home: Mapped[str] = mapped_column(String(100), default="", server_default="")


class PaceRow(Base):
    """When a shop was asked last; where machines share a ledger."""

    __tablename__ = "paces"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    last_at: Mapped[datetime]


class ShopRow(Base):
    """A shop that is kept here and not in shops.yaml. Who may sign in as it, stands in `sealed` and nowhere else."""

    __tablename__ = "shops"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(255), unique=True)
    facts: Mapped[dict[str, Any]]
    sealed: Mapped[str] = mapped_column(Text)
    #: Shops follow each other by it.
    place: Mapped[int]
    changed_at: Mapped[datetime]


class FactsRow(Base):
    """What a cell's file says about itself, for the checks of later ones; void where the cell has another file."""

    __tablename__ = "file_facts"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    dt: Mapped[str] = mapped_column(String(21), primary_key=True)
    shop: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]]
    #: What came of its checks: ok, learning or doubtful; "" where nobody has judged it.
    result: Mapped[str] = mapped_column(String(20), default="", server_default="")


class DoubtRow(Base):
    """A file of a cell that a check has found doubtful, and what became of it."""

    __tablename__ = "doubts"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    dt: Mapped[str] = mapped_column(String(21), primary_key=True)
    shop: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(BigInteger)
    #: How many doubtful answers came, one after the other.
    answers: Mapped[int]
    found: Mapped[list[Any]]
    #: The file that was put aside, to be taken back; null where it was not.
    file: Mapped[dict[str, Any] | None]
    #: Who let it through.
    user_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    updated_at: Mapped[datetime]


class OrderRow(Base):
    """A report that was ordered, where the portal limits how often an account may."""

    __tablename__ = "orders"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    ordered_at: Mapped[datetime] = mapped_column(primary_key=True)
