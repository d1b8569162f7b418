"""The ledger: the truth about what happened to every cell, run and partition.

Outside, only `Ledger` and the records are used; tables and sessions of SQLAlchemy stay in here. Imports leaf modules
only: it knows no file, no store and no configuration.
"""

from shopdata.ledger.claims import ClaimResult, Claims
from shopdata.ledger.ledger import Ledger
from shopdata.ledger.owner import Owner
from shopdata.ledger.records import Cell, CellKey, MissingShop, PartitionRecord, RawFile, RunRecord, Traffic

__all__ = [
    "Cell",
    "CellKey",
    "ClaimResult",
    "Claims",
    "Ledger",
    "MissingShop",
    "Owner",
    "PartitionRecord",
    "RawFile",
    "RunRecord",
    "Traffic",
]
