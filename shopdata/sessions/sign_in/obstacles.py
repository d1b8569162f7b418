"""What stands between a page and its form without being a question: boxes of agreements, notices, consent to rules.

All of it is clicked as a person does. Boxes that make a machine known (记住我, 7天免登录) stay as the portal has them.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from functools import cache
from importlib import resources

from playwright.async_api import ElementHandle, Frame, JSHandle, Page
from playwright.async_api import Error as PlaywrightError

from shopdata.config import Portal
from shopdata.config.portals import AGREEMENT_BOXES
from shopdata.sessions.sign_in.glance import forget_seen, glance_at, seen, seen_of
from shopdata.sessions.sign_in.looking import any_of, maybe_shown, shows_any
from shopdata.sessions.sign_in.trust import frames_of_page

#: What covers an element is no reason to wait for: the next look tries again.
CLICK_TIMEOUT_MS = 2_500
#: A click that came to nothing may have been too much for a busy machine: the next ones have longer.
_PATIENT_CLICK_MS = 5_000
#: So many notices are closed behind the sign-in.
_MOST_NOTICES = 3
#: As far as a box may be drawn from the left end of its label.
_LEFT_PIXELS = 7

#: What is asked in a picture or by a choice is not closed: a person may answer it.
_QUESTION = re.compile(
    r"滑块|滑动|拖动|拼图|点选|安全验证|完成.{0,8}验证|请选择|captcha|slider|puzzle|verify", re.IGNORECASE
)

#: How a box looks, with what is around it: a click that has done something changes that.
_LOOK = """(box) => [box.checked, box.outerHTML, box.parentElement?.outerHTML, getComputedStyle(box).background,
  ...["::before", "::after"].map((part) => getComputedStyle(box, part).content)].join("|").slice(0, 20000)"""


class Obstacles:
    """Clears the way on one page, each thing once."""

    def __init__(self, page: Page, portal: Portal) -> None:
        self._page = page
        self._portal = portal
        self._ticked: dict[Frame, list[ElementHandle]] = {}
        self._ticked_words: set[str] = set()
        self._patience_ms: float = CLICK_TIMEOUT_MS

    async def clear(self) -> bool:
        """Closes notices, consents where that is all that is asked, ticks boxes; True if anything was clicked."""
        page, is_clicked = self._portal.login_page, False
        # One question first: mostly nothing of either is there.
        if await shows_any(frames_of_page(self._page, self._portal), [*page.agree, *page.notice]):
            is_clicked = await self._click_over(page.agree, is_consent=True)
            is_clicked = await self._click_over(page.notice) or is_clicked
        return await self.tick() or is_clicked

    async def close_landing_notices(self, seconds: float) -> None:
        """The same behind the sign-in, where nobody is to consent to anything; nothing depends on it, so it may take so
        long at most."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(seconds):
                # The address of the landing page is there before what it shows.
                await self._page.wait_for_load_state("domcontentloaded", timeout=seconds * 1000)
                self._patience_ms = max(seconds * 500, CLICK_TIMEOUT_MS)
                for _ in range(_MOST_NOTICES):
                    with seen(await glance_at(frames_of_page(self._page, self._portal), self._portal)):
                        if not await self._click_over(self._portal.login_page.notice):
                            break

    async def tick(self) -> bool:
        """Ticks the boxes of agreements that are not ticked; True if one has changed."""
        is_changed = False
        for frame in frames_of_page(self._page, self._portal):
            if (known := seen_of(frame)) is not None and not known.has_boxes:
                continue
            try:
                is_changed = await self._tick_all(frame) or is_changed
            except PlaywrightError:
                # The page is moving on; the handles of the old one are worth nothing.
                self._ticked.pop(frame, None)
        return is_changed

    async def _tick_all(self, frame: Frame) -> bool:
        """One click may tick several: a box for all rules, or the input behind what is drawn. So each is looked for
        anew."""
        is_changed, done = False, set[str]()
        while True:
            named = [(await _words_of(box), box) for box in await self._boxes(frame)]
            box = next((box for words, box in named if words not in done), None)
            if box is None:
                return is_changed
            done.add(await _words_of(box))
            is_changed = await self._tick(frame, box) or is_changed

    async def _boxes(self, frame: Frame) -> list[JSHandle]:
        selectors = self._portal.login_page.agreement
        given = [selector for selector in selectors if selector not in AGREEMENT_BOXES]
        known = [selector for selector in selectors if selector in AGREEMENT_BOXES]
        boxes = await frame.evaluate_handle(
            _source("agreement_boxes.js"),
            {
                # One question for all that are plain CSS: mostly there is no box at all.
                "found": await frame.locator(", ".join(known)).element_handles() if known else [],
                "known": known,
                "chosen": await _all(frame, given),
                "done": self._ticked.get(frame, []),
            },
        )
        return list((await boxes.get_properties()).values())

    async def _tick(self, frame: Frame, found: JSHandle) -> bool:
        box = (await found.get_property("box")).as_element()
        words = await _words_of(found)
        is_sure = bool(await (await found.get_property("isSure")).json_value())
        if box is None or (not is_sure and words in self._ticked_words):
            return False
        self._ticked.setdefault(frame, []).append(box)
        self._ticked_words.add(words)
        before = await box.evaluate(_LOOK)
        for target in (await (await found.get_property("targets")).get_properties()).values():
            place = list((await target.get_properties()).values())
            element, is_wide = place[0].as_element(), bool(await place[1].json_value())
            is_clicked = element is not None and await self._click(element, at_its_left=is_wide)
            if is_clicked and await box.evaluate(_LOOK) != before:
                return True
        return False

    async def _click_over(self, selectors: tuple[str, ...], *, is_consent: bool = False) -> bool:
        for frame in frames_of_page(self._page, self._portal):
            try:
                shown = maybe_shown(frame, selectors)
                elements = await any_of(frame, shown).element_handles() if shown else []
                if not elements:
                    continue
                closers = await frame.evaluate_handle(
                    _source("closers.js"), {"elements": elements, "isConsent": is_consent}
                )
                for closer in (await closers.get_properties()).values():
                    text = str(await (await closer.get_property("text")).json_value())
                    is_question = _QUESTION.search(text) is not None
                    element = (await closer.get_property("element")).as_element()
                    if element is not None and (is_consent or not is_question) and await self._click(element):
                        return True
            except PlaywrightError:
                continue
        return False

    async def _click(self, element: ElementHandle, *, at_its_left: bool = False) -> bool:
        """One real click; False if nobody could click there now."""
        forget_seen()
        try:
            if at_its_left:
                box = await element.bounding_box()
                height = box["height"] if box else 0
                await element.click(position={"x": _LEFT_PIXELS, "y": height / 2}, timeout=self._patience_ms)
            else:
                await element.click(timeout=self._patience_ms)
        except PlaywrightError:
            self._patience_ms = _PATIENT_CLICK_MS
            return False
        return True


async def _words_of(found: JSHandle) -> str:
    return str(await (await found.get_property("text")).json_value())


async def _all(frame: Frame, selectors: list[str]) -> list[ElementHandle]:
    return [element for selector in selectors for element in await frame.locator(selector).element_handles()]


@cache
def _source(name: str) -> str:
    return resources.files("shopdata.sessions.sign_in").joinpath(name).read_text(encoding="utf-8")
