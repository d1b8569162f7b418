"""What is wrong with a list of shops, by row and column, to be said in either language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shopdata.shops.fields import field_title
from shopdata.wording import Texts


@dataclass(frozen=True)
class Place:
    """Where in a file; `row` 0 where there is no file, but a form or a command. `sheet` where several hold shops."""

    row: int = 0
    field: str = ""
    letters: str = ""
    sheet: str = ""

    @property
    def order(self) -> tuple[str, int, int, str]:
        """As a reader comes to them."""
        return self.sheet, self.row, len(self.letters), self.letters

    def at(self, field: str, letters: str) -> Place:
        """A cell of the same row."""
        return replace(self, field=field, letters=letters)

    def text(self, t: Texts) -> str:
        """For people."""
        title = field_title(t, self.field) if self.field else ""
        if not self.row:
            return title
        row = t("shop_place.row", row=self.row) if not self.sheet else t("shop_place.in_sheet", **vars(self))
        if not self.field:
            return row
        return t("shop_place.cell", row=row, column=self.letters, title=title) if self.letters else f"{row} {title}"


@dataclass(frozen=True)
class Mistake:
    """One of them. `key` is that of its text, `params` what the text names: never a user name or a password."""

    place: Place
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def what(self, t: Texts) -> str:
        """Without its place."""
        told = {name: value.text(t) if isinstance(value, Place) else value for name, value in self.params.items()}
        return t(self.key, **told)

    def text(self, t: Texts) -> str:
        """The whole sentence."""
        place = self.place.text(t)
        return t("shop_place.sentence", place=place, what=self.what(t)) if place else self.what(t)


class OddValueError(ValueError):
    """Raised for a value that can't be meant; becomes a `Mistake` where its place is known."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.key, self.params = key, params
