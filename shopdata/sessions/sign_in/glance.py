"""One look at a page for all that is looked for on it, instead of a question for each.

What surely is not there need not be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame

from shopdata.config import Portal

#: What stands beside a box of an agreement; `agreement_boxes.js` looks more closely.
_WORDS = "同意|协议|協議|隐私|隱私|条款|條款|须知|声明|政策|阅读|閱讀|agree|terms|privacy|policy|consent|\\bread\\b"
#: Boxes that are looked at whatever selectors are given.
_ROLES = ("[role=checkbox]", "[role=radio]", "[role=switch]")
#: Parts of a login page that are asked for at other times, by whoever wants them.
_NOT_LOOKED_FOR = frozenset({"refused_words", "agreement", "qr_code", "qr_tab", "enter_shop"})

_TEXT = r":text-is\('[^'\\]*'\)"
#: Of an element: its name, classes, attributes, and attributes that it has not.
_SIMPLE = r"(?:[\w#.*> -]|\[[^\]]*\]|:not\(\[[^\]]*\]\))*"
_ONE_OF = re.compile(rf"(:is\([^():]*\))?:is\({_TEXT}(?:,{_TEXT})*\)")
_ONE = re.compile(rf"({_SIMPLE}){_TEXT}")
#: What has an element of that text in it has that text in its own.
_HAS = re.compile(rf"({_SIMPLE}):has(?:-text\('([^'\\]*)'\)|\(:text-is\('([^'\\]*)'\)\))|text=([^'\"/>]*)")
_TEXTS = re.compile(r":text-is\('([^'\\]*)'\)")
#: What any browser understands as Playwright does.
_PLAIN_PSEUDO = re.compile(r":(?:is|where|not|first-child|last-child|only-child|nth-child|disabled|enabled|checked)\b")
_ENGINE = re.compile(r"\s*(?:[\w-]+(?::[\w-]+)?=|//|\.\.|['\"(])")


class Mark(IntEnum):
    """Whether anything of a selector is to be seen."""

    NO = 0
    #: Playwright knows.
    ASK = 1
    YES = 2


@dataclass(frozen=True)
class Glance:
    """What one look at one frame has shown."""

    marks: Mapping[str, int]
    #: Places for a password that a person could see.
    passwords: int
    #: False if there surely is no box of an agreement.
    has_boxes: bool
    #: True if some of it is in a tree of its own, which only Playwright looks through.
    has_shadow: bool
    #: What a person could read; None if it was not asked for.
    text: str | None = field(default=None, repr=False)
    #: What stands where pages say why they let nobody in; None where Playwright has to be asked.
    pointed: Sequence[str] | None = field(default=None, repr=False)
    #: What is known of selectors that nobody has looked for.
    otherwise: Mark = Mark.ASK

    def mark(self, selector: str) -> int:
        """Of one selector."""
        return self.marks.get(selector, self.otherwise)


#: What Playwright says of a document that another one came after.
_MOVED_ON = re.compile(r"context was destroyed|frame (?:was|got) detached|because of a navigation", re.IGNORECASE)
_NOTHING = Glance({}, passwords=0, has_boxes=False, has_shadow=False, text="", pointed=(), otherwise=Mark.NO)

#: What was seen a moment ago. Nothing was clicked since.
_SEEN: ContextVar[Mapping[Frame, Glance]] = ContextVar("_SEEN", default=MappingProxyType({}))


async def glance_at(frames: Sequence[Frame], portal: Portal, *, is_heard: bool = False) -> dict[Frame, Glance]:
    """Looks once at each of the frames; in one that goes away meanwhile there is nothing.

    A frame whose page can't be looked at this way is left out, and asked as if nobody had looked.

    Args:
        is_heard: what the frames say is asked for as well.
    """
    page = portal.login_page
    named = {name: value for name, value in page if name not in _NOT_LOOKED_FOR}
    selectors = [selector for value in (*named.values(), portal.sms_form.code) for selector in value]
    asked = {
        "hints": [_hint(selector) for selector in selectors],
        "refused": [_hint(selector) for selector in page.refused],
        "boxes": [_hint(selector) for selector in (*page.agreement, *_ROLES)],
        "words": _WORDS,
        "isHeard": is_heard,
    }
    found: dict[Frame, Glance] = {}
    for frame in frames:
        try:
            seen: Any = await frame.evaluate(_source(), asked)
        except PlaywrightError as error:
            if _MOVED_ON.search(error.message):
                # The next look sees what comes after.
                found[frame] = _NOTHING
            continue
        marks = dict(zip(selectors, seen["marks"], strict=True))
        found[frame] = Glance(
            marks, seen["passwords"], seen["hasBoxes"], seen["hasShadow"], seen["text"], seen["pointed"]
        )
    return found


@contextmanager
def seen(glances: Mapping[Frame, Glance]) -> Iterator[None]:
    """In this block nothing is asked for that these have not shown. Whoever clicks something leaves it first."""
    token = _SEEN.set(glances)
    try:
        yield
    finally:
        _SEEN.reset(token)


def forget_seen() -> None:
    """Something was clicked: nobody knows what the page shows now."""
    _SEEN.set(MappingProxyType({}))


def seen_of(frame: Frame) -> Glance | None:
    """What was seen of a frame a moment ago; None if nobody has looked."""
    return _SEEN.get().get(frame)


@cache
def _hint(selector: str) -> dict[str, Any]:
    """What the page's own means can tell of a selector of Playwright's; empty where they can't."""
    if one := _ONE_OF.fullmatch(selector) or _ONE.fullmatch(selector):
        return {"css": one[1] or "*", "is": [_plain(text) for text in _TEXTS.findall(selector)]}
    if has := _HAS.fullmatch(selector):
        return {"css": has[1] or "*", "has": _plain(has[2] or has[3] or has[4] or "")}
    without_texts = re.sub(r"\"[^\"]*\"|'[^']*'", "", selector)
    is_known = ":" not in _PLAIN_PSEUDO.sub("", without_texts) and ">>" not in selector
    return {"css": selector} if is_known and not _ENGINE.match(selector) else {}


def _plain(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text).lower()


@cache
def _source() -> str:
    return resources.files("shopdata.sessions.sign_in").joinpath("glance.js").read_text(encoding="utf-8")
