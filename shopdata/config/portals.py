"""portals.yaml: where the platforms are, how they are asked and what their login pages look like."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from shopdata.config.model import Model, PositiveSeconds, Text, Url
from shopdata.config.recipes.paths import AnswerPath
from shopdata.network import is_loopback

#: What stands at places of an answer, compared as texts; `*` is anything but nothing.
Signs = dict[AnswerPath, str | int | bool]

#: What UI kits make boxes of; only those beside an agreement are ticked.
AGREEMENT_BOXES = (
    "input[type=checkbox]",
    "input[type=radio]",
    "[role=checkbox]",
    "[class*=checkbox i]",
    "[class*=check-box i]",
    "[class*=agree i]",
    "[class*=protocol i]",
)


class SmsForm(Model):
    """CSS selectors of the second factor (docs/portals.md 1.1, 4.1)."""

    code: tuple[str, ...] = ("input[placeholder*='短信验证码']",)
    send: tuple[str, ...] = ("button:has-text('获取验证码')", "button:has-text('发送验证码')")
    confirm: tuple[str, ...] = ("button:has-text('确定')",)


def _saying(*texts: str) -> str:
    """Whatever looks like a button, of whichever element it is made, and says just one of these."""
    return f":is(button,a,span,div,i,em,p,[role=button]):is({','.join(f':text-is({text!r})' for text in texts)})"


class LoginPage(Model):
    """CSS selectors of a login page; of each the first that is visible, in any frame of an allowed host, is used."""

    account_tab: tuple[str, ...]
    username: tuple[str, ...]
    password: tuple[str, ...]
    submit: tuple[str, ...]
    slider: tuple[str, ...]
    #: The code that the portal's app scans, and the tab that it is behind (docs/portals.md 1.1, 4.1).
    qr_code: tuple[str, ...] = (
        ":is([class*=qrcode i],[class*=qr-code i]) :is(canvas,img)",
        ":is(canvas,img):is([class*=qrcode i],[class*=qr-code i])",
    )
    qr_tab: tuple[str, ...] = (":text-is('扫码登录')", ":text-is('二维码登录')")
    #: Where the page says why it lets nobody in; what it says there is read by its words (`sessions/sign_in/words.py`).
    refused: tuple[str, ...] = (
        ".msg-error",
        ".login-error",
        ".password__error",
        "[class*=error]",
        "[role=alert]",
        "[class*=toast]",
    )
    #: Words that mean a refusal of user name or password, besides those that are known.
    refused_words: tuple[Text, ...] = ()
    #: Boxes that are ticked where 同意, 协议, 隐私 or 条款 stands beside them; any other selector is ticked as it is.
    agreement: tuple[str, ...] = AGREEMENT_BOXES
    #: What consents to a rule that is shown before one may go on.
    agree: tuple[str, ...] = (
        _saying("同意并继续", "同意并登录", "已阅读并同意", "我已阅读并同意", "我同意", "同意", "Agree", "I agree"),
    )
    #: What closes a notice.
    notice: tuple[str, ...] = (
        _saying("我知道了", "知道了", "我已知晓", "好的", "稍后再说", "以后再说", "下次再说", "暂不", "跳过", "关闭"),
        _saying("我明白了", "已了解", "我已了解", "收到", "确定", "确认", "不再提示", "不再提醒"),
        _saying("Got it", "OK", "Close", "Skip", "Not now", "Later", "Dismiss", "×", "✕", "✖", "X", "x"),
        ":is([aria-label*=close i],[aria-label*='关闭'],[alt*=close i],[title='关闭'],[class*=close i])",
    )
    #: What enters the shop that was clicked, where that alone does not.
    enter_shop: tuple[str, ...] = (
        _saying("进入", "进入店铺", "进入后台", "立即进入", "确认进入", "确定", "确认", "下一步", "登录", "提交"),
        _saying("Enter", "Continue", "Confirm", "Next"),
    )


class Portal(Model):
    """What every platform has: where to sign in, which hosts may send files, and the pace."""

    login_url: Url
    #: The path of the page one lands on after a sign-in.
    home_path: Text
    #: Cookies without which nobody is signed in.
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)]
    #: What an answer holds once the session has ended, each of them alone, besides what is known of the platform.
    dead_session: tuple[Signs, ...] = ()
    #: Cookies and keys of localStorage that belong to the account as well, and not to the device that is kept.
    account_cookies: tuple[str, ...] = ()
    session_storage: tuple[str, ...] = ()
    #: `.x` is a domain and all below it, `host` that host on any port, `host:port` just that.
    download_hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    #: Hosts whose pages may be given user name and password, besides that of `login_url`; written as `download_hosts`.
    login_hosts: tuple[str, ...] = ()
    #: Hosts of the back office, where a sign-in lands, besides those of the login page; written as `download_hosts`.
    home_hosts: tuple[str, ...] = ()
    #: Between two looks whether a report is done.
    poll_every_seconds: PositiveSeconds = 5
    report_deadline_seconds: PositiveSeconds = 1800
    #: A report that was ordered is in the list by then; only after it, it is ordered again.
    order_grace_seconds: PositiveSeconds = 15
    #: How often a report is ordered while nobody knows whether an order was taken.
    max_orders: Annotated[int, Field(ge=1, le=5)] = 3
    #: Parts of a refusal that say that there is no data of the day yet; nobody has recorded one (docs/portals.md 8.16).
    not_ready_texts: tuple[Text, ...] = (
        "暂无数据",
        "数据暂未",
        "数据尚未",
        "数据未更新",
        "数据未产出",
        "数据未就绪",
        "数据准备中",
        "数据计算中",
        "数据生成中",
        "数据更新中",
    )
    #: Starts of requests, per shop.
    requests_per_second: Annotated[float, Field(gt=0, le=100)] = 1
    #: Where machines share a ledger: whether another than the one that has signed a shop in asks for it, while that has
    #: a part in the run; late: half an hour after it was due.
    roam: Literal["late", "never", "any"] = "late"
    #: Which browser its shops sign in with where nobody looks on: the whole Chromium, or `headless_shell`, which costs
    #: half and which a portal can tell from a person's (docs/operate.md, A lighter browser).
    browser: Literal["chromium", "headless_shell"] = "chromium"
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
    login_page: LoginPage
    #: A link to a file may be dead so long after the portal has said that the file is done (docs/portals.md 8.13).
    link_grace_seconds: PositiveSeconds = 60
    sms_form: SmsForm = SmsForm()
    #: How often in one run a shop cools down when risk control says "too often", before a person is told.
    cooldown_tries: Annotated[int, Field(ge=0, le=5)] = 2
    #: The first cool-down; it doubles from one to the next, give or take a random fifth.
    cooldown_seconds: PositiveSeconds = 60

    @field_validator("download_hosts", "login_hosts", "home_hosts")
    @classmethod
    def _hosts_only(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?", host):
                raise ValueError(f"{host!r} is not a host: write .example.com, example.com or example.com:8443")
        return hosts

    @property
    def addresses(self) -> list[str]:
        """Where its machines are: every value that is an address."""
        return [value for _, value in self if isinstance(value, str) and value.startswith(("https://", "http://"))]

    def allows_download(self, url: str) -> bool:
        """True if a link may be followed: an allowed host, over https (or http on this machine)."""
        return _is_allowed(url, self.download_hosts)

    def allows_login(self, url: str) -> bool:
        """True if user name and password may be typed into this page: `login_url`'s own host and port, or one of
        `login_hosts`, over https (or http on this machine)."""
        own = urlsplit(self.login_url)
        port = own.port or {"https": 443, "http": 80}[own.scheme]
        # An IPv6 address is no pattern, so the own host is compared as it is.
        return _is_allowed(url, self.login_hosts) or _is_at(url, own.hostname or "", port)

    def allows_visit(self, url: str) -> bool:
        """True if somebody who signs in from elsewhere may go there: the portal's own pages, and no others."""
        return self.allows_login(url) or self.allows_download(url) or _is_allowed(url, self.home_hosts)


def _place(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address that is safe to go to; None if it is not."""
    # Programs differ in what they make of these in an address, and so in where they go.
    if re.search(r"[\\\s\x00-\x1f\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return None
    return parts.scheme, host, port or {"https": 443, "http": 80}[parts.scheme]


def _is_allowed(url: str, patterns: tuple[str, ...]) -> bool:
    place = _place(url)
    return place is not None and any(_matches(pattern.lower(), *place[1:]) for pattern in patterns)


def _is_at(url: str, host: str, port: int) -> bool:
    place = _place(url)
    return place is not None and place[1:] == (host.lower(), port)


def _matches(pattern: str, host: str, port: int) -> bool:
    if pattern.startswith("."):
        return host == pattern[1:] or host.endswith(pattern)
    wanted, _, wanted_port = pattern.partition(":")
    return host == wanted and (not wanted_port or port == int(wanted_port))
