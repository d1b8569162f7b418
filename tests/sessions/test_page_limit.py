"""A portal whose pages have no end costs a shop, not the machine's memory."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from faulty_http import Server, reply, serve

from shopdata.config import Shop
from shopdata.exceptions import OddAnswerError
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.checking import SessionState, check_session
from shopdata.sessions.devices import DeviceStore
from shopdata.sessions.session import Session
from shopdata.sessions.sign_in.by_hand import sign_in_by_hand

#: What the portals' answers may be, and what comes: four hundred times as much, in some hundred kilobytes.
LIMIT, COMES = 1 << 20, 400 << 20
PAGES = {
    "/asks/login/": "<script>fetch('/endless')</script>",
    # Chromium keeps another site's frame in a process of its own.
    "/frame/login/": "<iframe src='http://localhost:PORT/endless'></iframe>",
}


@pytest.fixture(scope="module")
def portal() -> Iterator[Server]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(b"<p>" + bytes(COMES)) + packer.flush()

    def answer(request: BaseHTTPRequestHandler) -> None:
        page = PAGES.get(request.path)
        if page is None:
            reply(request, 200, packed, Content_Type="text/html", Content_Encoding="gzip")
        else:
            port = request.server.server_address[1]
            reply(request, 200, page.replace("PORT", str(port)).encode(), Content_Type="text/html")

    with serve(answer) as server:
        yield server


def portal_at(server: Server, folder: str) -> PddPortal:
    origin = f"http://{server.endpoint}"
    return PddPortal(
        login_url=f"{origin}/{folder}/login/",
        origin=origin,
        download_hosts=("127.0.0.1",),
        max_answer_bytes=LIMIT,
        login_timeout_seconds=120,
    )


@pytest.mark.browser
@pytest.mark.parametrize("folder", ["itself", "asks", "frame"])
def test_a_login_page_without_an_end(portal: Server, shop: Shop, tmp_path: Path, folder: str) -> None:
    with pytest.raises(OddAnswerError, match="its login page: the portal's answer is larger than is allowed"):
        asyncio.run(
            sign_in_by_hand(
                shop.model_copy(update={"platform": "pdd"}),
                portal_at(portal, folder),
                devices=DeviceStore(tmp_path, None),
                browser_path=os.environ.get("SHOPDATA_BROWSER_PATH"),
                is_headed=False,
                ask_code=lambda key, **values: "",
                tell=lambda key, **values: None,
            )
        )


def test_a_check_without_an_end_is_not_held(portal: Server, shop: Shop) -> None:
    session = Session([], datetime.now(UTC))
    there = shop.model_copy(update={"platform": "pdd"})
    tracemalloc.start()
    try:
        assert check_session(there, portal_at(portal, "itself"), session, "a browser") is SessionState.UNKNOWN
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    finally:
        tracemalloc.stop()
