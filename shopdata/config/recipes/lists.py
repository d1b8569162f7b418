"""Lists that come page by page, and lists within them, as a recipe writes them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from shopdata.config.model import Model, Text
from shopdata.config.recipes.paths import AnswerPath
from shopdata.config.recipes.requests import Asked, Name
from shopdata.config.recipes.signs import ClickSign, RewriteSign


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


def _texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts_of(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _texts_of(part)]
    return [value] if isinstance(value, str) else []
