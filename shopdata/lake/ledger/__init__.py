"""The ledger: the truth about what happened to every cell, run and partition."""

from shopdata.lake.ledger.ledger import Ledger
from shopdata.lake.ledger.records import Cell, CellKey, MissingShop, PartitionRecord, RawFile, RunRecord

__all__ = ["Cell", "CellKey", "Ledger", "MissingShop", "PartitionRecord", "RawFile", "RunRecord"]
