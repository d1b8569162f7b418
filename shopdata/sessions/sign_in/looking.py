"""What a person could see of a page, in whichever of its frames."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Locator


async def first_visible(frames: Sequence[Frame], selectors: Sequence[str]) -> Locator | None:
    """What a person could see now of the first selector that shows anything, in whichever of the frames."""
    # One question for all selectors: mostly nothing is there yet, or never.
    showing = [frame for frame in frames if await _has_visible(any_of(frame, selectors))]
    for number, selector in enumerate(selectors if showing else (), 1):
        for frame in showing:
            found = any_of(frame, [selector])
            # What no other selector shows, the last one does.
            is_left = number == len(selectors) and len(showing) == 1
            if is_left or await _has_visible(found):
                return found.first
    return None


async def shows_any(frames: Sequence[Frame], selectors: Sequence[str]) -> bool:
    """True if a person could see now anything of any selector, in whichever of the frames."""
    for frame in frames if selectors else ():
        if await _has_visible(any_of(frame, selectors)):
            return True
    return False


def any_of(frame: Frame, selectors: Sequence[str]) -> Locator:
    """Whatever a person could see in a frame of any of the selectors, in the order of the page."""
    locators = (frame.locator(selector) for selector in selectors)
    return functools.reduce(Locator.or_, locators).filter(visible=True)


async def _has_visible(locator: Locator) -> bool:
    try:
        return await locator.count() > 0
    except PlaywrightError:
        # The frame went away while the page was moving on; the next look sees what came after.
        return False
