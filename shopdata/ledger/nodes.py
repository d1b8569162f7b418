"""Nodes: state directories, each on its machine, that share a ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.rows import record_of
from shopdata.ledger.schema import NodeRow

#: A service shows life three times as often.
SERVICE_IS_UP_SECONDS = 30

#: What a service says of itself: it takes crawls; takes none, and lets those that it has end; has ended.
UP, DRAINING, STOPPED = "up", "draining", "stopped"
#: It takes none either, because the ledger is of a newer version: it must be upgraded.
OUTDATED = "outdated"
#: What is said of one that is silent and has not said that it would be, and of a node that never had a service.
LOST, NONE = "lost", "none"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One that was ever seen."""

    name: str
    beat_at: datetime
    #: Of its service; empty, and 0 seats, where none ever ran.
    address: str
    version: str
    seats: int
    service_beat_at: datetime | None
    #: UP, DRAINING, STOPPED, OUTDATED, LOST or NONE.
    state: str
    #: Differs where any part of the configuration does; "" where nobody has told it.
    config_hash: str = ""
    #: By the name of a file, or of what else belongs to the configuration, a sum of its content.
    config_parts: Mapping[str, str] = field(default_factory=dict)
    #: The versions of the packages that are installed.
    packages: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_up(self) -> bool:
        """True if its service shows life, and takes crawls."""
        return self.state == UP and self.seats > 0

    def differences(self, other: Node) -> list[str]:
        """What is not the same there: names of parts, and packages with both versions; what one lacks counts for
        files only. Empty where one of the two has never told."""
        if not (self.config_parts and other.config_parts):
            return []
        parts = sorted(self.config_parts.keys() | other.config_parts.keys())
        versions = {
            name: (self.packages[name], other.packages[name]) for name in self.packages if name in other.packages
        }
        return [
            *(name for name in parts if self.config_parts.get(name) != other.config_parts.get(name)),
            *(f"{name} {here}/{there}" for name, (here, there) in sorted(versions.items()) if here != there),
        ]


class Nodes(DatabasePart):
    """Which nodes there are, and which of them live."""

    @writes
    def beat(self, session: Session, name: str) -> None:
        """A sign of life, of a run."""
        now = self._database.now(session)
        _row(session, name, now).beat_at = now

    @writes
    def beat_service(
        self, session: Session, name: str, *, address: str, version: str, seats: int, state: str = UP
    ) -> None:
        """A sign of life, of a service. One whose program is older than the ledger's tables is OUTDATED.

        Args:
            seats: how many crawls it has room for.
            state: UP, DRAINING or STOPPED.
        """
        if state == UP and not self._database.is_of_our_version(session):
            state = OUTDATED
        now = self._database.now(session)
        row = _row(session, name, now)
        row.beat_at = row.service_beat_at = now
        row.address, row.version, row.seats, row.state = address, version, seats, state

    @writes
    def describe(
        self, session: Session, name: str, *, config_parts: Mapping[str, str], packages: Mapping[str, str]
    ) -> None:
        """What a node's configuration is like, and which packages it has."""
        row = _row(session, name, self._database.now(session))
        row.config_parts, row.packages = dict(config_parts), dict(packages)
        row.config_hash = hashlib.sha256(json.dumps(row.config_parts, sort_keys=True).encode()).hexdigest()

    @reads
    def silent_for(self, session: Session) -> dict[str, timedelta]:
        """How long ago each node has shown life, by the database's clock."""
        now = self._database.now(session)
        return {row.name: now - row.beat_at for row in session.scalars(select(NodeRow))}

    @reads
    def all(self, session: Session) -> list[Node]:
        """All of them, by name."""
        alive_since = self._database.now(session) - timedelta(seconds=SERVICE_IS_UP_SECONDS)
        return [
            record_of(
                Node,
                row,
                state=_state_of(row, alive_since),
                config_parts=row.config_parts or {},
                packages=row.packages or {},
            )
            for row in session.scalars(select(NodeRow).order_by(NodeRow.name))
        ]


def _state_of(row: NodeRow, alive_since: datetime) -> str:
    if row.service_beat_at is None:
        return NONE
    return row.state if row.state == STOPPED or row.service_beat_at > alive_since else LOST


def _row(session: Session, name: str, now: datetime) -> NodeRow:
    row = session.get(NodeRow, name, with_for_update=True)
    if row is None:
        row = NodeRow(name=name, beat_at=now)
        session.add(row)
    return row
