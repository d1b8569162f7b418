"""What the models of all files share (docs/reference.md#pipelines_config): strictness, and kinds of values."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shopdata.network import is_loopback

Text = Annotated[str, Field(min_length=1)]


def _shown(text: str) -> str:
    for character in text:
        kind = unicodedata.category(character)
        # Two of these join the parts of an emoji, or the letters of some scripts.
        if kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and character not in "\u200c\u200d"):
            raise ValueError(f"nobody sees the character U+{ord(character):04X} in it: take it out")
    return text


#: A text that people are shown, in terminals, logs, chats and workbooks.
ShownText = Annotated[Text, AfterValidator(_shown)]
PositiveSeconds = Annotated[float, Field(gt=0)]


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a whole address, for example https://reports.example.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("write https://; plain http would show passwords to the network")
    return url.rstrip("/") if parts.path in ("", "/") else url


Url = Annotated[str, AfterValidator(_checked_url)]


class Model(BaseModel):
    """Unknown keys are mistakes, values do not change after reading, and no error shows the value of a secret."""

    #: Of the entries of a list, which of their keys tell one from the other.
    unique: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
