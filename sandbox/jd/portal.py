"""JD as one portal: seven hosts, put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.accounts import numbered_shops
from sandbox.common_faults import COMMON_FAULTS
from sandbox.entrances import ENTRANCE_FAULTS
from sandbox.faults import Fault
from sandbox.jd.advertising import DATASET, JdAdvertising
from sandbox.jd.advertising import PATH as ADS_PATH
from sandbox.jd.inventory import Inventory
from sandbox.jd.jobs import CONTENT_FAULTS, JOB_FAULTS, JobBook
from sandbox.jd.login import JdLoginHosts, other_name
from sandbox.jd.manage_pro import ManagePro
from sandbox.jd.ordered import Contents, OrderedReport, ReportKey
from sandbox.jd.reports import LINK_PATH, LIST_PATH, JdReportHosts
from sandbox.jd.session import LOGIN_PATH, JdSessions
from sandbox.jd.storage import JdStorageHosts, has_shared_strings
from sandbox.jd.workbook import WorkbookShelf
from sandbox.links import LinkSigner
from sandbox.options import SandboxOptions
from sandbox.portal import SandboxPortal, Stage, daily_job
from sandbox.sending import DOWNLOAD_FAULTS
from sandbox.sessions import SESSION_FAULTS
from sandbox.truth import Truth
from sandbox.world import SandboxShop

_NAMES = ("回力京东旗舰店", "南极人京东自营店", "云南白药京东专卖店", "三只松鼠京东旗舰店", "晨光文具京东专营店")


class SandboxJd(SandboxPortal):
    """The stand-in for JD's merchant back office."""

    platform: ClassVar[str] = "jd"
    reports: ClassVar[tuple[OrderedReport, ...]] = (Inventory(), ManagePro())
    """What can be ordered. A report joins the back office by standing here."""
    calls = ("create", "list", "download", "ad_effect", "link")
    paced_calls = frozenset(calls)
    faults: ClassVar[frozenset[Fault]] = frozenset(
        {
            *SESSION_FAULTS,
            *COMMON_FAULTS,
            *JOB_FAULTS,
            *CONTENT_FAULTS,
            *DOWNLOAD_FAULTS,
            *ENTRANCE_FAULTS,
            Fault.WRONG_PASSWORD,
            Fault.CAPTCHA,
            Fault.SMS,
            Fault.SMS_IN_WINDOW,
            Fault.LOGIN_PAGE_SLOW,
            Fault.SMS_ON_NEW_DEVICE,
            Fault.WRONG_SHOP,
            Fault.CREATE_REFUSED,
            Fault.CREATE_ANSWER_LOST,
            Fault.CREATE_IN_DOUBT,
            Fault.CREATE_IN_DOUBT_MADE,
            Fault.NO_DATA_YET,
            Fault.EXPORT_TOO_OFTEN,
            Fault.UNAUTHORISED,
            Fault.WRAPPED_NAMES,
            Fault.OTHER_NAMES,
            Fault.LIST_HTML,
        }
    )

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._shelf = WorkbookShelf(stage.folder, max_bytes=stage.options.cache_megabytes * 1024 * 1024)
        self._sessions = JdSessions(stage)
        jobs, signer = JobBook(stage, self.reports[0]), LinkSigner()
        self._login = JdLoginHosts(stage, self._sessions)
        self._reports = JdReportHosts(stage, self._sessions, self.reports, jobs, signer)
        self._storage = JdStorageHosts(stage, jobs, signer, self._shelf)
        self._advertising = JdAdvertising(stage, self._sessions)
        self._by_dataset = {report.dataset: report for report in self.reports}
        self._calls = {(report.host, report.create_path): "create" for report in self.reports}
        self._calls["report", LIST_PATH] = "list"
        self._calls["report", LINK_PATH] = "link"
        self._calls["ads", ADS_PATH] = "ad_effect"
        self.truths = {report.dataset: partial(self._truth, report) for report in self.reports}
        self.truths[DATASET] = self._advertising.truth
        self.jobs = tuple(daily_job(report.dataset, report.cron) for report in self.reports if report.cron)

    @staticmethod
    def make_shops(options: SandboxOptions) -> tuple[SandboxShop, ...]:
        """`sandbox-01`, `sandbox-02`, …"""
        return numbered_shops(
            "jd",
            options.shops,
            id_prefix="sandbox",
            password_prefix="sandbox-password",
            names=(*options.shop_names, *_NAMES[len(options.shop_names) :]),
            spare_name="京东测试{}号店",
            of_a_login=options.shops_of_a_login,
        )

    def applications(self) -> Mapping[str, web.Application]:
        """One for each of the hosts."""
        return {
            "passport": self._login.passport(),
            "shop": self._login.shop(),
            "report": self._reports.report(),
            "gateway": self._reports.gateway(),
            "storage": self._storage.storage(),
            "elsewhere": self._storage.elsewhere(),
            "ads": self._advertising.application(),
        }

    def shop_of(self, request: web.Request) -> SandboxShop | None:
        """By the file that is asked for, else by the session cookie."""
        return self._storage.shop_of(request) or self._advertising.shop_of(request) or self._sessions.shop_of(request)

    def is_live(self, request: web.Request) -> bool:
        """By the session cookie."""
        return self._sessions.live_shop(request) is not None

    def call_of(self, host: str, path: str) -> str | None:
        """By the host; the gateway and the report host have pages and other paths too."""
        if host == "storage" or (host == "ads" and path != ADS_PATH):
            return "download"
        return self._calls.get((host, path))

    def settings(self) -> dict[str, Any]:
        """JD's part of portals.yaml, with this sandbox's ports and pace."""
        options, origins = self.stage.options, self.stage.origins
        return {
            "login_url": origins["passport"] + LOGIN_PATH,
            "home_hosts": [urlsplit(origins["shop"]).netloc],
            "report_origin": origins["report"],
            "gateway_origin": origins["gateway"],
            "ads_origin": origins["ads"],
            "download_hosts": [urlsplit(origins["storage"]).netloc, urlsplit(origins["ads"]).netloc],
            "poll_every_seconds": options.poll_every_seconds,
            "order_grace_seconds": options.order_grace_seconds,
            "report_deadline_seconds": options.report_deadline_seconds,
            "requests_per_second": options.requests_per_second,
        }

    def _truth(self, report: OrderedReport, shop: SandboxShop, day: dt.date, variant: Collection[Fault]) -> Truth:
        return Contents(self._key(report, shop, day, variant)).truth()

    def prepare(self, dataset: str, shop: SandboxShop, day: dt.date) -> None:
        """Makes the workbook of a shop and day."""
        key = self._key(self._by_dataset[dataset], shop, day, ())
        content, _ = self._shelf.open(key, is_shared=has_shared_strings(self.stage, shop))
        content.close()

    def session_cookies(self, shop: SandboxShop) -> list[dict[str, Any]]:
        """`thor` and `pin` of a new session."""
        return self._sessions.storage_state(shop)

    def sms_code(self, shop: SandboxShop) -> str:
        """The code that fault `sms` asks for."""
        return self._login.sms_code(shop)

    def close(self) -> None:
        """Ends the making of workbooks."""
        self._shelf.stop()

    def _key(self, report: OrderedReport, shop: SandboxShop, day: dt.date, variant: Collection[Fault]) -> ReportKey:
        name = other_name(shop) if Fault.WRONG_SHOP in variant else shop.name
        faults = frozenset(variant) - {Fault.WRONG_SHOP}
        return ReportKey(report, self.stage.options.seed, shop.id, name, day, self.stage.options.rows, faults)
