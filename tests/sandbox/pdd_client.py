"""A plain HTTP client that does what Pinduoduo's pages do, for the sandbox's own tests."""

from __future__ import annotations

import datetime as dt
import json
import time
import urllib.request
from typing import Any

from sandbox_client import DAY, Answer, Visitor

from sandbox import Sandbox
from sandbox.pdd.chat import PddConversations, PddHistory, PddMessages
from sandbox.pdd.kpi import DOWNLOAD_PATH
from sandbox.pdd.login import AUTH_PATH
from sandbox.pdd.quality import PddQuality
from sandbox.pdd.reviews import PddReviews
from sandbox.pdd.signing import seal, signed_text, veiled
from sandbox.world import SHANGHAI

SHOP, OTHER_SHOP = "pdd-01", "pdd-02"


def midnight(day: dt.date) -> int:
    """The first second of a day in Shanghai."""
    return int(dt.datetime.combine(day, dt.time(), SHANGHAI).timestamp())


def window(first: dt.date = DAY, last: dt.date | None = None) -> dict[str, int]:
    """Whole days, as bodies have them."""
    return {"startTime": midnight(first), "endTime": midnight(last or first) + 24 * 3600 - 1}


class Page:
    """A loaded page's signer: what signing.js does, in Python."""

    def __init__(self, boot: dict[str, Any]) -> None:
        self._id = boot["key"]["id"]
        self._words = veiled(tuple(boot["key"]["veiled"]))
        self._count = 0

    def sign(self, method: str, path: str, body: str, *, ago_seconds: float = 0) -> str:
        self._count += 1
        count, milliseconds = f"{self._count:08x}", f"{round((time.time() - ago_seconds) * 1000):012x}"
        text = signed_text(self._id, count, milliseconds, method, path, body)
        return f"0a{self._id}{count}{milliseconds}{seal(self._words, text)}"


class PddClient(Visitor):
    """One visitor of Pinduoduo's back office."""

    def __init__(self, sandbox: Sandbox, shop_id: str = SHOP) -> None:
        super().__init__(sandbox)
        self.shop = next(shop for shop in sandbox.shops if shop.id == shop_id)
        self._cookies = ""
        self._page: Page | None = None

    def use_session(self) -> PddClient:
        """Gets a session without the login page."""
        cookies = self.sandbox.open_session(self.shop.id)
        self._cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
        return self

    def get(self, path: str) -> Answer:
        return self.ask(self.sandbox.origins["mms"] + path, headers=self._headers())

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return self.ask(self.sandbox.origins["mms"] + path, data=data, headers=self._headers() | headers)

    def _headers(self) -> dict[str, str]:
        kind = {"content-type": "application/json"}
        return kind | {"cookie": self._cookies} if self._cookies else kind

    def authenticate(self, password: str | None = None, **more: Any) -> dict[str, Any]:
        """Does what the login page's script does."""
        page = Page(self.boot_of(self.at("mms", "/login/", form="old")))
        body = {
            "username": self.shop.username,
            "password": self.shop.first_password if password is None else password,
            "crawlerInfo": page.sign("POST", AUTH_PATH, self.shop.username),
        }
        return dict(self.post(AUTH_PATH, body | more).json())

    def page(self) -> Page:
        """Opens the home page."""
        return Page(self.boot_of(self.at("mms", "/home"), headers=self._headers()))

    def signed(self, path: str, body: dict[str, Any]) -> Answer:
        """A call that a loaded page signs."""
        self._page = self._page or self.page()
        text = json.dumps(body)
        return self.post(path, text, **{"anti-content": self._page.sign("POST", path, text)})

    def check(self) -> dict[str, Any]:
        return dict(self.get("/janus/api/checkLogin").json())

    def kpi(self, first: dt.date = DAY, last: dt.date | None = None) -> Answer:
        times = window(first, last)
        query = f"starttime={times['startTime']}&endtime={times['endTime']}&csRemoveRefundSalesAmountGray=true"
        return self.get(f"{DOWNLOAD_PATH}?{query}")

    def workbook(self, first: dt.date = DAY, last: dt.date | None = None) -> bytes:
        """Asks for a KPI report and fetches it without cookies."""
        with urllib.request.urlopen(self.kpi(first, last).json()["result"], timeout=20) as response:
            return bytes(response.read())

    def reviews(self, page: int = 1, day: dt.date = DAY, **changes: Any) -> Answer:
        body = window(day) | {
            "pageNo": page,
            "pageSize": 40,
            "descScore": ["1", "2", "3"],
            "mainReviewContentStatus": "1",
            "orderSn": "",
        }
        return self.post(PddReviews.path, body | changes)

    def conversations(self, page: int = 1, day: dt.date = DAY, **changes: Any) -> Answer:
        body = window(day) | {"pageNum": page, "pageSize": 20, "keywords": ""}
        return self.signed(PddConversations.path, body | changes)

    def messages(self, uid: int | str, page: int = 1, day: dt.date = DAY, **changes: Any) -> Answer:
        body = window(day) | {"uid": uid, "pageNum": page, "pageSize": 20}
        return self.signed(PddMessages.path, body | changes)

    def history(self, order: str, page: int = 0, day: dt.date = DAY, **changes: Any) -> Answer:
        body = window(day) | {"orderSn": order, "pageNum": page, "pageSize": 20}
        return self.signed(PddHistory.path, body | changes)

    def quality(self, page: int = 1, **changes: Any) -> Answer:
        body = {"sort_field": 1, "sort_type": "ASC", "page_size": 40, "page_no": page}
        return self.post(PddQuality.path, body | changes)
