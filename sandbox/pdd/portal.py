"""Pinduoduo as one portal: the back office, the storage host of its links, and a host that is none of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.accounts import numbered_shops
from sandbox.entrances import ENTRANCE_FAULTS
from sandbox.faults import Fault
from sandbox.obstacles import OBSTACLES
from sandbox.options import SandboxOptions
from sandbox.pdd import chat, identity, kpi, quality, reviews
from sandbox.pdd.chat import PddChat
from sandbox.pdd.gate import GATE_FAULTS, Gate
from sandbox.pdd.identity import PddIdentity
from sandbox.pdd.kpi import PERIODS, PddKpi
from sandbox.pdd.kpi_contents import CONTENT_FAULTS, kpi_truth
from sandbox.pdd.kpi_workbook import require_writer
from sandbox.pdd.login import PddLogin
from sandbox.pdd.paging import PAGE_FAULTS, Readings, Window
from sandbox.pdd.quality import PddQuality
from sandbox.pdd.reviews import PddReviews
from sandbox.pdd.session import LOGIN_PATH, PddSessions
from sandbox.pdd.signing import PageKeys
from sandbox.portal import Portal, Stage
from sandbox.sending import DOWNLOAD_FAULTS
from sandbox.sessions import SESSION_FAULTS
from sandbox.truth import Truth
from sandbox.world import Shop

_NAMES = ("回力拼多多旗舰店", "南极人官方旗舰店", "三只松鼠旗舰店", "云南白药专卖店", "晨光文具专营店")
_UNPACED = frozenset({"check", "identity"})
_CALLS = (
    identity.CALLS | chat.CALLS | {kpi.DOWNLOAD_PATH: "kpi", reviews.LIST_PATH: "reviews", quality.LIST_PATH: "quality"}
)


class PddPortal(Portal):
    """The stand-in for Pinduoduo's merchant back office."""

    platform: ClassVar[str] = "pdd"
    datasets: ClassVar[tuple[str, ...]] = (*PERIODS, "pdd_chat", "pdd_badscore", "pdd_quality")
    # docs/portals.md 6 says when each is due; on which day of the week is free.
    schedule: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"name": "pdd_kpi_days", "spider": "pdd_kpi", "args": {"period": "day"}, "cron": "0 12 * * *"},
        {"name": "pdd_kpi_weekly", "spider": "pdd_kpi", "args": {"period": "week"}, "cron": "0 12 * * 4"},
        {"name": "pdd_kpi_monthly", "spider": "pdd_kpi", "args": {"period": "month"}, "cron": "0 12 4 * *"},
        {"name": "pdd_chat", "spider": "pdd_chat", "cron": "30 9 * * *"},
        {"name": "pdd_badscore", "spider": "pdd_badscore", "cron": "0 9 * * *"},
        {"name": "pdd_quality", "spider": "pdd_quality", "cron": "0 8 * * *"},
    )
    calls: ClassVar[tuple[str, ...]] = (*sorted(set(_CALLS.values())), "download", "sign_in")
    paced_calls: ClassVar[frozenset[str]] = frozenset(calls) - _UNPACED
    faults: ClassVar[frozenset[Fault]] = frozenset(
        {
            *SESSION_FAULTS,
            *OBSTACLES,
            *GATE_FAULTS,
            *PAGE_FAULTS,
            *CONTENT_FAULTS,
            *DOWNLOAD_FAULTS,
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
    hosts: ClassVar[tuple[str, ...]] = ("mms", "mms_storage", "mms_elsewhere")

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        if stage.options.pdd_shops:
            require_writer()
        page_keys, readings = PageKeys(), Readings(stage)
        self._sessions = PddSessions(stage)
        gate = Gate(stage, self._sessions, page_keys)
        self._login = PddLogin(stage, self._sessions, page_keys)
        self._identity = PddIdentity(stage, self._sessions, gate)
        self._kpi = PddKpi(stage, gate)
        self._reviews = PddReviews(stage, gate, readings)
        self._quality = PddQuality(stage, gate, readings)
        self._chat = PddChat(stage, gate, readings)

    @staticmethod
    def make_shops(options: SandboxOptions) -> tuple[Shop, ...]:
        """`pdd-01`, `pdd-02`, …"""
        return numbered_shops(
            "pdd",
            options.pdd_shops,
            id_prefix="pdd",
            password_prefix="sandbox-pdd-password",
            names=(*options.pdd_shop_names, *_NAMES[len(options.pdd_shop_names) :]),
            spare_name="拼多多测试{}号店",
        )

    def applications(self) -> Mapping[str, web.Application]:
        """One for each of the hosts."""
        back_office = web.Application()
        for part in (self._login, self._identity, self._kpi, self._reviews, self._quality, self._chat):
            part.add_routes(back_office)
        return {"mms": back_office, "mms_storage": self._kpi.storage(), "mms_elsewhere": self._kpi.storage()}

    def shop_of(self, request: web.Request) -> Shop | None:
        """By the file that is asked for, else by the session cookie."""
        return self._kpi.shop_of(request) or self._sessions.shop_of(request)

    def call_of(self, host: str, path: str) -> str | None:
        """By the path; on the storage host all is download."""
        return "download" if host == "mms_storage" else _CALLS.get(path)

    def settings(self) -> dict[str, Any]:
        """Pinduoduo's part of portals.yaml, with this sandbox's ports and pace."""
        origins = self.stage.origins
        return {
            "login_url": origins["mms"] + LOGIN_PATH,
            "origin": origins["mms"],
            "download_hosts": [urlsplit(origins["mms_storage"]).netloc],
            "requests_per_second": self.stage.options.requests_per_second,
        }

    def truth(self, dataset: str, shop: Shop, day: dt.date, variant: Collection[Fault]) -> Truth:
        """What a dataset holds of a shop and day."""
        if dataset in PERIODS:
            return kpi_truth(self._kpi.key_of_period(dataset, shop, day, frozenset(variant)))
        if dataset == "pdd_badscore":
            return self._reviews.truth(shop, day)
        if dataset == "pdd_chat":
            return self._chat.truth(shop, Window.of_day(day))
        return self._quality.truth(shop, day, is_empty=Fault.QUALITY_EMPTY in variant)

    def prepare(self, dataset: str, shop: Shop, day: dt.date) -> None:
        """Nothing: these reports are small, and made when they are asked for."""

    def session_cookies(self, shop: Shop) -> list[dict[str, Any]]:
        """PASS_ID of a new session, and what stands beside it."""
        return self._sessions.storage_state(shop)

    def sms_code(self, shop: Shop) -> str:
        """The code that the faults `sms` and `sms_behind_success` ask for."""
        return self._login.sms_code(shop)

    def close(self) -> None:
        """Nothing: there is no work in other threads."""
