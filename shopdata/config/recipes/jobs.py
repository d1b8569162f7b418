"""A report that is ordered, as a recipe writes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from shopdata.config.model import Model, Text
from shopdata.config.recipes.paths import AnswerPath
from shopdata.config.recipes.requests import Asked, Name, Seconds


class Match(Model):
    """What a field of our entry in a list says: just this, or a text that holds or is held by one."""

    equal: str | int | bool | None = None
    #: One of both names holds the other; width, brackets, blanks and an extension apart.
    like: Text | None = None
    has: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Match:
        if sum(part is not None for part in (self.equal, self.like, self.has)) != 1:
            raise ValueError("it says one thing: a value, {like: …} or {has: …}")
        return self


def _as_match(value: Any) -> Any:
    return value if isinstance(value, dict) else {"equal": value}


class Made(Model):
    """When an entry was made; entries from before the order are none of ours."""

    at: Text
    #: As `strptime` has it; the usual forms, and seconds since 1970, need none.
    format: Text | None = None


class Find(Asked):
    """The list in which the report comes, or the answer that tells of it alone."""

    #: Where the entries are; None where the whole answer is the one entry, asked for by its id.
    rows: AnswerPath | None = None
    id: Text
    #: What tells ours from others, besides that it is new.
    where: dict[Text, Annotated[Match, BeforeValidator(_as_match)]] = Field(default_factory=dict)
    made: Made | None = None

    @property
    def name(self) -> tuple[str, str] | None:
        """The field that holds the name, and what it is compared with."""
        return next(((field, match.like) for field, match in self.where.items() if match.like is not None), None)

    @model_validator(mode="after")
    def _has_one_name(self) -> Find:
        if sum(match.like is not None for match in self.where.values()) > 1:
            raise ValueError("an entry has one name: write like once, and has for other fields")
        return self


Words = Annotated[
    tuple[str | int | bool, ...], BeforeValidator(lambda value: value if isinstance(value, list) else [value])
]
Fields = Annotated[tuple[Text, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class Status(Model):
    """How far a report is; what is neither `working` nor `done` has failed."""

    at: Annotated[Fields, Field(min_length=1)]
    working: Words
    done: Annotated[Words, Field(min_length=1)]


class JobStep(Model):
    """A report that is ordered, found again among others, waited for and given a link."""

    job: Name
    create: Asked
    find: Find
    status: Status
    #: The link in a finished entry: an entry without it is waited for.
    take: dict[Name, Text] = Field(default_factory=dict)
    #: Asked once the report is done, where the list has no link.
    link: Asked | None = None
    #: Seconds between two looks, and until a report is given up; by default those of portals.yaml.
    every: Seconds | None = None
    deadline: Seconds | None = None
    #: Seconds that must lie between two orders of one account, and how many it may send on a day.
    cooldown: Seconds | None = None
    quota: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _can_be_found(self) -> JobStep:
        if self.find.rows is None and "id" not in self.create.take:
            raise ValueError(
                "there is no list to find it in: add rows to find, or take the id from the answer to create"
            )
        if len(self.take) > 1:
            raise ValueError("the take of a job is the one field with the link: write take: {link: …}")
        if not self.take and self.link is None:
            raise ValueError("nothing leads to the file: add take: {link: …} or a request under link")
        return self
