"""The ledger: the truth about what happened to every cell, run and partition."""

from shopdata.ledger.claims import ClaimResult, Claims
from shopdata.ledger.ledger import Ledger
from shopdata.ledger.owner import Owner
from shopdata.ledger.records import Cell, CellKey, MissingShop, PartitionRecord, RawFile, RunRecord

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
]
