"""The ledger: the truth about what happened to every cell, run and partition."""

from shopdata.lake.ledger.claims import Claims, Taking
from shopdata.lake.ledger.ledger import Ledger
from shopdata.lake.ledger.owner import Owner
from shopdata.lake.ledger.records import Cell, CellKey, MissingShop, PartitionRecord, RawFile, RunRecord

__all__ = [
    "Cell",
    "CellKey",
    "Claims",
    "Ledger",
    "MissingShop",
    "Owner",
    "PartitionRecord",
    "RawFile",
    "RunRecord",
    "Taking",
]
