"""What a partition says of its doubtful files: in the receipt, and on the sheet 说明."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopdata.excel.tables import Finding
from shopdata.lake.drafts import StagedShop
from shopdata.lake.receipts import Note
from shopdata.ledger import Ledger
from shopdata.ledger.checked_files import Doubt, DoubtState

_MARKED = {
    DoubtState.CONFIRMED: " (asked for again, and so it stays)",
    DoubtState.ACCEPTED: " (let through by {user})",
    DoubtState.NOTED: "",
}


@dataclass(frozen=True)
class Marks:
    """Those of one partition. `counts` has `judged`, `learning` and `doubtful` files; it is empty if none is known."""

    notes: tuple[Note, ...]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, name: str, dt: str, shops: Sequence[StagedShop], ledger: Ledger) -> Marks:
        """As the ledger has them; a doubt about another file than the one that is published says nothing."""
        sums = {shop.id: shop.raw.sha256 for shop in shops}
        doubts = {doubt.shop: doubt for doubt in ledger.checked.doubts(name, [dt])}
        notes = [
            note
            for shop in shops
            if (doubt := doubts.get(shop.id)) and doubt.state.is_mark and doubt.sha256 == sums[shop.id]
            for note in _notes_of(doubt)
        ]
        results = Counter(result for shop, result in ledger.checked.results(name, dt).items() if shop in sums)
        learning, doubtful = results["learning"], len({note.shop for note in notes})
        counts = {"judged": results.total() - learning, "learning": learning, "doubtful": doubtful}
        return cls(tuple(notes), counts if results else {})

    @property
    def remarks(self) -> list[tuple[str, Finding]]:
        """The same for the sheet 说明."""
        return [(note.shop, Finding(note.kind, note.column, note.count, note.text)) for note in self.notes]


def _notes_of(doubt: Doubt) -> list[Note]:
    mark = _MARKED[doubt.state].format(user=doubt.user_name)
    return [
        Note(
            shop=doubt.shop,
            kind=found["kind"],
            column=found["column"],
            count=found["count"],
            text=f"{found['text']}{mark}",
            confirmed=doubt.state is not DoubtState.NOTED,
        )
        for found in doubt.found
    ]
