"""A file that is asked for with a session: what of its answers says that the session has ended, and what does not."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from pydantic import SecretStr
from scrapy import Request
from scrapy.http import Response
from shipped_config import load_shipped_config

from shopdata.config import Shop
from shopdata.crawling.wire import Wire
from shopdata.middlewares.session import SessionMiddleware

CONFIG = load_shipped_config()
CSV = "日期,计划ID\r\n2026-03-01,1\r\n".encode("gb18030")
#: Status, type, where it leads, what came, and whether the session has ended, by platform where they differ.
ANSWERS = {
    "a file": (200, "text/csv", "", CSV, False),
    "a workbook": (200, "application/octet-stream", "", b"PK\x03\x04" + bytes(200_000), False),
    "a table as a page": (200, "application/vnd.ms-excel", "", b"<table><tr><td>1</td></tr></table>", False),
    "a dead link": (404, "text/html", "", b"", False),
    "on to the storage": (302, "", "https://storage.jd.com/a.csv", b"", False),
    "to the login page": (302, "", "LOGIN", b"", True),
    "not for you": (401, "", "", b"", True),
    "a page": (200, "text/html; charset=utf-8", "", b"<html>", True),
    "data in its place": (200, "application/json", "", b'{"code": 2001, "status": 401}', True),
}


@pytest.mark.parametrize("platform", ["jd", "pdd"])
@pytest.mark.parametrize("case", ANSWERS)
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_file_says_nothing_of_the_session(tmp_path: Path, platform: str, case: str, is_packed: bool) -> None:
    status, kind, location, body, is_dead = ANSWERS[case]
    portal = CONFIG.portal(platform)
    shop = Shop(id="one", name="One", platform=platform, username="a", password=SecretStr("fake"))
    host = "ads.jd.com" if platform == "jd" else "mms.pinduoduo.com"
    wire = Wire(tmp_path, 1 << 24, is_file=True)
    wire.write(gzip.compress(body) if is_packed else body)
    wire.encodings = ["gzip"] if is_packed else []
    request = Request(f"https://{host}/files/a.csv", meta={"shopdata_wire": wire})
    headers = {"Content-Type": kind, "Location": location.replace("LOGIN", portal.login_url)}
    response = Response(request.url, status=status, headers={name: value for name, value in headers.items() if value})
    middleware = SessionMiddleware.__new__(SessionMiddleware)
    wanted = is_dead and not (case == "data in its place" and platform == "pdd")
    assert asyncio.run(middleware._is_dead(request, response, shop, portal)) is wanted
    wire.close()
