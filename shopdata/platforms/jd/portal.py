"""JD's section of portals.yaml, and where its account-wide list of reports is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shopdata.config.model import PositiveSeconds, Text, Url
from shopdata.config.portals import LoginPage, Portal

#: The account-wide list of reports.
LIST_PATH = "/brand/reportCenter/myReport/getReportList.ajax"
#: JD's own pages send these with every call of the report centre.
AJAX_HEADERS = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json, text/plain, */*"}


class JdLoginPage(LoginPage):
    """JD's two login forms (docs/portals.md 4.1)."""

    account_tab: tuple[str, ...] = ("#account-login", "text=账号登录")
    username: tuple[str, ...] = ("#loginname",)
    password: tuple[str, ...] = ("#nloginpwd", "input[type=password][placeholder*='密码']", "input[type=password]")
    submit: tuple[str, ...] = ("#paipaiLoginSubmit", "button.password__submit", "#loginsubmit")
    slider: tuple[str, ...] = (".JDJRV-slide-btn", ".JDJRV-bigimg")
    second_factor: tuple[str, ...] = ("text=认证魔方", "text=手机短信验证码")


class JdPortal(Portal):
    """JD: hosts have moved before (ppzh and sz to jdsz.jd.com), so every one of them stands here."""

    report_origin: Url
    gateway_origin: Url
    #: 京准通; its cookies are those of the shop (that they always do is not known: docs/portals.md 8.13).
    ads_origin: Url = "https://jzt-api.jd.com"
    #: How long a shop is left alone once risk control has said "too often" to an export: each one restarts the
    #: cool-down of 30 to 120 minutes (docs/portals.md 8.11).
    export_rest_seconds: PositiveSeconds = 7200
    #: Where JD asks for its second factor: hosts, and the path on any host.
    second_factor_hosts: tuple[str, ...] = ("aq.jd.com", "safe.jd.com")
    second_factor_path: Text = "/certified"
    #: What is asked on `report_origin` whether somebody is signed in: the list of reports.
    check_path: Text = LIST_PATH
    login_hosts: tuple[str, ...] = ("passport.shop.jd.com", "passport.jd.com")
    home_hosts: tuple[str, ...] = ("shop.jd.com",)
    home_path: Text = "/jdm/home"
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)] = ("thor",)
    account_cookies: tuple[str, ...] = ("pin", "flash", "light_key")
    #: CSS selectors of the shop's name on that page: is it the shop we think?
    shop_name: Annotated[tuple[str, ...], Field(min_length=1)] = (".shop-menu-accountV1__right-account-top-name",)
    login_page: JdLoginPage = JdLoginPage()
