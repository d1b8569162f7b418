"""What may stand in each file of `pipelines_config/` (DESIGN 5.4), with its defaults."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from shopdata.periods import PeriodKind

Platform = Literal["jd", "pdd"]

#: Names that a reader of the lake adds itself (partition columns), or that we write first.
RESERVED_COLUMNS = frozenset({"shop", "dt", "dir0"})

Text = Annotated[str, Field(min_length=1)]
PositiveSeconds = Annotated[float, Field(gt=0)]


def is_loopback(host: str) -> bool:
    """True for localhost and the addresses that never leave this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a whole address, for example https://ppzh.jd.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("write https://; plain http would show passwords to the network")
    return url.rstrip("/") if parts.path in ("", "/") else url


Url = Annotated[str, AfterValidator(_checked_url)]


class Model(BaseModel):
    """Unknown keys are mistakes, values do not change after reading, and no error shows the value of a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


# -- shops.yaml ------------------------------------------------------------------------------------------------------


class Shop(Model):
    """One account on a platform."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: Text
    platform: Platform
    username: Text
    password: SecretStr
    datasets: tuple[str, ...] | None = None
    enabled: bool = True

    @field_validator("password")
    @classmethod
    def _not_blank(cls, password: SecretStr) -> SecretStr:
        if not password.get_secret_value().strip():
            raise ValueError("the password is blank: fill the variable it comes from")
        return password


class Shops(Model):
    """shops.yaml."""

    shops: Annotated[tuple[Shop, ...], Field(min_length=1)]

    @field_validator("shops")
    @classmethod
    def _unique(cls, shops: tuple[Shop, ...]) -> tuple[Shop, ...]:
        for field in ("id", "name"):
            seen: set[str] = set()
            for shop in shops:
                value = getattr(shop, field)
                if value in seen:
                    raise ValueError(f"two shops have the {field} {value!r}: give each its own")
                seen.add(value)
        return shops


# -- portals.yaml ----------------------------------------------------------------------------------------------------


class SmsForm(Model):
    """CSS selectors of the second factor (PORTALS 1.1, 4.1)."""

    code: tuple[str, ...] = ("input[placeholder*='短信验证码']",)
    send: tuple[str, ...] = ("button:has-text('获取验证码')", "button:has-text('发送验证码')")
    confirm: tuple[str, ...] = ("button:has-text('确定')",)


class Portal(Model):
    """What every platform has: where to sign in, which hosts may send files, and the pace."""

    login_url: Url
    #: `.x` is a domain and all below it, `host` that host on any port, `host:port` just that.
    download_hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    #: Starts of requests, per shop.
    requests_per_second: Annotated[float, Field(gt=0, le=100)] = 1
    #: The longest a sign-in may take, from opening the page to the landing page.
    login_timeout_seconds: PositiveSeconds = 60
    #: How often a question is asked again when the portal is down or slow; waits grow between the tries.
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    #: The first wait between two tries; it doubles from try to try.
    retry_after_seconds: PositiveSeconds = 2
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


class JdLoginPage(Model):
    """CSS selectors of JD's two login forms (PORTALS 4.1); the first that is visible, in any frame, is used."""

    account_tab: tuple[str, ...] = ("#account-login", "text=账号登录")
    username: tuple[str, ...] = ("#loginname",)
    password: tuple[str, ...] = ("#nloginpwd", "input[type=password][placeholder*='密码']", "input[type=password]")
    submit: tuple[str, ...] = ("#paipaiLoginSubmit", "button.password__submit", "#loginsubmit")
    refused: tuple[str, ...] = (".msg-error", ".login-error", ".password__error", "[class*=error]")
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
    #: A path of the page one lands on after a sign-in.
    home_path: Text = "/jdm/home"
    #: Cookies without which nobody is signed in.
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)] = ("thor",)
    login_page: JdLoginPage = JdLoginPage()


class PddLoginPage(Model):
    """CSS selectors of Pinduoduo's login page (PORTALS 1.1); the first that is visible, in any frame, is used."""

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
    slider: tuple[str, ...] = (".captcha-container", ".captcha-slider", "#captcha_container")


class PddPortal(Portal):
    """Pinduoduo: one host for everything but the files."""

    origin: Url
    #: The page one lands on after a sign-in.
    home_path: Text = "/home"
    #: The page whose own code signs chat requests.
    chat_page_path: Text = "/mms-chat/search?msfrom=mms_sidenav"
    #: Cookies without which nobody is signed in.
    session_cookies: Annotated[tuple[str, ...], Field(min_length=1)] = ("PASS_ID",)
    login_page: PddLoginPage = PddLoginPage()


class Portals(Model):
    """portals.yaml; a platform without shops may be left out."""

    jd: JdPortal | None = None
    pdd: PddPortal | None = None


