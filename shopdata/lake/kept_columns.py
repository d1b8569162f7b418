"""Which columns of earlier periods a partition keeps, though no file of its own period has them.

A table whose columns come and go breaks what is built on it, so a column that was seen stays. But one odd file must not
mark all later days: what no file of the last periods had goes again (`keep_columns_periods` of the dataset).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shopdata.config import Dataset
from shopdata.lake.receipts import Draft, Note
from shopdata.ledger import PartitionRecord

#: Kinds of entries in a receipt's `drift`.
KEPT, LEFT = "kept_column", "left_column"


@dataclass(frozen=True)
class KeptColumns:
    """What earlier periods say about the columns of one."""

    #: In the order they were published in.
    columns: tuple[str, ...]
    #: In which period a file had a column last.
    last_seen: dict[str, str]
    #: What the period before still had, and this one has no more.
    left: tuple[str, ...]

    @classmethod
    def of(cls, earlier: Sequence[PartitionRecord], dataset: Dataset) -> KeptColumns:
        """Reads the published periods before one, the earliest first."""
        if not earlier:
            return cls((), {}, ())
        last_seen: dict[str, str] = {}
        recent = earlier[-dataset.keep_columns_periods :] if dataset.keep_columns_periods else ()
        for partition in recent:
            # Of periods that were published before anybody kept it, all columns count.
            seen = partition.columns if partition.seen is None else partition.seen
            last_seen.update(dict.fromkeys(seen, partition.dt))
        known = {"shop", *dataset.columns}
        wanted = (known | last_seen.keys()) - set(dataset.dropped_columns)
        before = earlier[-1].columns
        return cls(
            tuple(name for name in before if name in wanted),
            last_seen,
            tuple(name for name in before if name not in wanted and name not in known),
        )

    def notes(self, unseen: Collection[str], dataset: Dataset) -> list[Note]:
        """What a receipt's `drift` says about it.

        Args:
            unseen: the partition's columns that none of its files has.
        """
        kept = [name for name in unseen if name not in dataset.columns]
        texts = [
            (KEPT, name, f"no file has it; it stays, for a file of {self.last_seen[name]} had it") for name in kept
        ]
        for name in self.left:
            if name in dataset.dropped_columns:
                why = "`dropped_columns` names it"
            else:
                why = f"no file of the last {dataset.keep_columns_periods} periods had it"
            texts.append((LEFT, name, f"it does not stay any longer: {why}"))
        return [Note(shop="", kind=kind, column=name, text=text) for kind, name, text in texts]


def seen_in(receipt: Draft) -> tuple[str, ...]:
    """The columns of a partition that one of its files had, by what its receipt says."""
    kept = {note.column for note in receipt.drift if note.kind == KEPT}
    return tuple(name for name in receipt.columns if name not in kept)
