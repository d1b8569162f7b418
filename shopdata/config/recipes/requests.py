"""One request of a recipe, as it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

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
