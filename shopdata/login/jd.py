"""Signing in to JD (PORTALS 4.1) and reading its answers (PORTALS 4.2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from playwright.async_api import Locator, Page

from shopdata.config import JdPortal, Portal, Shop
from shopdata.exceptions import CredentialsRefusedError
from shopdata.login.steps import SMS_CODE, Answer, Patience, Risk, challenge, first_visible

#: The account-wide list of reports.
LIST_PATH = "/brand/reportCenter/myReport/getReportList.ajax"
#: JD's own pages send these with every call of the report centre.
AJAX_HEADERS = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json, text/plain, */*"}

#: Codes of JD's merchant gateways that mean risk control (PORTALS 4.2).
_RISK_CODES = {"601": "未经京东授权的软件操作", "-407": "不安全"}


class JdLogin:
    """JD's four answers."""

    async def sign_in(self, page: Page, shop: Shop, portal: Portal) -> None:
        """Fills whichever of the two forms the page shows, then waits for the landing page."""
        assert isinstance(portal, JdPortal)
        patience = Patience(portal.login_timeout_seconds)
        username, password = await self._find_form(page, shop, portal, patience)
        await username.fill(shop.username)
        await password.fill(shop.password.get_secret_value())
        while (submit := await first_visible(page, portal.login_page.submit)) is None:
            await patience.look_again(shop, "its sign-in button")
        await submit.click()
        await self._wait_until_landed(page, shop, portal, patience)

    async def _find_form(self, page: Page, shop: Shop, portal: JdPortal, patience: Patience) -> tuple[Locator, Locator]:
        """The two fields, from the main page or the old form's iframe."""
        selectors = portal.login_page
        while True:
            username = await first_visible(page, selectors.username)
            password = await first_visible(page, selectors.password)
            if username is not None and password is not None:
                return username, password
            # The old page opens on the QR code; its account form is one tab further.
            tab = await first_visible(page, selectors.account_tab)
            if tab is not None:
                await tab.click()
            await patience.look_again(shop, "a form for user name and password")

    async def _wait_until_landed(self, page: Page, shop: Shop, portal: JdPortal, patience: Patience) -> None:
        while not await self.has_landed(page, portal):
            if patience.is_close_look_due():
                await self._raise_if_refused(page, shop, portal)
            await patience.look_again(shop, "the back office after the sign-in")

    async def has_landed(self, page: Page, portal: Portal) -> bool:
        assert isinstance(portal, JdPortal)
        # The address alone is no proof: an anonymous visit keeps it for a moment before it jumps (PORTALS 4.2).
        if not urlsplit(page.url).path.startswith(portal.home_path):
            return False
        names = {cookie.get("name") for cookie in await page.context.cookies()}
        return names.issuperset(self.session_cookies(portal))

    async def _raise_if_refused(self, page: Page, shop: Shop, portal: JdPortal) -> None:
        await self._raise_if_challenged(page, shop, portal)
        refused = await first_visible(page, portal.login_page.refused)
        text = " ".join((await refused.inner_text()).split()) if refused is not None else ""
        if text:
            raise CredentialsRefusedError(
                "credentials refused",
                where=f"shop {shop.id!r}",
                found=f"「{text[:80]}」 on JD's login page",
                todo="Mend user name or password in the environment; the same password is not tried again.",
            )

    async def _raise_if_challenged(self, page: Page, shop: Shop, portal: JdPortal) -> None:
        place = urlsplit(page.url)
        if await first_visible(page, portal.login_page.slider) is not None:
            raise challenge(shop, "JD", "a slider")
        is_second_factor = place.hostname in portal.second_factor_hosts or place.path.startswith(
            portal.second_factor_path
        )
        if is_second_factor or await first_visible(page, portal.login_page.second_factor) is not None:
            raise challenge(shop, "JD", SMS_CODE)

    def check_call(self, portal: Portal) -> tuple[str, dict[str, str]]:
        assert isinstance(portal, JdPortal)
        return f"{urljoin(portal.report_origin, LIST_PATH)}?uuid={uuid.uuid4()}", AJAX_HEADERS

    def session_cookies(self, portal: Portal) -> Sequence[str]:
        assert isinstance(portal, JdPortal)
        return portal.session_cookies

    def is_session_dead(self, answer: Answer, portal: Portal) -> bool:
        """A redirect, a page instead of data, or 401: nowhere is recorded how zhgateway and the report list say it,
        so each of these means "sign in once more" (PORTALS 4.2, an inference)."""
        if answer.status in (301, 302, 303, 307, 308, 401):
            return True
        if answer.status != 200:
            return False
        if answer.is_html:
            return True
        data = answer.json()
        return isinstance(data, dict) and "401" in (str(data.get("code")), str(data.get("status")))

    def risk_in(self, answer: Answer, portal: Portal) -> Risk | None:
        if answer.status == 429:
            return Risk("HTTP 429", needs_person=False, may_pass=True)
        data = answer.json() if not answer.is_html else None
        code = str(data.get("code", "")) if isinstance(data, dict) else ""
        return Risk(f"{code} {_RISK_CODES[code]}", needs_person=True, may_pass=False) if code in _RISK_CODES else None
