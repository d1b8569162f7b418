"""datasets/<dataset>.yaml: the contract of one dataset."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from shopdata.columns import RESERVED_COLUMNS
from shopdata.config.checks import Checks
from shopdata.config.model import Model, ShownText, Text
from shopdata.config.platforms import PlatformName
from shopdata.periods import PeriodKind, Weekday


class NotReady(Model):
    """When a cell that the platform has not published yet is asked for again, and when a person should know."""

    ask_again_minutes: Annotated[float, Field(gt=0)] = 30
    #: Each wait is so many times the one before.
    growth: Annotated[float, Field(ge=1)] = 2
    at_most_minutes: Annotated[float, Field(gt=0)] = 240
    #: The time in Shanghai, on the day on which the period should be there, from which on it is late.
    deadline: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "20:00"

    @property
    def deadline_time(self) -> time:
        """The deadline as a time of day."""
        return time.fromisoformat(self.deadline)

    @model_validator(mode="after")
    def _grows(self) -> NotReady:
        if self.at_most_minutes < self.ask_again_minutes:
            raise ValueError("at_most_minutes is less than ask_again_minutes: the waits only grow")
        return self


class WorkbookRule(Model):
    """What becomes of the merged workbook where its rows are more than people open."""

    #: With more rows than this, the workbook is an overview without them. A sheet holds 1,048,575.
    at_most_rows: Annotated[int, Field(ge=1)] = 1_048_575
    #: Where the rows stand then: in workbooks by the `group` of shops.yaml, or in none but in the Parquet object.
    split_by: Literal["group", "none"] = "group"


class Dataset(Model):
    """The contract of one dataset: which columns a file must have and what they mean. The file's stem is its name."""

    title: ShownText
    platform: PlatformName
    #: To whom it belongs: who gets its workbook by mail.
    owner: ShownText | None = None
    period: PeriodKind = "day"
    #: The newest business day that the platform has: T minus this many days.
    lag_days: Annotated[int, Field(ge=0)]
    #: The columns in the order they are published.
    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    #: Other names that a column has had: {name: [other, …]}.
    aliases: dict[str, tuple[Text, ...]] = Field(default_factory=dict)
    #: Columns that hold identifiers: text from the first read to the last write.
    ids: tuple[str, ...] = ()
    #: The columns that tell one row from another.
    keys: tuple[str, ...] = ()
    #: Without these a file is rejected; the others may be missing and are then null.
    required: tuple[str, ...] = ()
    #: Columns that come as seconds since 1970 and are published as times in Shanghai.
    epoch_seconds: tuple[str, ...] = ()
    #: A column whose every value must be the business day, if the file has one.
    period_column: str | None = None
    #: True if a file without rows is a good answer.
    allow_empty: bool = False
    #: True if a file without rows means that the platform has not published the period yet.
    empty_is_not_ready: bool = False
    #: Whether telephone numbers and addresses inside free text are masked before anything is kept.
    privacy: Literal["mask", "keep"] = "mask"
    #: True if the platform only shows what is true now: no other day than today can be asked for.
    is_snapshot: bool = False
    #: True if only shops have it that name it under `datasets`: it is of interest to few, or tells of persons.
    only_where_named: bool = False
    #: What is done about a period that the platform has not published yet.
    not_ready: NotReady = NotReady()
    #: How many published business days before the newest an ordinary run asks for again, because figures are revised.
    restate_days: Annotated[int, Field(ge=0, le=60)] = 0
    #: On which day the weeks end that a backfill looks for; by default that of the newest week in the ledger.
    week_ends: Weekday | None = None
    #: For how many published periods a column stays that is not under `columns`, after the last file that had it.
    keep_columns_periods: Annotated[int, Field(ge=0)] = 30
    #: Columns that do not stay: only the periods whose files have them show them.
    dropped_columns: tuple[Text, ...] = ()
    #: What is done with rows that are no data (totals, remarks, the header once more): None keeps them and warns.
    totals: Literal["keep", "drop", "mark"] | None = None
    #: What cells hold that are merged with the one above: nothing (`keep`), or its value. None is `keep` and warns.
    merged_cells: Literal["keep", "fill"] | None = None
    #: Whether workbooks of equal header in one zip are parts of one table.
    zip_parts: Literal["refuse", "join"] = "refuse"
    #: The sheet that holds the table, by its name or its number; by default the one whose header fits.
    sheet: Text | Annotated[int, Field(ge=1)] | None = None
    #: Texts that stand for "nothing" in the source and become null; by default only the blank cell does.
    null_texts: tuple[str, ...] = ()
    #: When the merged workbook becomes several, and how; None: rows go on in further sheets of one.
    workbook: WorkbookRule | None = None
    #: What makes a file doubtful, and what is done about it.
    checks: Checks = Checks()

    @field_validator("columns")
    @classmethod
    def _usable_names(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        seen: set[str] = set()
        for name in columns:
            if name.lower() in RESERVED_COLUMNS:
                raise ValueError(
                    f"{name!r} is a name that the lake itself uses: choose another and put it under aliases"
                )
            if name != name.strip() or re.search(r'[."\[\]\n\r]', name):
                raise ValueError(
                    f"{name!r} would break a table: no dots, quotes, square brackets, breaks or outer spaces"
                )
            if name.lower() in seen:
                raise ValueError(f"{name!r} stands there twice")
            seen.add(name.lower())
        return columns

    @model_validator(mode="after")
    def _fits_the_period(self) -> Dataset:
        if self.week_ends is not None and self.period != "week":
            raise ValueError(f"week_ends is for datasets of weeks, this one is of period {self.period!r}: take it out")
        if self.restate_days and (self.period != "day" or self.is_snapshot):
            raise ValueError("restate_days is for datasets of past days, each of which can be asked for again")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Dataset:
        known = set(self.columns)
        named = [("aliases", name) for name in self.aliases]
        for key in ("ids", "keys", "required", "epoch_seconds"):
            named += [(key, name) for name in getattr(self, key)]
        if self.period_column is not None:
            named.append(("period_column", self.period_column))
        named += self.checks.named_columns
        for key, name in named:
            if name not in known:
                raise ValueError(f"{key} names {name!r}, which is not under columns: add it there or fix the spelling")
        for name in self.dropped_columns:
            if name in known:
                raise ValueError(f"dropped_columns names {name!r}, which is under columns: take it out of one of them")
        owners: dict[str, str] = {}
        for name, others in self.aliases.items():
            for other in others:
                if other in known:
                    raise ValueError(f"alias {other!r} of {name!r} is itself a column: one name, one column")
                if owners.setdefault(other, name) != name:
                    raise ValueError(f"alias {other!r} belongs to both {owners[other]!r} and {name!r}")
        return self
