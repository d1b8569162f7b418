"""Pinduoduo's section of portals.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shopdata.config.model import Text, Url
from shopdata.config.portals import LoginPage, Portal


class PddLoginPage(LoginPage):
    """Pinduoduo's login page (docs/portals.md 1.1)."""

    account_tab: tuple[str, ...] = (
        "div.tab-item.last-item",
        ".login-tab div:has-text('账号登录')",
        ".login-tab-item:has-text('账号登录')",
        "text=账号登录",
    )
    username: tuple[str, ...] = ("#usernameId", "input[placeholder*='手机号']", "input[type=text]")
    password: tuple[str, ...] = ("#passwordId", "input[placeholder*='密码']", "input[type=password]")
    #: Tabs say 登录 as well (账号登录, 扫码登录): first the button that says nothing else.
    submit: tuple[str, ...] = (
        "button:text-is('登录')",
        "button:has(:text-is('登录'))",
        "button:not([class*=tab]):has-text('登录')",
    )
    slider: tuple[str, ...] = (".captcha-container", ".captcha-slider", "#captcha_container", "[class*=captcha]")


class PddPortal(Portal):
    """Pinduoduo: one host for everything but the files, and what has a host of its own."""

    origin: Url
    #: Bills: a hop with a ticket leads there (docs/portals.md 8.6).
    cashier_origin: Url = "https://cashier.pinduoduo.com"
    login_hosts: tuple[str, ...] = ("mms.pinduoduo.com",)
    home_path: Text = "/home"
    #: Says whether somebody is signed in, with cookies alone (docs/portals.md 1.3).
    check_path: Text = "/janus/api/checkLogin"
    #: What the pages sign calls with (docs/portals.md 2).
    page_client: Annotated[str, Field(pattern=r"^window(\.[A-Za-z_$][A-Za-z0-9_$]*)+$")] = "window.__mms.fetch"
    #: The page whose own code signs chat requests.
    chat_page_path: Text = "/mms-chat/search?msfrom=mms_sidenav"
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)] = ("PASS_ID",)
    session_storage: tuple[str, ...] = ("PASSID", "new_userinfo")
    login_page: PddLoginPage = PddLoginPage()
