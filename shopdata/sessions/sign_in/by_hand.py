"""Signs a shop in outside a crawl, with a person at hand for what the portal asks: `scrapy login`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from shopdata.browser.alive import died, is_end, while_alive
from shopdata.browser.chromium import path_for
from shopdata.browser.page_limit import PageLimit
from shopdata.browser.starting import OwnChromium
from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError, CredentialsRefusedError, UnclearSignInError
from shopdata.sessions.devices import DeviceStore, keep_device, open_context
from shopdata.sessions.sign_in import SignedIn, login_for, read_session
from shopdata.sessions.sign_in.by_code import enter_codes, has_code_form
from shopdata.sessions.sign_in.steps import SignInDeadline, has_landed
from shopdata.sessions.sign_in.way_out import why_not

#: How long a person has for a captcha, a slider or a telephone.
PERSON_SECONDS = 600


async def sign_in_by_hand(
    shop: Shop,
    portal: Portal,
    *,
    devices: DeviceStore,
    browser_path: str | None,
    is_headed: bool,
    ask_code: Callable[..., str],
    tell: Callable[..., None],
) -> SignedIn:
    """Signs in as a crawl does, and tells each step; where the portal asks for a person, waits for one.

    Args:
        devices: where the device comes from that the portal knows, and goes to again.
        is_headed: open a window, in which the person does whatever the portal wants; else only an SMS code can be
            given, by `ask_code`, which gets what to show, as `tell` does.
        tell: says to the person what happens, and what to do: gets the key of a text, and what fills its holes.

    Raises:
        NeedsPersonError: the credentials were refused, or the person did not finish in time.
        PortalError: the portal did not answer.
        BrowserMissingError, BrowserError: there is no browser, it can't be started, or it ended.
    """
    tell("login.starting_browser", shop=shop.id)
    return await in_own_browser(
        shop,
        portal,
        lambda page: _with_person(page, shop, portal, is_headed, ask_code, tell),
        devices=devices,
        browser_path=browser_path,
        is_headed=is_headed,
    )


async def in_own_browser(
    shop: Shop,
    portal: Portal,
    work: Callable[[Page], Coroutine[Any, Any, SignedIn]],
    *,
    devices: DeviceStore,
    browser_path: str | None,
    is_headed: bool = False,
    **own_options: Any,
) -> SignedIn:
    """What `work` comes to in a browser of its own, on the device that the portal knows the shop by.

    Args:
        own_options: for `context_options`.

    Raises:
        as `sign_in_by_hand`.
    """
    path = path_for(portal.browser, browser_path, is_headed=is_headed)
    own = OwnChromium({"executable_path": path}, is_headed=is_headed)
    limit = PageLimit(portal.max_answer_bytes)
    try:
        browser = await own.start()
        device = await asyncio.to_thread(devices.load, shop)
        context = await open_context(browser, storage_state=device, **own_options)
        try:
            page = await context.new_page()
            await limit.watch(page)
            with limit.explained(f"shop {shop.id!r}, its login page"):
                return await while_alive(page, shop, work(page))
        finally:
            await keep_device(devices, context, shop, portal)
    except PlaywrightError as error:
        raise died(shop, error) if is_end(error) else await why_not(shop, error) from None
    finally:
        await own.close()


async def _with_person(
    page: Page, shop: Shop, portal: Portal, is_headed: bool, ask_code: Callable[..., str], tell: Callable[..., None]
) -> SignedIn:
    login = login_for(shop.platform)
    tell("login.opening_page", shop=shop.id, host=urlsplit(portal.login_url).netloc)
    await page.goto(portal.login_url)
    tell("login.entering", shop=shop.id)
    by, asked = "password", ""
    try:
        await login.sign_in(page, shop, portal)
    except (CredentialsRefusedError, UnclearSignInError) as error:
        if not is_headed:
            raise
        by, asked = "person", error.code
        # What the page said, and nothing of the next run: a person is here.
        if error.found:
            tell("login.refused_found", what=error.what, found=error.found)
        else:
            tell("login.refused", what=error.what)
        await _wait_for_person(page, shop, portal)
    except ChallengeError as challenge:
        by, asked = "person" if is_headed else "sms", challenge.code
        if is_headed:
            tell("login.challenge", what=challenge.what)
        elif await has_code_form(page, portal):
            await enter_codes(page, shop, portal, ask_code, tell)
        else:
            raise
        if is_headed:
            await _wait_for_person(page, shop, portal)
    tell("login.reading", shop=shop.id)
    return await read_session(page, login, portal, by=by, asked=tuple(filter(None, [asked])))


async def _wait_for_person(page: Page, shop: Shop, portal: Portal) -> None:
    deadline = SignInDeadline(PERSON_SECONDS)
    while not await has_landed(page, portal):
        await deadline.look_again(shop, "the back office")
