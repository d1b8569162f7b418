"""What a person could see of a page, in whichever of its frames."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Locator

from shopdata.sessions.sign_in.glance import Mark, seen_of


async def first_visible(frames: Sequence[Frame], selectors: Sequence[str]) -> Locator | None:
    """What a person could see now of the first selector that shows anything, in whichever of the frames."""
    found = await first_visible_at(frames, selectors)
    return found[1] if found is not None else None


async def first_visible_at(frames: Sequence[Frame], selectors: Sequence[str]) -> tuple[Frame, Locator] | None:
    """The same, with the frame that it is in."""
    marks = {frame: _marks(frame, selectors) for frame in frames}
    # One question for all selectors of a frame: mostly nothing is there yet, or never.
    several = [frame for frame in frames if len(marks[frame]) > 1]
    showing = [frame for frame in several if await _shows(frame, marks[frame])]
    asked = [frame for frame in frames if frame in showing or len(marks[frame]) == 1]
    left = [(frame, selector) for selector in selectors for frame in asked if selector in marks[frame]]
    for number, (frame, selector) in enumerate(left, 1):
        found = any_of(frame, [selector])
        # What no other selector shows, the last one does.
        is_left = number == len(left) and len(asked) == len(showing) == 1
        if is_left or marks[frame][selector] == Mark.YES or await _has_visible(found):
            return frame, found.first
    return None


async def shows_any(frames: Sequence[Frame], selectors: Sequence[str]) -> bool:
    """True if a person could see now anything of any selector, in whichever of the frames."""
    for frame in frames:
        if await _shows(frame, _marks(frame, selectors)):
            return True
    return False


def any_of(frame: Frame, selectors: Sequence[str]) -> Locator:
    """Whatever a person could see in a frame of any of the selectors, in the order of the page."""
    locators = (frame.locator(selector) for selector in selectors)
    return functools.reduce(Locator.or_, locators).filter(visible=True)


def maybe_shown(frame: Frame, selectors: Sequence[str]) -> list[str]:
    """Those of the selectors of which it is not known that they show nothing there."""
    return list(_marks(frame, selectors))


def _marks(frame: Frame, selectors: Sequence[str]) -> Mapping[str, int]:
    """What is known of each selector that may show something there."""
    seen = seen_of(frame)
    marks = {selector: Mark.ASK if seen is None else seen.mark(selector) for selector in selectors}
    return {selector: mark for selector, mark in marks.items() if mark != Mark.NO}


async def _shows(frame: Frame, marks: Mapping[str, int]) -> bool:
    return Mark.YES in marks.values() or (bool(marks) and await _has_visible(any_of(frame, list(marks))))


async def _has_visible(locator: Locator) -> bool:
    try:
        return await locator.count() > 0
    except PlaywrightError:
        # The frame went away while the page was moving on; the next look sees what came after.
        return False
