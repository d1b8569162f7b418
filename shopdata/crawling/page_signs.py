"""How a page is made to sign: what is borrowed of its own requests, or pressed. What carries it out needs a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Borrowed:
    """Names of headers, or of parts of the address, and for how many seconds what they say is good."""

    names: tuple[str, ...]
    seconds: float
    #: True where what was borrowed before has been refused.
    is_afresh: bool = False


@dataclass(frozen=True)
class Pressed:
    """What is typed and pressed, and whether the request is changed by it or must be what is asked already."""

    fill: Mapping[str, str]
    press: tuple[str, ...]
    is_rewritten: bool
    seconds: float


PageSign = Borrowed | Pressed
