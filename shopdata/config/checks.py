"""`checks` in datasets/<dataset>.yaml: what makes a file doubtful, and what is done about it (docs/checks.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shopdata.config.model import Model, Text


def _written(action: Any) -> Any:
    # YAML reads a bare `off` as false.
    return "off" if action is False else action


#: Nothing; publish it and tell; ask the portal again before it is told; do not publish it until a person says so.
Action = Annotated[Literal["off", "warn", "ask_again", "hold"], BeforeValidator(_written)]
_Share = Annotated[float, Field(gt=0, lt=1)]
_Count = Annotated[int, Field(ge=0)]


class RowsCheck(Model):
    """Far fewer rows than the shop's own weekdays and last days have, and than the other shops have today."""

    drop: _Share = 0.6
    #: So many times as many are doubtful, too; by default more is never doubtful.
    rise: Annotated[float, Field(gt=1)] | None = None
    at_least: _Count = 20
    #: Whether promotions and holidays change it; stock has none.
    calendar: bool = True
    action: Action = "ask_again"


class ZeroCheck(Model):
    """No row where the last days had some."""

    at_least: _Count = 5
    action: Action = "ask_again"


class SameFileCheck(Model):
    """All values but those of `period_column` as in the period before."""

    at_least: Annotated[int, Field(ge=1)] = 10
    action: Action = "ask_again"


class FilledCheck(Model):
    """A column that was filled in nearly all rows, and is so in far fewer."""

    columns: Literal["all", "required"] | tuple[Text, ...] = "all"
    drop: _Share = 0.5
    action: Action = "warn"


class KeysCheck(Model):
    """`keys` that stand in one file twice."""

    action: Action = "warn"


class NotNullCheck(Model):
    """Columns that must be filled in each row; by default those of `keys`."""

    columns: tuple[Text, ...] | None = None
    action: Action = "warn"


class Bounds(Model):
    """The least and the greatest number; one of them may be left out."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Bounds:
        if self.min is None and self.max is None:
            raise ValueError("neither min nor max stands there: write one of them, or leave the column out")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is greater than max: no number is between them")
        return self


def _apart(given: Any) -> Any:
    """`{column: …, action: …}` as people write it."""
    if not isinstance(given, Mapping) or set(given) <= {"columns", "action"}:
        return given
    columns = {name: rule for name, rule in given.items() if name != "action"}
    return {"columns": columns, **({"action": given["action"]} if "action" in given else {})}


class PatternCheck(Model):
    """Columns whose values look alike: a regular expression for each, held against each value that is there."""

    columns: dict[Text, str] = Field(default_factory=dict)
    action: Action = "warn"

    _written_so = model_validator(mode="before")(_apart)

    @field_validator("columns")
    @classmethod
    def _can_be_read(cls, columns: dict[str, str]) -> dict[str, str]:
        for name, pattern in columns.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"the pattern of {name!r} is no regular expression: {error}") from None
            # Arrow's engine, RE2, reads each text once: it knows neither of these.
            if re.search(r"\(\?(?:[=!>]|<[=!]|P=|\()|\\[1-9]|(?<!\\)[*+?}]\+", pattern):
                raise ValueError(
                    f"the pattern of {name!r} looks around or back, which can't be done here: write it without"
                )
        return columns


class RangeCheck(Model):
    """Columns of numbers: the least and the greatest of each. A text that is no number is outside."""

    columns: dict[Text, Bounds] = Field(default_factory=dict)
    action: Action = "warn"

    _written_so = model_validator(mode="before")(_apart)


class Checks(Model):
    """All checks of a dataset. What depends on the shop's past says nothing in the first two weeks."""

    rows: RowsCheck = RowsCheck()
    zero: ZeroCheck = ZeroCheck()
    same_file: SameFileCheck = SameFileCheck()
    filled: FilledCheck = FilledCheck()
    keys: KeysCheck = KeysCheck()
    not_null: NotNullCheck = NotNullCheck()
    pattern: PatternCheck = PatternCheck()
    range: RangeCheck = RangeCheck()
    #: How often a doubtful file is asked for again at most: at some portals each time orders a report.
    ask_again: Annotated[int, Field(ge=1, le=5)] = 2
    #: The time in Shanghai, on the day on which the period should be there, from which on nobody waits for another
    #: answer, if two hours have passed since the first.
    publish_by: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "11:00"

    @property
    def named_columns(self) -> list[tuple[str, str]]:
        """Each column that a check names, with the check's key."""
        filled = self.filled.columns if isinstance(self.filled.columns, tuple) else ()
        return [
            *(("checks.filled", name) for name in filled),
            *(("checks.not_null", name) for name in self.not_null.columns or ()),
            *(("checks.pattern", name) for name in self.pattern.columns),
            *(("checks.range", name) for name in self.range.columns),
        ]
