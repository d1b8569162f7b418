"""Pinduoduo as one portal: the back office, the storage host of its links, and a host that is none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.accounts import numbered_shops
from sandbox.common_faults import COMMON_FAULTS
from sandbox.entrances import ENTRANCE_FAULTS
from sandbox.faults import Fault
from sandbox.options import SandboxOptions
from sandbox.pdd.after_sales import PddAfterSales
from sandbox.pdd.bills import PddBills
from sandbox.pdd.chat import PddChatUsers, PddConversations, PddHistory, PddMessages
from sandbox.pdd.exports import EXPORT_FAULTS, SandboxExport
from sandbox.pdd.identity import PddIdentity
from sandbox.pdd.kpi import PddKpi
from sandbox.pdd.kpi_contents import CONTENT_FAULTS
from sandbox.pdd.login import PddLoginPages
from sandbox.pdd.orders import PddOrders
from sandbox.pdd.paged import PAGE_FAULTS, SandboxList
from sandbox.pdd.quality import PddQuality
from sandbox.pdd.request_guard import GUARD_FAULTS, RequestGuard
from sandbox.pdd.reviews import PddReviews
from sandbox.pdd.session import LOGIN_PATH, PddSessions
from sandbox.pdd.signing import PageKeys
from sandbox.portal import PortalPart, SandboxPortal, Stage
from sandbox.sending import DOWNLOAD_FAULTS
from sandbox.sessions import SESSION_FAULTS
from sandbox.world import SandboxShop

_NAMES = ("回力拼多多旗舰店", "南极人官方旗舰店", "三只松鼠旗舰店", "云南白药专卖店", "晨光文具专营店")
_UNPACED = frozenset({"check", "identity"})


class SandboxPdd(SandboxPortal):
    """The stand-in for Pinduoduo's merchant back office."""

    platform: ClassVar[str] = "pdd"
    lists: ClassVar[tuple[type[SandboxList], ...]] = (
        PddConversations,
        PddMessages,
        PddHistory,
        PddReviews,
        PddQuality,
    )
    """What is read page by page. A report joins the back office by standing here."""
    exports: ClassVar[tuple[type[SandboxExport], ...]] = (PddOrders, PddAfterSales, PddBills)
    """What is ordered, listed and fetched."""
    faults: ClassVar[frozenset[Fault]] = frozenset(
        {
            *SESSION_FAULTS,
            *COMMON_FAULTS,
            *GUARD_FAULTS,
            *PAGE_FAULTS,
            *CONTENT_FAULTS,
            *DOWNLOAD_FAULTS,
            *EXPORT_FAULTS,
            *ENTRANCE_FAULTS,
            Fault.WRONG_PASSWORD,
            Fault.CAPTCHA,
            Fault.SMS,
            Fault.SMS_BEHIND_SUCCESS,
            Fault.LOGIN_PAGE_SLOW,
            Fault.SMS_ON_NEW_DEVICE,
            Fault.WRONG_SHOP,
            Fault.LOGIN_FALSE,
            Fault.FOREIGN_LINK_HOST,
        }
    )

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        page_keys = PageKeys()
        self._sessions = PddSessions(stage)
        guard = RequestGuard(stage, self._sessions, page_keys)
        self._login = PddLoginPages(stage, self._sessions, page_keys)
        self._kpi = PddKpi(stage, guard)
        self._exports = tuple(export(stage, guard) for export in self.exports)
        self._parts: tuple[PortalPart, ...] = (
            self._login,
            PddIdentity(stage, self._sessions, guard),
            self._kpi,
            PddChatUsers(stage, guard),
            *(paged(stage, guard) for paged in self.lists),
            *self._exports,
        )
        self._calls = {path: call for part in self._parts for path, call in part.calls.items()}
        self.calls = (*sorted(set(self._calls.values())), "download", "sign_in")
        self.paced_calls = frozenset(self.calls) - _UNPACED
        self.truths = {dataset: truth for part in self._parts for dataset, truth in part.truths().items()}
        self.jobs = tuple(job for part in self._parts for job in part.jobs)

    @staticmethod
    def make_shops(options: SandboxOptions) -> tuple[SandboxShop, ...]:
        """`pdd-01`, `pdd-02`, …"""
        return numbered_shops(
            "pdd",
            options.pdd_shops,
            id_prefix="pdd",
            password_prefix="sandbox-pdd-password",
            names=(*options.pdd_shop_names, *_NAMES[len(options.pdd_shop_names) :]),
            spare_name="拼多多测试{}号店",
            of_a_login=options.shops_of_a_login,
        )

    def applications(self) -> Mapping[str, web.Application]:
        """One for each of the hosts."""
        back_office, cashier = web.Application(), web.Application()
        for part in self._parts:
            part.add_routes(cashier if isinstance(part, PddBills) else back_office)
            if isinstance(part, PddBills):
                part.add_hop(back_office)
        storage = self._kpi.storage()
        for export in self._exports:
            export.add_storage(storage)
        return {"mms": back_office, "mms_storage": storage, "mms_elsewhere": self._kpi.storage(), "cashier": cashier}

    def shop_of(self, request: web.Request) -> SandboxShop | None:
        """By the file that is asked for, else by the session cookie."""
        task = next((task for export in self._exports if (task := export.task_of(request)) is not None), None)
        return task.shop if task else self._kpi.shop_of(request) or self._sessions.shop_of(request)

    def is_live(self, request: web.Request) -> bool:
        """By the session cookie."""
        return self._sessions.live_shop(request) is not None

    def call_of(self, host: str, path: str) -> str | None:
        """By the path; on the storage host all is download."""
        return "download" if host == "mms_storage" else self._calls.get(path)

    def settings(self) -> dict[str, Any]:
        """Pinduoduo's part of portals.yaml, with this sandbox's ports and pace."""
        origins = self.stage.origins
        return {
            "login_url": origins["mms"] + LOGIN_PATH,
            "origin": origins["mms"],
            "cashier_origin": origins["cashier"],
            "download_hosts": [urlsplit(origins["mms_storage"]).netloc],
            "poll_every_seconds": self.stage.options.poll_every_seconds,
            "order_grace_seconds": self.stage.options.order_grace_seconds,
            "report_deadline_seconds": self.stage.options.report_deadline_seconds,
            "requests_per_second": self.stage.options.requests_per_second,
        }

    def session_cookies(self, shop: SandboxShop) -> list[dict[str, Any]]:
        """PASS_ID of a new session, and what stands beside it."""
        return self._sessions.storage_state(shop)

    def sms_code(self, shop: SandboxShop) -> str:
        """The code that the faults `sms` and `sms_behind_success` ask for."""
        return self._login.sms_code(shop)
