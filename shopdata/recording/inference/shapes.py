"""What a value looks like: a token, a random id, the time of the request, a text that a page has made."""

from __future__ import annotations

import itertools
import re
from typing import Any

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
#: Names under which pages are known to send what only their own scripts make.
_MADE_BY_PAGES = re.compile(
    r"anti-?content|crawler-?info|h5st|x-s(?:-common)?|user-m[nu]p|mtgsig|x-bogus|_signature", re.I
)
#: How far the time in a request may be from the moment in which it was sent, in milliseconds.
_NEAR = 30_000


def is_token(value: Any) -> bool:
    """True for what is made for a session, an account or a file: eight signs or more with digits among them."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    # A number of a version behind a name.
    text = re.sub(r"(?<=[A-Za-z]{4})[vV]?[0-9]{1,2}$", "", str(value))
    if not re.search(r"[0-9]", text):
        # Names of fields and paths have a capital for each word; in random letters every other one changes.
        changes = sum(one.isupper() != other.isupper() for one, other in itertools.pairwise(text))
        return bool(re.fullmatch(r"[A-Za-z+/=_-]{20,}", text)) and changes > 0.4 * len(text)
    return bool(re.search(r"[0-9]{8}|(?=[A-Za-z0-9_-]*[0-9])(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{12}", text))


def is_of_one_shop(value: Any) -> bool:
    """True for a number that may be an account's or a shop's."""
    return bool(re.fullmatch(r"[0-9]{5,7}", str(value))) and not isinstance(value, bool)


def is_uuid(value: Any) -> bool:
    """True for what `{uuid4}` writes."""
    return isinstance(value, str) and bool(_UUID.fullmatch(value))


def now_template(value: Any, at: int) -> str | None:
    """How the moment of the request is written in a value; None if it is not."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not re.fullmatch(r"\d{10}|\d{13}", str(value)):
        return None
    form, moment = ("s", int(value) * 1000) if len(str(value)) == 10 else ("ms", int(value))
    if abs(moment - at) > _NEAR:
        return None
    return f"{{now:{form}|text}}" if isinstance(value, str) else f"{{now:{form}}}"


def is_made_by_page(name: str) -> bool:
    """True for a field or header of which that is known."""
    return bool(_MADE_BY_PAGES.fullmatch(name))
