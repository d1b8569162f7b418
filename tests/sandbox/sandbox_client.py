"""Plain HTTP clients with cookies that do what the portals' pages do, for the sandbox's own tests."""

from __future__ import annotations

import datetime as dt
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin

from sandbox import Sandbox
from sandbox.jd.inventory import Inventory
from sandbox.jd.login import SERVICE_PATH, seal
from sandbox.jd.reports import LIST_PATH

DAY = dt.date(2026, 3, 1)
PASSPORT_PATH = "/login/index.action"
PAGE_HEADERS = {"x-requested-with": "XMLHttpRequest", "user-agent": "sandbox-test"}


@dataclass
class Answer:
    """What came back: status, headers, body, and the address it came from after redirects."""

    status: int
    headers: Message
    body: bytes
    url: str

    def json(self) -> Any:
        return json.loads(self.body)


def create_body(day: dt.date = DAY, **changes: Any) -> dict[str, Any]:
    """The body of a create call as JD's page sends it, with changes."""
    date = day.isoformat()
    return {
        "isRdc": "0",
        "brandId": "all",
        "firstCategoryId": "",
        "secondCategoryId": "",
        "thirdCategoryId": "all",
        "date": date,
        "startDate": date,
        "endDate": date,
        "skuId": "",
        "skuStatusCd": "",
        "dataType": "offline",
        "id": 1,
        "excludeEmpty": "0",
    } | changes


class Visitor:
    """One visitor of the portals, with a cookie jar."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(
        self, url: str, *, data: bytes | None = None, headers: dict[str, str] | None = None, method: str | None = None
    ) -> Answer:
        """Sends one request, follows redirects, and returns errors as answers too."""
        request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
        try:
            with self._opener.open(request, timeout=20) as response:
                return Answer(response.status, response.headers, response.read(), response.url)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read(), error.url or url)

    def at(self, host: str, path: str, **query: str) -> str:
        """An address on one of the sandbox's hosts."""
        return self.sandbox.origins[host] + path + ("?" + urlencode(query) if query else "")

    def boot_of(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """What a page hands to its script."""
        page = self.ask(url, headers=headers).body.decode()
        found = re.search(r'id="boot">(.*?)</script>', page)
        assert found is not None, page
        return dict(json.loads(found.group(1)))

    def control(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        return self.ask(self.at("control", path, **query), data=data, method=method)


class Client(Visitor):
    """A visitor of JD: the calls of a report's life."""

    def boot(self) -> dict[str, Any]:
        """What the new login form's page hands to its script."""
        return self.boot_of(self.at("passport", PASSPORT_PATH, form="new"))

    def post_login(self, **fields: str) -> dict[str, Any]:
        return dict(self.ask(self.at("passport", SERVICE_PATH), data=urlencode(fields).encode()).json())

    def sign_in(self, shop_id: str = "sandbox-01", password: str | None = None) -> dict[str, Any]:
        """Does what the page's script does."""
        shop = next(shop for shop in self.sandbox.shops if shop.id == shop_id)
        password = shop.first_password if password is None else password
        nonce = self.boot()["nonce"]
        text = f"{nonce}|{shop.username}|{len(password)}"
        return self.post_login(loginname=shop.username, nloginpwd=password, nonce=nonce, seal=seal(text))

    def create(self, body: dict[str, Any] | bytes | None = None, **query: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(create_body() if body is None else body).encode()
        url = self.at("gateway", Inventory.create_path, **({"uuid": "u-1"} | query))
        return self.ask(url, data=data, headers=PAGE_HEADERS | {"content-type": "application/json"})

    def entries(self) -> list[dict[str, Any]]:
        answer = self.ask(self.at("report", LIST_PATH, uuid="u-2"), headers=PAGE_HEADERS).json()
        assert answer["message"] == "success", answer
        return list(answer["content"]["data"])

    def entry(self, task_name: str) -> dict[str, Any]:
        """The newest entry of that very name: in these tests the one that was just created."""
        return next(entry for entry in self.entries() if entry["reportName"] == task_name)

    def link(self, day: dt.date = DAY) -> str:
        """Orders a report (that is done at once) and returns its link as a full address."""
        task_name = self.create(create_body(day)).json()["content"]["taskName"]
        return urljoin(self.sandbox.origins["report"], self.entry(task_name)["downloadLink"])

    def download(self, day: dt.date = DAY) -> bytes:
        """Orders a report and fetches it without cookies."""
        with urllib.request.urlopen(self.link(day), timeout=20) as response:
            return bytes(response.read())
