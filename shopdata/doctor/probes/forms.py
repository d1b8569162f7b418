"""D3: the login page's form, as a sign-in would look for it. Nothing is typed and nothing is sent."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from scrapy.utils.asyncio import run_in_thread

from shopdata.browser.chromium import path_for
from shopdata.browser.starting import OwnChromium
from shopdata.config import Portal
from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import Finding, differs, holds, unseen
from shopdata.exceptions import ShopdataError
from shopdata.sessions.devices import open_context
from shopdata.sessions.sign_in.looking import first_visible
from shopdata.sessions.sign_in.trust import trusted_frames

#: What a sign-in needs of the page, in the order in which it is looked for.
PARTS = ("password", "username", "submit")
_LOOK_EVERY_SECONDS = 0.2
#: A form is drawn by then, or is none of ours.
_MOST_SECONDS = 15.0
_CLICK_TIMEOUT_MS = 2_000
#: What of a page's fields and tabs a person would look for in a selector; never what is typed in them.
_SHOWN = """() => [...document.querySelectorAll("input,button,[role=tab],[class*=tab]")]
  .filter((one) => one.checkVisibility?.() ?? true)
  .map((one) => {
    const name = one.id ? "#" + one.id : one.tagName.toLowerCase() + (one.type ? `[type=${one.type}]` : "");
    const says = one.placeholder || (one.children.length ? "" : one.innerText) || "";
    return says.trim() ? `${name} 「${says.trim().slice(0, 20)}」` : name;
  }).slice(0, 12)"""


@dataclass(frozen=True)
class Form:
    """What a login page showed.

    Args:
        found: of each part whether its selectors show anything.
        has_tab: True if the tab that leads to the form was there.
        host: where the page was in the end.
        shown: fields and buttons that there are, by id or kind, with what they say.
    """

    found: dict[str, bool]
    has_tab: bool
    host: str
    shown: tuple[str, ...]


async def look_at_form(exam: Examination) -> None:
    """Opens the login page in a browser of its own, that nobody is signed in with."""
    try:
        form = await run_in_thread(lambda: asyncio.run(_open(exam.portal, exam.browser_path)))
    except ShopdataError as error:
        exam.add("D3", unseen("form", why=error.what))
    except PlaywrightError as error:
        exam.add("D3", unseen("form", why=error.message.splitlines()[0][:120].partition("?")[0]))
    else:
        exam.add("D3", judge_form(exam, form))


def judge_form(exam: Examination, form: Form) -> Finding:
    """Whether a sign-in would find its fields."""
    missing = [part for part in PARTS if not form.found[part]]
    shown = ", ".join(form.shown) or "-"
    if not missing:
        return holds("form", host=form.host)
    if len(missing) == len(PARTS) and not form.has_tab:
        # Behind a tab that we do not know, or another page altogether.
        keys = [exam.key("login_page.account_tab"), exam.key("login_url"), *map(exam.key, _paths(missing))]
    else:
        keys = [exam.key(path) for path in _paths(missing)]
    return differs("form", "", *keys, missing=", ".join(missing), shown=shown)


def _paths(parts: list[str]) -> list[str]:
    return [f"login_page.{part}" for part in parts]


async def _open(portal: Portal, browser_path: str | None) -> Form:
    own = OwnChromium({"executable_path": path_for(portal.browser, browser_path)})
    try:
        browser = await own.start()
        page = await (await open_context(browser)).new_page()
        await page.goto(portal.login_url, timeout=portal.login_timeout_seconds * 1000)
        return await look(page, portal)
    finally:
        await own.close()


async def look(page: Page, portal: Portal) -> Form:
    """Waits for the form, behind its tab or in a frame if need be."""
    deadline = time.monotonic() + min(_MOST_SECONDS, portal.login_timeout_seconds)
    has_tab = False
    while True:
        frames = trusted_frames(page, portal)
        found = {part: await first_visible(frames, getattr(portal.login_page, part)) is not None for part in PARTS}
        if all(found.values()) or time.monotonic() > deadline:
            break
        # Pages open on the QR code; the account form is one tab further.
        tab = await first_visible(frames, portal.login_page.account_tab)
        if tab is not None:
            has_tab = True
            # Where something covers it, the next look may find it free.
            with suppress(PlaywrightError):
                await tab.click(timeout=_CLICK_TIMEOUT_MS)
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
    shown = [name for frame in trusted_frames(page, portal) for name in await frame.evaluate(_SHOWN)]
    return Form(found, has_tab, page.url.partition("?")[0], tuple(dict.fromkeys(shown)))
