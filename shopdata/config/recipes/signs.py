"""How a request is signed that only a page of the back office can sign, as a recipe writes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from shopdata.config.model import Model, PositiveSeconds, Text


class BorrowSign(Model):
    """Headers, or parts of the address, are those of a request that the page has made by itself to the same place."""

    borrow: Annotated[tuple[Text, ...], Field(min_length=1)]
    #: For how many seconds they are good.
    seconds: Annotated[PositiveSeconds, Field(alias="for")] = 600


class _PressedSign(Model):
    #: What is typed into fields of the page before, by their CSS selectors.
    fill: dict[Text, Text] = Field(default_factory=dict)
    #: The longest that the page may take until its request has left and is answered.
    seconds: Annotated[PositiveSeconds, Field(alias="within")] = 60


class RewriteSign(_PressedSign):
    """The page sends the request when these are pressed, one after the other; what the recipe says is set in it."""

    rewrite: Annotated[tuple[Text, ...], Field(min_length=1)]

    @property
    def press(self) -> tuple[str, ...]:
        """What is pressed: the words of a button or a link, or `css:` and a selector."""
        return self.rewrite


class ClickSign(_PressedSign):
    """The page sends the request when these are pressed, and it leaves as it is; it must hold what the recipe says."""

    click: Annotated[tuple[Text, ...], Field(min_length=1)]

    @property
    def press(self) -> tuple[str, ...]:
        """As of `RewriteSign`."""
        return self.click


#: By the key that each of them alone has.
_KINDS = {"borrow": "BorrowSign", "rewrite": "RewriteSign", "click": "ClickSign"}


def _kind_of(value: Any) -> str | None:
    if isinstance(value, Model):
        return type(value).__name__
    if not isinstance(value, dict):
        return "PlainSign" if value in ("none", "page") else None
    found = [kind for word, kind in _KINDS.items() if word in value]
    return found[0] if len(found) == 1 else None


#: None at all, by the page's own client, or one of the models.
Sign = Annotated[
    Annotated[Literal["none", "page"], Tag("PlainSign")]
    | Annotated[BorrowSign, Tag("BorrowSign")]
    | Annotated[RewriteSign, Tag("RewriteSign")]
    | Annotated[ClickSign, Tag("ClickSign")],
    Discriminator(
        _kind_of,
        custom_error_type="no_sign",
        custom_error_message="this is no way to sign: write none, page, {borrow: [header]}, {rewrite: [what is "
        "pressed]} or {click: [what is pressed]}",
    ),
]
