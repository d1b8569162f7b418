"""The least that a sign-in can be with this browser: open the login page, fill it in, press, and take the cookies.

    python -m benchmarks.bare_sign_in jd|pdd

Nothing is looked at or kept: no notices, no refusals, no shop's name, no device. Of the sandbox's new login forms; as
in a crawl, one browser for all shops of `SHOPDATA_CONFIG_DIR`, and a context for each, four at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from playwright.async_api import Browser

from shopdata.browser.starting import OwnChromium
from shopdata.config import Portal, Shop, load_config
from shopdata.sessions.devices import open_context
from shopdata.sessions.sign_in.steps import SignInDeadline, has_landed

AT_ONCE = 4
#: User name, password and button of each platform's form.
FORMS = {
    "jd": ("#loginname", "input[type=password]", "button.password__submit"),
    "pdd": ("input[type=text]", "input[type=password]", "button:has(:text-is('登录'))"),
}


async def main(platform: str) -> None:
    """Signs all shops of a platform in."""
    config = load_config(Path(os.environ["SHOPDATA_CONFIG_DIR"]))
    places, own = asyncio.Semaphore(AT_ONCE), OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")})
    browser = await own.start()
    try:
        shops = [shop for shop in config.shops if shop.platform == platform]
        await asyncio.gather(*(sign_in(browser, shop, config.portal(platform), places) for shop in shops))
    finally:
        await own.close()


async def sign_in(browser: Browser, shop: Shop, portal: Portal, places: asyncio.Semaphore) -> None:
    """Of one shop."""
    username, password, button = FORMS[shop.platform]
    async with places:
        context = await open_context(browser)
        page = await context.new_page()
        await page.goto(portal.login_url)
        if shop.platform == "pdd":
            await page.click("text=账号登录")
        await page.fill(username, shop.username)
        await page.fill(password, shop.password.get_secret_value())
        await page.click(button)
        deadline = SignInDeadline(portal.login_timeout_seconds)
        while not await has_landed(page, portal):
            await deadline.look_again(shop, "the back office")
        await context.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
