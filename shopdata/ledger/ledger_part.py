"""What the ledger's parts have in common: the database, and whose ledger it is."""

from __future__ import annotations

from sqlalchemy.orm import Session

from shopdata.exceptions import LedgerError
from shopdata.ledger.claims import Claims
from shopdata.ledger.database import Database, DatabasePart
from shopdata.ledger.owner import Owner
from shopdata.ledger.records import CellKey
from shopdata.ledger.rows import locked_row
from shopdata.ledger.schema import CellRow


class LedgerPart(DatabasePart):
    """A part of the ledger of one run, or of nobody."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._claims: Claims | None = None

    @property
    def where(self) -> str:
        """The file or the URL without its password, for people."""
        return self._database.where

    def hold_for(self, owner: Owner, lease_seconds: float, node: str = "") -> Claims:
        """From now on this is the ledger of one run: it writes about cells and partitions only while it holds them.

        Args:
            node: who shows life with the run; empty for nobody.

        Returns:
            what the run holds.
        """
        self._claims = Claims(self._database, owner, lease_seconds, node)
        return self._claims

    @property
    def claims(self) -> Claims | None:
        """What the run holds whose ledger this is; None if it is nobody's, as in a command that only looks."""
        return self._claims

    def _row(self, session: Session, key: CellKey) -> CellRow:
        row = locked_row(session, key)
        if row is None:
            raise self._unknown(f"cell {key}")
        return row

    def _own_row(self, session: Session, key: CellKey) -> CellRow:
        """A row to write to; in a run's ledger only as long as the run holds the cell."""
        row = self._row(session, key)
        if self._claims is not None:
            self._claims.require(row, key)
        return row

    def _unknown(self, what: str) -> LedgerError:
        return LedgerError(
            f"the {what} is not in the ledger", where=self.where, todo="Run the crawl again: it plans its cells anew."
        )
