"""portals.yaml: where the platforms are, how they are asked and what their login pages look like."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from shopdata.config.model import Model, PositiveSeconds, Text, Url
from shopdata.network import is_loopback


class SmsForm(Model):
    """CSS selectors of the second factor (PORTALS 1.1, 4.1)."""

    code: tuple[str, ...] = ("input[placeholder*='短信验证码']",)
    send: tuple[str, ...] = ("button:has-text('获取验证码')", "button:has-text('发送验证码')")
    confirm: tuple[str, ...] = ("button:has-text('确定')",)


class LoginPage(Model):
    """CSS selectors of a login page; of each the first that is visible, in any frame, is used."""

    account_tab: tuple[str, ...]
    username: tuple[str, ...]
    password: tuple[str, ...]
    submit: tuple[str, ...]
    slider: tuple[str, ...]


class Portal(Model):
    """What every platform has: where to sign in, which hosts may send files, and the pace."""

    login_url: Url
    #: The path of the page one lands on after a sign-in.
    home_path: Text
    #: Cookies without which nobody is signed in.
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)]
    #: Cookies and keys of localStorage that belong to the account as well, and not to the device that is kept.
    account_cookies: tuple[str, ...] = ()
    session_storage: tuple[str, ...] = ()
    #: `.x` is a domain and all below it, `host` that host on any port, `host:port` just that.
    download_hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    #: Starts of requests, per shop.
    requests_per_second: Annotated[float, Field(gt=0, le=100)] = 1
    #: The longest that opening the login page, and the sign-in from there to the landing page, may take each.
    login_timeout_seconds: PositiveSeconds = 60
    #: How often a question is asked again when the portal is down or slow; waits grow between the tries.
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    #: The first wait between two tries; it doubles from try to try.
    retry_after_seconds: PositiveSeconds = 2
    #: The most that one answer of data may be, unpacked; also that of a page's own signed call.
    max_answer_bytes: Annotated[int, Field(ge=1 << 16)] = 32 << 20
    #: The most that a cell's file may be.
    max_file_bytes: Annotated[int, Field(ge=1 << 16, le=512 << 20)] = 512 << 20
    #: Of data that comes in pages: the pages of one list, and the rows of a cell.
    max_pages: Annotated[int, Field(ge=1)] = 1_000
    max_rows: Annotated[int, Field(ge=1)] = 200_000
    #: The longest that a cell may take, from the first question until its file is here.
    max_cell_seconds: PositiveSeconds = 4 * 3600
    sms_form: SmsForm = SmsForm()
    #: How often in one run a shop cools down when risk control says "too often", before a person is told.
    cooldown_tries: Annotated[int, Field(ge=0, le=5)] = 2
    #: The first cool-down; it doubles from one to the next, give or take a random fifth.
    cooldown_seconds: PositiveSeconds = 60

    @field_validator("download_hosts")
    @classmethod
    def _hosts_only(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?", host):
                raise ValueError(f"{host!r} is not a host: write .example.com, example.com or example.com:8443")
        return hosts

    def allows_download(self, url: str) -> bool:
        """True if a link may be followed: an allowed host, over https (or http on this machine)."""
        # Programs differ in what they make of these in an address, and so in where they go.
        if re.search(r"[\\\s\x00-\x1f\x7f]", url):
            return False
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            return False
        return any(_matches(pattern.lower(), host, port, parts.scheme) for pattern in self.download_hosts)


def _matches(pattern: str, host: str, port: int | None, scheme: str) -> bool:
    if pattern.startswith("."):
        return host == pattern[1:] or host.endswith(pattern)
    wanted, _, wanted_port = pattern.partition(":")
    return host == wanted and (not wanted_port or (port or {"https": 443, "http": 80}[scheme]) == int(wanted_port))


class JdLoginPage(LoginPage):
    """JD's two login forms (PORTALS 4.1)."""

    account_tab: tuple[str, ...] = ("#account-login", "text=账号登录")
    username: tuple[str, ...] = ("#loginname",)
    password: tuple[str, ...] = ("#nloginpwd", "input[type=password][placeholder*='密码']", "input[type=password]")
    submit: tuple[str, ...] = ("#paipaiLoginSubmit", "button.password__submit", "#loginsubmit")
    #: Nobody has recorded what marks a refusal, so what it says counts as well.
    refused: tuple[str, ...] = (
        ".msg-error",
        ".login-error",
        ".password__error",
        "[class*=error]",
        "text=密码不匹配",
        "text=密码错误",
        "text=密码不正确",
        "text=密码有误",
    )
    slider: tuple[str, ...] = (".JDJRV-slide-btn", ".JDJRV-bigimg")
    second_factor: tuple[str, ...] = ("text=认证魔方", "text=手机短信验证码")


class JdPortal(Portal):
    """JD: hosts have moved before (ppzh and sz to jdsz.jd.com), so every one of them stands here."""

    report_origin: Url
    gateway_origin: Url
    poll_every_seconds: PositiveSeconds = 5
    report_deadline_seconds: PositiveSeconds = 1800
    #: Where JD asks for its second factor: hosts, and the path on any host.
    second_factor_hosts: tuple[str, ...] = ("aq.jd.com", "safe.jd.com")
    second_factor_path: Text = "/certified"
    home_path: Text = "/jdm/home"
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)] = ("thor",)
    account_cookies: tuple[str, ...] = ("pin", "flash", "light_key")
    #: CSS selectors of the shop's name on that page: is it the shop we think?
    shop_name: Annotated[tuple[str, ...], Field(min_length=1)] = (".shop-menu-accountV1__right-account-top-name",)
    login_page: JdLoginPage = JdLoginPage()


class PddLoginPage(LoginPage):
    """Pinduoduo's login page (PORTALS 1.1)."""

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
    """Pinduoduo: one host for everything but the files."""

    origin: Url
    home_path: Text = "/home"
    #: The page whose own code signs chat requests.
    chat_page_path: Text = "/mms-chat/search?msfrom=mms_sidenav"
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)] = ("PASS_ID",)
    session_storage: tuple[str, ...] = ("PASSID", "new_userinfo")
    login_page: PddLoginPage = PddLoginPage()


class Portals(Model):
    """portals.yaml; a platform without shops may be left out."""

    jd: JdPortal | None = None
    pdd: PddPortal | None = None
