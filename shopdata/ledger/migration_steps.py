"""What changed in the ledger's tables, version by version.

A step names its tables and columns itself and never looks at `schema.py`: what it does must stay what it was on the day
it landed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Float, Integer, LargeBinary, String, Text, false

if TYPE_CHECKING:
    from alembic.operations import Operations


def _to_2(op: Operations) -> None:
    """Leases on cells and on names, when a cell is due again, the clock's slots, what was told, and who runs a run.

    Only additions, so that a run of the old version may end in peace.
    """
    op.add_column("cells", Column("lease_owner", String(255), nullable=False, server_default=""))
    op.add_column("cells", Column("lease_until", DateTime(timezone=True)))
    op.add_column("cells", Column("next_ask_at", DateTime(timezone=True)))
    op.add_column("cells", Column("since_not_ready", DateTime(timezone=True)))
    op.add_column("runs", Column("heartbeat_at", DateTime(timezone=True)))
    op.add_column("runs", Column("host", String(255)))
    op.add_column("runs", Column("pid", Integer))
    op.add_column("runs", Column("exit_code", Integer))
    op.create_table(
        "leases",
        Column("name", String(255), primary_key=True),
        Column("owner", String(255), nullable=False),
        Column("until", DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "slots",
        Column("job", String(100), primary_key=True),
        Column("due_at", DateTime(timezone=True), primary_key=True),
        Column("state", String(20), nullable=False),
        Column("decided_at", DateTime(timezone=True), nullable=False),
        Column("run_id", String(100), nullable=False),
        Column("owner", String(255), nullable=False),
        Column("note", Text, nullable=False),
    )
    op.create_table(
        "told",
        Column("topic", String(255), primary_key=True),
        Column("digest", String(64), nullable=False),
        Column("told_at", DateTime(timezone=True), nullable=False),
        Column("state", JSON, nullable=False),
    )


def _to_3(op: Operations) -> None:
    """Which files a partition was made of (null: published before anybody kept it); cells found by who holds them."""
    op.add_column("partitions", Column("shops", JSON))
    op.create_index("ix_cells_lease_owner", "cells", ["lease_owner"])


def _to_4(op: Operations) -> None:
    """Which account a file came from, and which columns the files of a period really had; "" and null: nobody knows."""
    op.add_column("raw_files", Column("account", Text, nullable=False, server_default=""))
    op.add_column("partitions", Column("seen", JSON))


def _to_5(op: Operations) -> None:
    """Reasons as data: a code and its facts beside each sentence; `unknown` where only the sentence was kept."""
    op.add_column("cells", Column("reason_code", String(64), nullable=False, server_default=""))
    op.add_column("cells", Column("reason_params", JSON))
    op.execute("UPDATE cells SET reason_code = 'unknown' WHERE reason <> ''")
    op.add_column("partitions", Column("refresh_code", String(64), nullable=False, server_default=""))
    op.add_column("partitions", Column("refresh_params", JSON))
    op.execute("UPDATE partitions SET refresh_code = 'unknown' WHERE refresh_state = 'FAILED'")
    op.add_column("slots", Column("reasons", JSON))


def _to_6(op: Operations) -> None:
    """What a run asked of portals. The counters in a file of the state directory are left behind: they begin anew."""
    for name in ("requests", "page_requests", "logins", "logins_refused"):
        op.add_column("runs", Column(name, Integer))


def _to_7(op: Operations) -> None:
    """Who did what."""
    op.create_table(
        "acts",
        Column("number", Integer, primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("user_name", String(100), nullable=False),
        Column("address", String(64), nullable=False),
        Column("via", String(20), nullable=False),
        Column("code", String(64), nullable=False),
        Column("target", String(255), nullable=False),
        Column("params", JSON, nullable=False),
    )
    op.create_index("ix_acts_at", "acts", ["at"])


def _to_8(op: Operations) -> None:
    """How long sessions live."""
    op.create_table(
        "session_lives",
        Column("platform", String(20), primary_key=True),
        Column("shop", String(64), primary_key=True),
        Column("signed_in_at", DateTime(timezone=True), primary_key=True),
        Column("signed_in_by", String(20), nullable=False),
        Column("asked", JSON, nullable=False),
        Column("device_made_at", DateTime(timezone=True)),
        Column("last_good_at", DateTime(timezone=True), nullable=False),
        Column("cookie_expires_at", DateTime(timezone=True)),
        Column("died_at", DateTime(timezone=True)),
        Column("death", String(20), nullable=False),
    )


def _to_9(op: Operations) -> None:
    """Shops that are kept without shops.yaml."""
    op.create_table(
        "shops",
        Column("id", String(64), primary_key=True),
        Column("platform", String(20), nullable=False),
        Column("name", String(255), nullable=False, unique=True),
        Column("facts", JSON, nullable=False),
        Column("sealed", Text, nullable=False),
        Column("place", Integer, nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
    )


def _to_10(op: Operations) -> None:
    """What files say about themselves, and those that were found doubtful."""
    cell = [("dataset", 64), ("dt", 21), ("shop", 64)]
    op.create_table(
        "file_facts",
        *(Column(name, String(length), primary_key=True) for name, length in cell),
        Column("sha256", String(64), nullable=False),
        Column("facts", JSON, nullable=False),
        Column("result", String(20), nullable=False, server_default=""),
    )
    op.create_table(
        "doubts",
        *(Column(name, String(length), primary_key=True) for name, length in cell),
        Column("state", String(20), nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("rows", BigInteger, nullable=False),
        Column("answers", Integer, nullable=False),
        Column("found", JSON, nullable=False),
        Column("file", JSON),
        Column("user_name", String(100), nullable=False, server_default=""),
        Column("updated_at", DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_doubts_state", "doubts", ["state"])


def _to_11(op: Operations) -> None:
    """When accounts have ordered reports."""
    op.create_table(
        "orders",
        Column("name", String(255), primary_key=True),
        Column("ordered_at", DateTime(timezone=True), primary_key=True),
    )


def _to_12(op: Operations) -> None:
    """When files came, how long they took and when they were revised; cells are counted by state, of many periods."""
    op.add_column("cells", Column("tried_at", DateTime(timezone=True)))
    for name in ("first_fetched_at", "revised_at"):
        op.add_column("raw_files", Column(name, DateTime(timezone=True)))
    op.add_column("raw_files", Column("seconds", Integer))
    op.add_column("raw_files", Column("rows_before", BigInteger))
    op.create_index("ix_cells_state_dataset_dt", "cells", ["state", "dataset", "dt"])
    op.drop_index("ix_cells_state", "cells")


def _to_13(op: Operations) -> None:
    """On whose disk a raw file waits for the store, what it came of, and which machines show life."""
    op.add_column("raw_files", Column("node", String(100), nullable=False, server_default=""))
    op.add_column("raw_files", Column("job", JSON))
    op.create_table(
        "nodes",
        Column("name", String(100), primary_key=True),
        Column("beat_at", DateTime(timezone=True), nullable=False),
    )


def _to_14(op: Operations) -> None:
    """Sessions and pace, where several machines share them."""
    op.create_table(
        "sessions",
        Column("name", String(255), primary_key=True),
        Column("content", LargeBinary, nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "paces",
        Column("name", String(255), primary_key=True),
        Column("last_at", DateTime(timezone=True), nullable=False),
    )


def _to_15(op: Operations) -> None:
    """The queue of services that share a ledger, and what is known of each of them."""
    op.add_column("nodes", Column("address", String(255), nullable=False, server_default=""))
    op.add_column("nodes", Column("version", String(50), nullable=False, server_default=""))
    op.add_column("nodes", Column("seats", Integer, nullable=False, server_default="0"))
    op.add_column("nodes", Column("service_beat_at", DateTime(timezone=True)))
    op.create_table(
        "queue",
        Column("number", Integer, primary_key=True),
        Column("project", String(100), nullable=False),
        Column("job", String(100), nullable=False),
        Column("priority", Float, nullable=False),
        Column("message", JSON, nullable=False),
        Column("holder", String(100), nullable=False, server_default=""),
        Column("until", DateTime(timezone=True)),
        Column("added_at", DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_queue_order", "queue", ["project", "priority", "number"])
    op.create_index("ix_queue_job", "queue", ["job"])


def _to_16(op: Operations) -> None:
    """What each node's configuration is like, and which of them has signed a shop in."""
    op.add_column("nodes", Column("config_hash", String(64), nullable=False, server_default=""))
    op.add_column("nodes", Column("config_parts", JSON))
    op.add_column("nodes", Column("packages", JSON))
    op.add_column("sessions", Column("home", String(100), nullable=False, server_default=""))


def _to_17(op: Operations) -> None:
    """Where a run is at work, what a service says of itself, and jobs whose end a person wants on another machine."""
    op.add_column("runs", Column("node", String(100), nullable=False, server_default=""))
    op.add_column("nodes", Column("state", String(20), nullable=False, server_default="up"))
    op.add_column("queue", Column("is_cancelled", Boolean, nullable=False, server_default=false()))


def _to_18(op: Operations) -> None:
    """The cells of a run are found without looking at all that there are."""
    op.create_index("ix_cells_run_id", "cells", ["run_id"])


#: The version that a step leads to, and the step.
STEPS: Mapping[int, Callable[[Operations], None]] = {
    2: _to_2,
    3: _to_3,
    4: _to_4,
    5: _to_5,
    6: _to_6,
    7: _to_7,
    8: _to_8,
    9: _to_9,
    10: _to_10,
    11: _to_11,
    12: _to_12,
    13: _to_13,
    14: _to_14,
    15: _to_15,
    16: _to_16,
    17: _to_17,
    18: _to_18,
}
