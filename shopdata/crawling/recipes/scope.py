"""What is known while a recipe is carried out, and texts with that filled in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shopdata.config import Portal
from shopdata.config.recipes.placeholders import Placeholder, read_template
from shopdata.periods import SHANGHAI, Period

_AS_TEXT = "as_text"


@dataclass(frozen=True)
class Scope:
    """The values that braces stand for."""

    platform: str
    portal: Portal
    period: Period
    #: What was taken: of each step, and of the rows that are gone through.
    taken: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    page: int | None = None

    def at_page(self, page: int | None) -> Scope:
        """The same with `{page}`."""
        return replace(self, page=page)

    def with_row(self, name: str, row: Mapping[str, Any]) -> Scope:
        """The same with `{row.field}`."""
        return replace(self, taken={**self.taken, name: row})

    def fill(self, value: Any) -> Any:
        """A value of the recipe with everything filled in. A text that is nothing but one placeholder gets its value's
        type; an object `{as_text: …}` becomes the JSON text of what it holds."""
        if isinstance(value, str):
            parts = read_template(value)
            if len(parts) == 1 and isinstance(parts[0], Placeholder):
                return self._value(parts[0])
            return "".join(str(self._value(part)) if isinstance(part, Placeholder) else part for part in parts)
        if isinstance(value, Mapping):
            if value.keys() == {_AS_TEXT}:
                return json.dumps(self.fill(value[_AS_TEXT]), ensure_ascii=False, separators=(",", ":"))
            return {name: self.fill(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.fill(part) for part in value]
        return value

    def text(self, value: str) -> str:
        """The same as a text."""
        return str(self.fill(value))

    def _value(self, found: Placeholder) -> Any:
        value = self._found(found)
        return str(value) if found.is_text else value

    def _found(self, found: Placeholder) -> Any:
        if found.field:
            if found.holder == self.platform and found.holder not in self.taken:
                return getattr(self.portal, found.field)
            return self.taken[found.holder].get(found.field)
        match found.holder:
            case "page":
                return self.page
            case "uuid4":
                return str(uuid.uuid4())
            case "start":
                moment = self.period.start_time
            case "end":
                moment = self.period.end_time
            case _:
                moment = datetime.now(SHANGHAI)
        return _written(moment + timedelta(days=found.shift), found.form)


def _written(moment: datetime, form: str) -> int | str:
    if form == "s":
        return int(moment.timestamp())
    return int(moment.timestamp() * 1000) if form == "ms" else moment.strftime(form)
