"""What an answer means by what stands in it, as portals.yaml writes it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from shopdata.config.portals import Signs
from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.sessions.sign_in.steps import PortalAnswer


def holds(answer: PortalAnswer, signs: Signs) -> bool:
    """True for an answer in which all of these stand."""
    data = None if answer.is_html else answer.json()
    return data is not None and all(_is(data, path, wanted) for path, wanted in signs.items())


def shows(answer: PortalAnswer, text: str) -> bool:
    """True for a page on which a text stands."""
    return answer.is_html and text in html.unescape(answer.body.decode("utf-8", "replace"))


def holds_any(answer: PortalAnswer, many: Iterable[Signs]) -> bool:
    """True for one in which any of several do."""
    return any(holds(answer, signs) for signs in many)


def _is(data: Any, path: str, wanted: str | int | bool) -> bool:
    found = None
    with suppress(NoSuchPlaceError):
        found = value_at(data, path)
    if wanted == "*":
        return found not in (None, "", False, [], {})
    return found is not None and str(found).casefold() == str(wanted).casefold()
