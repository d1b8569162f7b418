"""What somebody has entered for one shop: in a row of a list, in a form, or by a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shopdata.shops.mistakes import Place


@dataclass(frozen=True)
class Entered:
    """What somebody has entered for one shop: texts by field, blank ones left out."""

    place: Place
    texts: Mapping[str, str] = field(repr=False)
    #: By field.
    letters: Mapping[str, str] = field(default_factory=dict)

    def at(self, field: str) -> Place:
        """Where a field stands."""
        return self.place.at(field, self.letters.get(field, ""))


def typed(texts: Mapping[str, str]) -> Entered:
    """What was entered in a form or by a command."""
    return Entered(Place(), {name: text for name, text in texts.items() if text.strip()})
