"""What a person needs besides the picture: what the page asks and says, its QR code, lists that no picture shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from playwright.async_api import ElementHandle, Frame, Page
from playwright.async_api import Error as PlaywrightError

from shopdata.config import Portal
from shopdata.sessions.sign_in.by_code import has_code_form
from shopdata.sessions.sign_in.looking import first_visible
from shopdata.sessions.sign_in.trust import frames_of_page, trusted_frames

_MOST_OPTIONS, _LONGEST_OPTION = 200, 80

#: The list that has been opened last: its window is the system's own, and in no picture.
_LIST = """() => {
  const list = document.activeElement;
  if (!(list instanceof HTMLSelectElement) || list.multiple) return null;
  return list;
}"""
_OPTIONS = """(list) => [list.selectedIndex, ...[...list.options].map((option) => option.label || option.text)]"""


@dataclass(frozen=True)
class Seen:
    """What is on the page now."""

    has_code_form: bool = False
    has_slider: bool = False
    options: tuple[str, ...] = ()
    chosen: int = -1
    #: A PNG; empty for none.
    code: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """All but the picture."""
        return {
            "sms": self.has_code_form,
            "slider": self.has_slider,
            "options": list(self.options),
            "chosen": self.chosen,
        }


async def look(page: Page, portal: Portal) -> Seen:
    """Looks at a page once."""
    try:
        options, chosen = await _open_list(page, portal)
        return Seen(
            has_code_form=await has_code_form(page, portal),
            has_slider=await first_visible(page.frames, portal.login_page.slider) is not None,
            options=options,
            chosen=chosen,
            code=await _code(page, portal),
        )
    except PlaywrightError:
        # It is moving on.
        return Seen()


async def choose(page: Page, portal: Portal, number: int) -> None:
    """Chooses in the list that is open."""
    found = await _focused_list(page, portal)
    if found is not None:
        await found.select_option(index=number, timeout=1_000)


async def veil(page: Page, portal: Portal, texts: Sequence[str]) -> None:
    """From now on no field of the page's own frames shows one of these texts."""
    for frame in trusted_frames(page, portal):
        try:
            await frame.evaluate(_veil(), list(texts))
        except PlaywrightError:
            continue  # it is moving on; the next look covers what comes


async def empty_passwords(page: Page, portal: Portal) -> None:
    """What was refused is for the person to type anew."""
    for frame in trusted_frames(page, portal):
        try:
            for field in await frame.locator("input[type=password]").all():
                await field.fill("", timeout=1_000)
        except PlaywrightError:
            continue


@cache
def _veil() -> str:
    return resources.files("shopdata.sessions.live").joinpath("veil.js").read_text(encoding="utf-8")


async def _focused_list(page: Page, portal: Portal) -> ElementHandle | None:
    for frame in frames_of_page(page, portal):
        found = (await frame.evaluate_handle(_LIST)).as_element()
        if found is not None:
            return found
    return None


async def _open_list(page: Page, portal: Portal) -> tuple[tuple[str, ...], int]:
    found = await _focused_list(page, portal)
    if found is None:
        return (), -1
    chosen, *options = await found.evaluate(_OPTIONS)
    return tuple(str(option)[:_LONGEST_OPTION] for option in options[:_MOST_OPTIONS]), int(chosen)


async def _code(page: Page, portal: Portal) -> bytes:
    """The QR code, cut out of the page: larger, and without what is around it, any telephone can read it."""
    frames: list[Frame] = frames_of_page(page, portal)
    found = await first_visible(frames, portal.login_page.qr_code)
    return b"" if found is None else await found.screenshot(timeout=2_000)


def as_line(seen: Seen) -> str:
    """To compare with what was told before."""
    return json.dumps(seen.as_json())
