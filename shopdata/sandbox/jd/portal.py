"""JD as one portal: six hosts, put together."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from aiohttp import web

from shopdata.sandbox.faults import Fault
from shopdata.sandbox.jd.contents import Contents, ReportKey
from shopdata.sandbox.jd.jobs import JobBook
from shopdata.sandbox.jd.login import JdLoginHosts, other_name
from shopdata.sandbox.jd.reports import JdReportHosts, LinkSigner
from shopdata.sandbox.jd.session import COOKIE_SECONDS, LOGIN_PATH, JdSessions
from shopdata.sandbox.jd.storage import JdStorageHosts, has_shared_strings
from shopdata.sandbox.jd.workbook import WorkbookShelf
from shopdata.sandbox.options import SandboxOptions
from shopdata.sandbox.portal import ADDRESS, Portal, Stage
from shopdata.sandbox.truth import Truth
from shopdata.sandbox.world import Shop

_NAMES = ("回力京东旗舰店", "南极人京东自营店", "云南白药京东专卖店", "三只松鼠京东旗舰店", "晨光文具京东专营店")


class JdPortal(Portal):
    """The stand-in for JD's merchant back office."""

    platform: ClassVar[str] = "jd"
    datasets: ClassVar[tuple[str, ...]] = ("jd_store",)
    schedule: ClassVar[tuple[Mapping[str, str], ...]] = (
        {"name": "jd_store", "spider": "jd_store", "cron": "30 8 * * *"},
    )
    calls: ClassVar[tuple[str, ...]] = ("create", "list", "download")
    hosts: ClassVar[tuple[str, ...]] = ("passport", "shop", "report", "gateway", "storage", "elsewhere")
    paced_hosts: ClassVar[frozenset[str]] = frozenset({"report", "gateway", "storage"})

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._shelf = WorkbookShelf(stage.folder, max_bytes=stage.options.cache_megabytes * 1024 * 1024)
        self._sessions = JdSessions(stage)
        jobs, signer = JobBook(stage), LinkSigner()
        self._login = JdLoginHosts(stage, self._sessions)
        self._reports = JdReportHosts(stage, self._sessions, jobs, signer)
        self._storage = JdStorageHosts(stage, jobs, signer, self._shelf)

    @staticmethod
    def make_shops(options: SandboxOptions) -> tuple[Shop, ...]:
        """`sandbox-01`, `sandbox-02`, … with Chinese names; the passwords are obvious fakes."""
        shops = []
        for number in range(1, options.shops + 1):
            if number <= len(options.shop_names):
                name = options.shop_names[number - 1]
            else:
                name = _NAMES[number - 1] if number <= len(_NAMES) else f"京东测试{number}号店"
            shops.append(
                Shop(
                    id=f"sandbox-{number:02d}",
                    name=name,
                    platform="jd",
                    username=f"sandbox-jd-{number:02d}",
                    first_password=f"sandbox-password-{number:02d}",
                    number=number,
                )
            )
        return tuple(shops)

    def applications(self) -> Mapping[str, web.Application]:
        """One for each of the hosts."""
        return {
            "passport": self._login.passport(),
            "shop": self._login.shop(),
            "report": self._reports.report(),
            "gateway": self._reports.gateway(),
            "storage": self._storage.storage(),
            "elsewhere": self._storage.elsewhere(),
        }

    def shop_of(self, request: web.Request) -> Shop | None:
        """By the file that is asked for, else by the session cookie."""
        return self._storage.shop_of(request) or self._sessions.shop_of(request)

    def settings(self) -> dict[str, Any]:
        """JD's part of portals.yaml, with this sandbox's ports and pace."""
        options, origins = self.stage.options, self.stage.origins
        return {
            "login_url": origins["passport"] + LOGIN_PATH,
            "report_origin": origins["report"],
            "gateway_origin": origins["gateway"],
            "download_hosts": [urlsplit(origins["storage"]).netloc],
            "poll_every_seconds": options.poll_every_seconds,
            "report_deadline_seconds": options.report_deadline_seconds,
            "requests_per_second": options.requests_per_second,
        }

    def truth(self, dataset: str, shop: Shop, day: dt.date, variant: Collection[Fault]) -> Truth:
        """The inventory of a shop and day."""
        return Contents(self._key(shop, day, variant)).truth()

    def prepare(self, dataset: str, shop: Shop, day: dt.date) -> None:
        """Makes the workbook of a shop and day."""
        content, _ = self._shelf.open(self._key(shop, day, ()), is_shared=has_shared_strings(self.stage, shop))
        content.close()

    def session_cookies(self, shop: Shop) -> list[dict[str, Any]]:
        """`thor` and `pin` of a new session."""
        return [
            {
                "name": name,
                "value": value,
                "domain": ADDRESS,
                "path": "/",
                "expires": int(time.time()) + COOKIE_SECONDS,
                "httpOnly": is_http_only,
                "secure": False,
                "sameSite": "Lax",
            }
            for name, value, is_http_only in self._sessions.new_cookies(shop)
        ]

    def sms_code(self, shop: Shop) -> str:
        """The code that fault `sms` asks for."""
        return self._login.sms_code(shop)

    def close(self) -> None:
        """Ends the making of workbooks."""
        self._shelf.stop()

    def _key(self, shop: Shop, day: dt.date, variant: Collection[Fault]) -> ReportKey:
        name = other_name(shop) if Fault.WRONG_SHOP in variant else shop.name
        faults = frozenset(variant) - {Fault.WRONG_SHOP}
        return ReportKey(self.stage.options.seed, shop.id, name, day, self.stage.options.rows, faults)
