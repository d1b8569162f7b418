"""Where one login opens several shops: the page on which one says which."""

from __future__ import annotations

import asyncio
from importlib import resources

from playwright.async_api import ElementHandle, Frame, Page
from playwright.async_api import Error as PlaywrightError

from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError
from shopdata.sessions.sign_in.looking import any_of
from shopdata.sessions.sign_in.obstacles import CLICK_TIMEOUT_MS
from shopdata.sessions.sign_in.trust import frames_of_page
from shopdata.texts import one_line

#: So long has the page after the click on an entry; then the button beside it is pressed too.
_AFTER_CLICK_SECONDS = 0.8


async def choose_shop(page: Page, shop: Shop, portal: Portal, platform: str, says: str, *, is_last: bool) -> bool:
    """Clicks the entry that shops.yaml names, and the button that enters it where there is one.

    Whether it is the right shop is looked at after the landing, as after every sign-in.

    Args:
        says: the words by which the page asks.
        is_last: False while the list may still come, and what covers it go.

    Returns:
        False if nothing could be clicked yet.

    Raises:
        ChallengeError: no entry is named, or the page has not just one of that name.
    """
    says = one_line(says, 80)
    wanted = shop.portal_shop or shop.portal_name
    if wanted is None:
        raise _not_chosen(shop, platform, f"「{says}」, and neither `portal_shop` nor `portal_name`")
    count = 0
    for frame in frames_of_page(page, portal):
        try:
            entries, button, is_list = await _look(frame, wanted, portal)
            count += len(entries)
            if len(entries) == 1 or is_list:
                if not is_list:
                    await entries[0].click(timeout=CLICK_TIMEOUT_MS)
                await _enter(page, frame, wanted, portal, button)
                return True
        except PlaywrightError:
            # It is covered, or the page is moving on: the next look tells.
            continue
    if count < 2 and not is_last:
        return False
    number = "no entry" if not count else f"{count} entries"
    raise _not_chosen(shop, platform, f"「{says}」 with {number} {wanted!r}")


async def _look(frame: Frame, wanted: str, portal: Portal) -> tuple[list[ElementHandle], ElementHandle | None, bool]:
    """The entries of that name, the button of the only one, and True if it was chosen in a list."""
    source = resources.files("shopdata.sessions.sign_in").joinpath("shop_entries.js").read_text(encoding="utf-8")
    buttons = await any_of(frame, portal.login_page.enter_shop).element_handles()
    found = await frame.evaluate_handle(source, {"wanted": wanted, "buttons": buttons})
    entries = [
        element
        for handle in (await (await found.get_property("entries")).get_properties()).values()
        if (element := handle.as_element()) is not None
    ]
    button = (await found.get_property("button")).as_element()
    options = (await found.get_property("select")).as_element()
    if options is not None and not entries:
        label = str(await (await found.get_property("label")).json_value())
        await options.select_option(label=label, timeout=CLICK_TIMEOUT_MS)
    return entries, button, options is not None and not entries


async def _enter(page: Page, frame: Frame, wanted: str, portal: Portal, button: ElementHandle | None) -> None:
    before = page.url
    await asyncio.sleep(_AFTER_CLICK_SECONDS)
    if page.url != before or frame.is_detached():
        return
    if button is None:
        # The click may have been what makes a button appear.
        _, button, _ = await _look(frame, wanted, portal)
    if button is not None:
        await button.click(timeout=CLICK_TIMEOUT_MS)


def _not_chosen(shop: Shop, platform: str, found: str) -> ChallengeError:
    return ChallengeError(
        f"{platform} asks for a choice among several shops",
        code="shop_choice_wanted",
        where=f"shop {shop.id!r}",
        found=found,
        expected="one entry that shops.yaml names",
        todo=(
            "Give the shop its entry's words as `portal_shop` in shops.yaml, or on the board's page Shops; or sign in "
            "by hand with "
            f"`scrapy login {shop.id} --headed`."
        ),
    )
