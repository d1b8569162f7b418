"""Signs a shop in outside a crawl, with a person at hand for what the portal asks: `scrapy login`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError, CredentialsRefusedError, PortalError, UnclearSignInError
from shopdata.login import SignedIn, login_for, read_session
from shopdata.login.alive import died, is_end, while_alive
from shopdata.login.devices import DeviceStore, keep_device, open_context
from shopdata.login.looking import first_visible
from shopdata.login.page_limit import PageLimit
from shopdata.login.starting import OwnChromium
from shopdata.login.steps import Patience, has_landed
from shopdata.login.way_out import why_not

#: How long a person has for a captcha, a slider or a telephone.
PERSON_SECONDS = 600


async def sign_in_by_hand(
    shop: Shop,
    portal: Portal,
    *,
    devices: DeviceStore,
    browser_path: str | None,
    is_headed: bool,
    ask_code: Callable[[], str],
    tell: Callable[[str], None],
) -> SignedIn:
    """Signs in as a crawl does; where the portal asks for a person, waits for one.

    Args:
        devices: where the device comes from that the portal knows, and goes to again.
        is_headed: open a window, in which the person does whatever the portal wants; else only an SMS code can be
            given, by `ask_code`.
        tell: says to the person what to do.

    Raises:
        NeedsPersonError: the credentials were refused, or the person did not finish in time.
        PortalError: the portal did not answer.
        BrowserMissingError, BrowserError: there is no browser, it can't be started, or it ended.
    """
    own = OwnChromium({"executable_path": browser_path}, is_headed=is_headed)
    limit = PageLimit(portal.max_answer_bytes)
    try:
        browser = await own.start()
        device = await asyncio.to_thread(devices.load, shop)
        context = await open_context(browser, storage_state=device)
        try:
            page = await context.new_page()
            await limit.watch(page)
            with limit.explained(f"shop {shop.id!r}, its login page"):
                return await while_alive(page, shop, _with_person(page, shop, portal, is_headed, ask_code, tell))
        finally:
            await keep_device(devices, context, shop, portal)
    except PlaywrightError as error:
        raise died(shop, error) if is_end(error) else await why_not(shop, error) from None
    finally:
        await own.close()


async def _with_person(
    page: Page, shop: Shop, portal: Portal, is_headed: bool, ask_code: Callable[[], str], tell: Callable[[str], None]
) -> SignedIn:
    login = login_for(shop.platform)
    await page.goto(portal.login_url)
    try:
        await login.sign_in(page, shop, portal)
    except (CredentialsRefusedError, UnclearSignInError) as error:
        if not is_headed:
            raise
        # What the page said, and nothing of the next run: a person is here.
        tell(f"{error.what}{f'. Found {error.found}' if error.found else ''}. Sign in by hand in the window.")
        await _wait_for_person(page, shop, portal)
    except ChallengeError as challenge:
        if is_headed:
            tell(f"{challenge.what}. Finish it in the window.")
        elif await _has_sms_form(page, portal):
            await _enter_code(page, shop, portal, ask_code, tell)
            await _wait_until_taken(page, shop, portal)
        else:
            raise
        if is_headed:
            await _wait_for_person(page, shop, portal)
    return await read_session(page, login, portal)


async def _wait_for_person(page: Page, shop: Shop, portal: Portal, seconds: float = PERSON_SECONDS) -> None:
    patience = Patience(seconds)
    while not await has_landed(page, portal):
        await patience.look_again(shop, "the back office")


async def _has_sms_form(page: Page, portal: Portal) -> bool:
    return await first_visible(page.frames, portal.sms_form.code) is not None


async def _enter_code(
    page: Page, shop: Shop, portal: Portal, ask_code: Callable[[], str], tell: Callable[[str], None]
) -> None:
    # Some forms send the code only when they are told to.
    send = await first_visible(page.frames, portal.sms_form.send)
    if send is not None:
        await send.click()
    try:
        code = await asyncio.to_thread(ask_code)
    except asyncio.CancelledError:
        # Nothing but the person can end the reading of a line.
        tell("The browser has ended. Press Enter.")
        raise
    field = await first_visible(page.frames, portal.sms_form.code)
    if field is not None:
        await field.fill(code.strip())
    patience = Patience(portal.login_timeout_seconds)
    while (confirm := await first_visible(page.frames, portal.sms_form.confirm)) is None:
        await patience.look_again(shop, "a button to confirm the SMS code")
    await confirm.click()


async def _wait_until_taken(page: Page, shop: Shop, portal: Portal) -> None:
    """Nobody can do more than type the code: a wrong one is not waited for as long as for a person."""
    try:
        await _wait_for_person(page, shop, portal, portal.login_timeout_seconds)
    except PortalError:
        raise ChallengeError(
            "the portal did not take the SMS code",
            where=f"shop {shop.id!r}",
            found=f"its login page, {portal.login_timeout_seconds:g} seconds later",
            todo=f"Run `scrapy login {shop.id}` again for a new code, or with `--headed` to see what it says.",
        ) from None
