"""Cells, runs and partitions: what happened, written by the step that made it true, after it is true.

Blocking and thread-safe: a caller inside the reactor uses a thread. What comes out are frozen records, never live rows.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL

from shopdata.exceptions import LedgerError
from shopdata.ledger.acts import Acts
from shopdata.ledger.cells import Cells
from shopdata.ledger.checked_files import CheckedFiles
from shopdata.ledger.database import Database
from shopdata.ledger.homes import Homes
from shopdata.ledger.leases import Leases
from shopdata.ledger.moves import Moves
from shopdata.ledger.nodes import Nodes
from shopdata.ledger.not_ready import NotReadyCells
from shopdata.ledger.notifications import Notifications
from shopdata.ledger.orders import Orders
from shopdata.ledger.paces import Paces
from shopdata.ledger.partitions import Partitions
from shopdata.ledger.queries import LedgerQueries
from shopdata.ledger.queue_rows import QueueRows
from shopdata.ledger.runs import Runs
from shopdata.ledger.session_lives import SessionLives
from shopdata.ledger.session_rows import SessionRows
from shopdata.ledger.shops import ShopRows
from shopdata.ledger.slots import Slots
from shopdata.ledger.trends import Trends

#: The file in the state directory, if no other database is configured.
FILE_NAME = "ledger.sqlite3"


class Ledger(Cells, Partitions, Runs):
    """The database of cells and runs.

    Args:
        url: any SQLAlchemy URL; its tables are created where they are missing.
        busy_seconds: how long SQLite waits for another process that is writing.
        answer_seconds: how long a database server is waited for.
        outage_seconds: how long one is waited for that was there, and has gone away.

    Raises:
        LedgerError: here and from every method, when the database is locked, broken or out of reach.
    """

    def __init__(
        self, url: str | URL, *, busy_seconds: float = 30, answer_seconds: float = 100, outage_seconds: float = 0
    ) -> None:
        database = Database(url, busy_seconds, answer_seconds, outage_seconds)
        super().__init__(database)
        #: Locks with an end, on anything that has a name.
        self.leases = Leases(database)
        #: State directories that share this ledger.
        self.nodes = Nodes(database)
        #: What checks know of files, and which of them are doubtful.
        self.checked = CheckedFiles(database)
        #: Cells that get another shop id, or leave.
        self.moves = Moves(database)
        #: The clock's due slots.
        self.slots = Slots(database)
        #: From which machine each shop is asked.
        self.homes = Homes(database)
        #: How long sessions live.
        self.session_lives = SessionLives(database)
        #: What alerts have said.
        self.notifications = Notifications(database)
        #: What pages ask of many cells and partitions at once.
        self.queries = LedgerQueries(database)
        #: What became of many periods, counted, and what a shop's files were like.
        self.trends = Trends(database)
        #: Jobs that wait for a crawl, where several services share this ledger.
        self.queue = QueueRows(database)
        #: Sessions, and when each shop was asked last, where several machines share this ledger.
        self.sessions = SessionRows(database)
        self.paces = Paces(database)
        #: When accounts have ordered reports.
        self.orders = Orders(database)
        #: Who did what.
        self.acts = Acts(database)
        #: When cells that the platform has not published yet are due again.
        self.not_ready = NotReadyCells(database)
        #: Shops that do not stand in shops.yaml.
        self.shops = ShopRows(database)

    @classmethod
    def at(
        cls, state_dir: Path, url: str | None = None, *, answer_seconds: float = 100, outage_seconds: float = 0
    ) -> Ledger:
        """The ledger at `url`, or the SQLite file in the state directory, which is created if it is missing."""
        if url:
            return cls(url, answer_seconds=answer_seconds, outage_seconds=outage_seconds)
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                "the state directory can't be created",
                where=str(state_dir),
                found=error.strerror or type(error).__name__,
                todo="Set SHOPDATA_STATE_DIR to a folder that this user may write.",
            ) from None
        return cls(URL.create("sqlite", database=str(state_dir / FILE_NAME)))

    def close(self) -> None:
        """Gives all connections back."""
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
