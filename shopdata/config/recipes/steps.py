"""The steps of a recipe, as they are written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from shopdata.config.model import Model, Text
from shopdata.config.recipes.jobs import JobStep
from shopdata.config.recipes.lists import EachStep, PagesStep
from shopdata.config.recipes.requests import Asked, Name, Request, Seconds
from shopdata.config.recipes.signs import ClickSign, RewriteSign


class AskStep(Asked):
    """One request with an answer."""

    ask: Name


class OpenStep(Model):
    """A page of the portal, or the way through one to another part of it; redirects are followed."""

    open: Name
    get: Annotated[Text, Field(alias="GET")]
    query: dict[str, Any] = Field(default_factory=dict)
    headers: dict[str, Text] = Field(default_factory=dict)
    #: How the path begins on which it must end.
    until: Text | None = None
    #: What later steps need of the page: `input:name`, `meta:name`, `data:name`, or `url:name` of its address.
    take: dict[Name, Annotated[str, Field(pattern=r"^(?:(?:input|meta|url):\S+|data:[a-z0-9-]+)$")]] = Field(
        default_factory=dict
    )

    @property
    def request(self) -> Request:
        """As any other."""
        return Request.model_validate({"GET": self.get, "query": self.query, "headers": self.headers})


class Unpack(Model):
    """What is taken out of a zip; a file that is none stays as it is."""

    #: What a name in it looks like: `*` is any part of it.
    match: Text = "*"
    #: True if all that match are parts of one table, with one header.
    all: bool = False


class FileStep(Request):
    """The file that a link leads to, or that is itself the answer to a request."""

    file: Literal["xlsx", "xls", "csv", "zip", "any"]
    link: Annotated[Text | None, Field(alias="from")] = None
    #: True if the link wants the shop's session; a request of its own always has it.
    session: bool = False
    #: Columns that say who somebody is: masked before anything is kept, unless the contract's privacy is `keep`.
    personal: tuple[Text, ...] = ()
    #: What is taken out of it, where it is a zip.
    unpack: Unpack | None = None
    #: The sheet that holds the table, by name or number; what rows are no data. As `sheet` and `totals: drop` of the
    #: contract, by which the file is read again later.
    sheet: Text | Annotated[int, Field(ge=1)] | None = None
    drop_rows: Literal["totals"] | None = None
    #: For how many seconds the very same link is tried where it is dead, before another one is asked for.
    retry_404: Seconds | None = None

    @model_validator(mode="after")
    def _has_a_place(self) -> FileStep:
        if bool(self.link) == bool(self.address):
            raise ValueError('a file has one place: write from: "{step.link}", or GET or POST where it is the answer')
        if self.link is not None and "{" not in self.link:
            raise ValueError('from is what an answer has named: write from: "{step.link}", or GET for an address')
        if isinstance(self.sign, RewriteSign | ClickSign):
            raise ValueError("no page hands over a file: take its link in an ask above, and write from")
        return self

    @property
    def contract(self) -> dict[str, Any]:
        """What it says of how the file is read, in the words of a contract."""
        return {
            **({"sheet": self.sheet} if self.sheet is not None else {}),
            **({"totals": "drop"} if self.drop_rows is not None else {}),
            **({"zip_parts": "join"} if self.unpack is not None and self.unpack.all else {}),
        }


#: By the key that each of them alone has.
_KINDS = {
    "open": "OpenStep",
    "ask": "AskStep",
    "job": "JobStep",
    "pages": "PagesStep",
    "each": "EachStep",
    "file": "FileStep",
}


def _kind_of(value: Any) -> str | None:
    if isinstance(value, Model):
        return type(value).__name__
    found = [kind for word, kind in _KINDS.items() if isinstance(value, dict) and word in value]
    return found[0] if len(found) == 1 else None


Step = Annotated[
    Annotated[OpenStep, Tag("OpenStep")]
    | Annotated[AskStep, Tag("AskStep")]
    | Annotated[JobStep, Tag("JobStep")]
    | Annotated[PagesStep, Tag("PagesStep")]
    | Annotated[EachStep, Tag("EachStep")]
    | Annotated[FileStep, Tag("FileStep")],
    Discriminator(
        _kind_of,
        custom_error_type="no_step",
        custom_error_message=f"this is no step: it must have exactly one of the keys {', '.join(_KINDS)}",
    ),
]