# -- lake.yaml -------------------------------------------------------------------------------------------------------


class ObjectStore(Model):
    """MinIO or any other S3 service."""

    endpoint: Annotated[str, Field(pattern=r"^[^/\s:]+(:\d{1,5})?$")]
    secure: bool = True
    access_key: Text
    secret_key: SecretStr
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    region: str | None = None
    connect_timeout_seconds: PositiveSeconds = 5
    read_timeout_seconds: PositiveSeconds = 60
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3


class Dremio(Model):
    """Where Dremio listens; an empty `url` means that nothing is refreshed."""

    url: str = ""
    username: str = ""
    password: SecretStr = SecretStr("")
    source: str = "minio"
    timeout_seconds: PositiveSeconds = 600

    @field_validator("url")
    @classmethod
    def _checked(cls, url: str) -> str:
        # Plain http is the operator's choice here, as `secure: false` is for the store: both often stand in one rack.
        if url and not re.fullmatch(r"https?://[^\s/]+/?", url):
            raise ValueError("write a whole address, for example https://dremio.example.com:9047")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> Dremio:
        if self.url and not (self.username and self.password.get_secret_value()):
            raise ValueError("url is set: username and password are needed too")
        return self


class Lake(Model):
    """lake.yaml."""

    object_store: ObjectStore
    dremio: Dremio = Dremio()


# -- schedule.yaml ---------------------------------------------------------------------------------------------------


class Job(Model):
    """A spider that runs by the clock."""

    name: Text
    spider: Text
    cron: Annotated[str, Field(pattern=r"^\S+(\s+\S+){4}$")]
    args: dict[str, str] = {}
    enabled: bool = True


class Schedule(Model):
    """schedule.yaml."""

    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    jobs: tuple[Job, ...] = ()


# -- datasets/<dataset>.yaml -----------------------------------------------------------------------------------------


class Dataset(Model):
    """The contract of one dataset: which columns a file must have and what they mean. The file's stem is its name."""

    title: Text
    platform: Platform
    period: PeriodKind = "day"
    #: The newest business day that the platform has: T minus this many days.
    lag_days: Annotated[int, Field(ge=0)]
    #: The columns in the order they are published.
    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    #: Other names that a column has had: {name: [other, …]}.
    aliases: dict[str, tuple[Text, ...]] = {}
    #: Columns that hold identifiers: text from the first read to the last write.
    ids: tuple[str, ...] = ()
    #: The columns that tell one row from another.
    keys: tuple[str, ...] = ()
    #: Without these a file is rejected; the others may be missing and are then null.
    required: tuple[str, ...] = ()
    #: Columns that come as seconds since 1970 and are published as times in Shanghai.
    epoch_seconds: tuple[str, ...] = ()
    #: A column whose every value must be the business day, if the file has one.
    period_column: str | None = None
    #: True if a file without rows is a good answer.
    allow_empty: bool = False
    #: True if a file without rows means that the platform has not published the period yet.
    empty_is_not_ready: bool = False
    #: Whether telephone numbers and addresses inside free text are masked before anything is kept.
    privacy: Literal["mask", "keep"] = "mask"
    #: True if the platform only shows what is true now: no other day than today can be asked for.
    is_snapshot: bool = False
    #: Texts that stand for "nothing" in the source and become null; by default only the blank cell does.
    null_texts: tuple[str, ...] = ()

    @field_validator("columns")
    @classmethod
    def _usable_names(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        seen: set[str] = set()
        for name in columns:
            if name.lower() in RESERVED_COLUMNS:
                raise ValueError(
                    f"{name!r} is a name that the lake itself uses: choose another and put it under aliases"
                )
            if name != name.strip() or re.search(r'[."\[\]\n\r]', name):
                raise ValueError(
                    f"{name!r} would break a table: no dots, quotes, square brackets, breaks or outer spaces"
                )
            if name.lower() in seen:
                raise ValueError(f"{name!r} stands there twice")
            seen.add(name.lower())
        return columns

    @model_validator(mode="after")
    def _consistent(self) -> Dataset:
        known = set(self.columns)
        named = [("aliases", name) for name in self.aliases]
        for key in ("ids", "keys", "required", "epoch_seconds"):
            named += [(key, name) for name in getattr(self, key)]
        if self.period_column is not None:
            named.append(("period_column", self.period_column))
        for key, name in named:
            if name not in known:
                raise ValueError(f"{key} names {name!r}, which is not under columns: add it there or mend the spelling")
        owners: dict[str, str] = {}
        for name, others in self.aliases.items():
            for other in others:
                if other in known:
                    raise ValueError(f"alias {other!r} of {name!r} is itself a column: one name, one column")
                if owners.setdefault(other, name) != name:
                    raise ValueError(f"alias {other!r} belongs to both {owners[other]!r} and {name!r}")
        return self
