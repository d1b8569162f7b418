"""The steps of a recipe, as they are written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from shopdata.config.model import Model, PositiveSeconds, Text
from shopdata.config.recipes.paths import AnswerPath
from shopdata.config.recipes.signs import ClickSign, RewriteSign, Sign

#: What a step, a row or a taken value goes by.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


def _is_plain(value: Any) -> Any:
    if not isinstance(value, str | int | bool):
        raise ValueError("an answer is compared with one text, number or truth: write a single value")
    return value


def _is_seconds(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("these are seconds: write a number, for example 60")
    return value


Plain = Annotated[str | int | bool, BeforeValidator(_is_plain)]
Seconds = Annotated[PositiveSeconds, BeforeValidator(_is_seconds)]


class Request(Model):
    """One request of the shop's session: `GET` or `POST`, and what is read out of its answer."""

    get: Annotated[Text | None, Field(alias="GET")] = None
    post: Annotated[Text | None, Field(alias="POST")] = None
    #: What stands behind the address.
    query: dict[str, Any] = Field(default_factory=dict)
    headers: dict[str, Text] = Field(default_factory=dict)
    #: The body: as JSON, or as a form.
    body: Annotated[Any, Field(alias="json")] = None
    form: dict[str, Any] | None = None
    #: True if the form is sent as `multipart/form-data`, as scripts of pages often do.
    multipart: bool = False
    #: What a good answer holds, by its place; values are compared as texts.
    ok: dict[AnswerPath, Plain] = Field(default_factory=dict)
    #: What later steps need of it, by the name that they call it.
    take: dict[Name, AnswerPath] = Field(default_factory=dict)
    #: None is what the recipe says.
    sign: Sign | None = None
    #: False if asking twice does something twice.
    repeatable: bool = True

    @property
    def address(self) -> str:
        """Where it goes."""
        return self.get or self.post or ""

    @property
    def method(self) -> Literal["GET", "POST"]:
        return "POST" if self.post else "GET"

    @model_validator(mode="after")
    def _is_one(self) -> Request:
        if self.get and self.post:
            raise ValueError("a request has GET or POST: take one of them out")
        if self.body is not None and self.form is not None:
            raise ValueError("a request has a body of json or of form: take one of them out")
        if self.get and (self.body is not None or self.form is not None):
            raise ValueError("a GET has no body: write what it asks under query, or POST in place of GET")
        if self.multipart and self.form is None:
            raise ValueError("multipart says how a form is sent, and there is none: write form, or take multipart out")
        if self.multipart and isinstance(self.sign, RewriteSign | ClickSign):
            raise ValueError("the page writes its own body: take multipart out")
        if self.sign == "page" and (self.get or self.form is not None):
            raise ValueError("a page signs a POST with a json body: write it so, or leave sign out")
        if isinstance(self.sign, RewriteSign | ClickSign) and self.headers:
            raise ValueError("the page sends its own headers: take them out of here")
        if isinstance(self.sign, RewriteSign) and not (self.query or self.body or self.form):
            raise ValueError(
                "rewrite sets nothing: write under query, json or form what it sets, or click in its place"
            )
        return self


class Asked(Request):
    """A request that must say where it goes."""

    @model_validator(mode="after")
    def _has_an_address(self) -> Asked:
        if not self.address:
            raise ValueError('it does not say where to ask: add GET: "{…}/path" or POST: "{…}/path"')
        return self


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


class Pages(Model):
    """How a list comes page by page, and what it is called."""

    of: Name
    #: What the first page is called.
    first: Annotated[int, Field(alias="from", ge=0)] = 1
    #: How many rows a full page has; None where all rows come in one answer.
    size: Annotated[int | None, Field(ge=1)] = None
    rows: AnswerPath
    #: How many rows there are in all; None where the portal does not say.
    total: AnswerPath | None = None
    #: The field that tells one row from another.
    id: Text


class PagesStep(Asked):
    """All rows of a list, proven by the portal's own total."""

    pages: Pages

    @model_validator(mode="after")
    def _turns_pages(self) -> PagesStep:
        turns = any("{page" in text for text in _texts_of([self.address, self.query, self.body, self.form]))
        if turns and self.pages.size is None:
            raise ValueError("{page} is asked for, and size is missing: add how many rows a full page has under pages")
        if not turns and self.pages.size is not None:
            raise ValueError("no {page} is asked for: write it where the page's number stands, or leave size out")
        if isinstance(self.sign, RewriteSign | ClickSign):
            raise ValueError("a list can't be turned by pressing: write sign: page, or borrow")
        return self


class Each(Model):
    """Which rows, and what one is called in the inner step."""

    of: Name
    row: Annotated[Name, Field(alias="as")] = "row"
    #: The field that tells one row from another: what is in the file already is not asked again.
    id: Text


class EachStep(Model):
    """An inner list for each row of an earlier one."""

    each: Each
    do: PagesStep
    #: Fields of the outer row that each inner one is given.
    keep: tuple[Text, ...] = ()
    #: Who makes rows of what came, where the platform has somebody for it.
    rows_by: Name | None = None


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


def _texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts_of(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _texts_of(part)]
    return [value] if isinstance(value, str) else []


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
