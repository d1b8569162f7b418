"""What is asked again and what never is; a link that is dead is asked for anew, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scrapy import Request
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from scrapy.http import Response
from shipped_config import load_shipped_config

from shopdata.config import Portal, Shop
from shopdata.crawling.portal_client import PortalClient
from shopdata.exceptions import (
    ChallengeError,
    CredentialsRefusedError,
    ForbiddenHostError,
    ParkedError,
    PortalError,
    RiskBlockedError,
)
from shopdata.middlewares import RetryMiddleware
from shopdata.sessions.left_alone import LeftAlone
from shopdata.sessions.restraint import Restraint
from shopdata.sessions.sessions import SessionStore

SHOP = Shop(id="one", name="第一家店", platform="jd", username="u", password="p")
BASE = "https://report.jd.com"
LINK = "https://storage.jd.com/report.xlsx?Signature=a"
#: Of a plain request.
META = {"shopdata_shop": SHOP.id, "shopdata_session": True}
#: A status, a body with status 200, or what Scrapy raises.
Answer = int | bytes | Exception


@pytest.fixture(scope="module")
def portal() -> Portal:
    return load_shipped_config().portal("jd").model_copy(update={"link_grace_seconds": 60.0})


class Far:
    """A portal whose answers are given in turn, the last one for ever."""

    def __init__(self, portal: Portal, folder: Path, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)
        self.asked: list[Request] = []
        self.waits: list[float] = []
        #: So many are under way before the first one is answered.
        self.all_sent: asyncio.Barrier | None = None
        config = SimpleNamespace(shops=[SHOP], portal=lambda _: portal)
        left_alone = LeftAlone(SessionStore(folder / "sessions"), Restraint(folder / "sessions"))
        workspace = SimpleNamespace(config=config, left_alone=left_alone)
        retry: Any = RetryMiddleware(cast("Any", SimpleNamespace(stats=None)), cast("Any", workspace), {})
        self._middlewares = DownloaderMiddlewareManager(retry, crawler=SimpleNamespace(spider=None))
        self.client = PortalClient(self.download, self.sleep, SHOP, portal, folder)

    async def download(self, request: Request) -> Response:
        """As Scrapy's engine does it."""
        while True:
            result = await self._middlewares.download_async(self._answer, request)
            if isinstance(result, Response):
                return result
            request = result

    async def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        if self.all_sent is not None and len(self.asked) <= self.all_sent.parties:
            await self.all_sent.wait()
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        body = answer if isinstance(answer, bytes) else b"<html>"
        status = answer if isinstance(answer, int) else 200
        wire = request.meta.get("shopdata_wire")
        if wire is not None:
            wire.restart()
            wire.write(body)
        return Response(request.url, status=status, body=b"" if wire is not None and wire.is_file else body)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.asked]


async def order(far: Far) -> dict[str, Any]:
    return await far.client.ask_json(Request(f"{BASE}/order", method="POST"), repeatable=False)


def fresh_links() -> Callable[[], Awaitable[str]]:
    numbers = iter(range(1, 1000))

    async def fresh() -> str:
        return f"{LINK}{next(numbers)}"

    return fresh


@pytest.mark.parametrize(
    "answer",
    [500, 502, 503, 504, 202, 403, b"", b"[0]", b"{", DownloadTimeoutError(), DownloadFailedError()],
    ids=lambda answer: repr(answer)[:24],
)
def test_what_does_something_twice_is_sent_once(portal: Portal, tmp_path: Path, answer: Answer) -> None:
    far = Far(portal, tmp_path, [answer, b'{"status": 0}'])
    with pytest.raises(PortalError) as caught:
        asyncio.run(order(far))
    assert len(far.asked) == 1
    assert far.waits == []
    assert caught.value.is_plain_no is (answer == 403)


def test_neither_is_it_sent_again_after_a_cool_down(portal: Portal, tmp_path: Path) -> None:
    far = Far(portal, tmp_path, [RiskBlockedError("too often", where="here", todo="Wait.")])
    with pytest.raises(RiskBlockedError):
        asyncio.run(order(far))
    assert (len(far.asked), far.waits) == (1, [])


def test_cool_downs_of_all_requests_of_a_shop_count(portal: Portal, tmp_path: Path) -> None:
    errors = [RiskBlockedError("too often", where="here", todo="Wait.") for _ in range(4)]
    for error in errors:
        error.needs_person = True
    far = Far(portal, tmp_path, errors)
    for _ in range(portal.cooldown_tries):
        with pytest.raises(RiskBlockedError):
            asyncio.run(order(far))
    with pytest.raises(ChallengeError, match="did not let go after 2 cool-downs"):
        asyncio.run(order(far))
    first, second = far.waits
    assert second > first
    # And a list is not asked for either.
    with pytest.raises(ChallengeError, match="did not let go after 2 cool-downs"):
        asyncio.run(far.client.ask_json(Request(f"{BASE}/list")))
    assert len(far.asked) == 3


def test_requests_that_are_under_way_share_a_cool_down(portal: Portal, tmp_path: Path) -> None:
    errors = [RiskBlockedError("too often", where="here", todo="Wait.") for _ in range(3)]
    far = Far(portal, tmp_path, [*errors, b"{}"])

    async def crawl() -> None:
        far.all_sent = asyncio.Barrier(3)
        requests = [Request(f"{BASE}/{number}", meta=META | {"shopdata_wait": far.sleep}) for number in range(3)]
        await asyncio.gather(*map(far.download, requests))

    asyncio.run(crawl())
    assert len(far.asked) == 6
    assert max(far.waits) < 1.2 * 2 * portal.cooldown_seconds


def test_who_is_to_be_left_alone_is_asked_no_more(portal: Portal, tmp_path: Path) -> None:
    error = RiskBlockedError("too often", where="here", todo="Wait.")
    error.rest_seconds = 7200
    far = Far(portal, tmp_path, [error])
    with pytest.raises(RiskBlockedError):
        asyncio.run(far.client.ask_json(Request(f"{BASE}/list")))
    for ask in (order(far), far.client.ask_json(Request(f"{BASE}/list"))):
        with pytest.raises(RiskBlockedError):
            asyncio.run(ask)
    assert (len(far.asked), far.waits) == (1, [])


def test_who_waits_for_a_person_is_asked_no_more_whoever_asks(portal: Portal, tmp_path: Path) -> None:
    refused = CredentialsRefusedError("credentials refused", where="here", todo="Fix the password.")
    far = Far(portal, tmp_path, [refused])
    request = Request(f"{BASE}/list", meta=META)
    for _ in range(3):
        with pytest.raises(CredentialsRefusedError) as caught:
            asyncio.run(far.download(request))
        assert caught.value is refused, "one reason for all that is asked of it"
    assert len(far.asked) == 1
    later = Far(portal, tmp_path, [b"{}"])
    with pytest.raises(ParkedError, match=r"waits for a person since an earlier run\. Then: here: credentials refused"):
        asyncio.run(later.download(request))
    asyncio.run(later.client.fetch_file(LINK, BASE, tmp_path / "file"))
    assert later.urls == [LINK], "a link needs no session"


def test_who_is_to_be_left_alone_is_so_in_later_runs_too(portal: Portal, tmp_path: Path) -> None:
    error = RiskBlockedError("too often", where="here", found="601", todo="Wait.")
    error.rest_seconds = 7200
    with pytest.raises(RiskBlockedError, match="too often"):
        asyncio.run(order(Far(portal, tmp_path, [error])))
    later = Far(portal, tmp_path, [b"{}"])
    with pytest.raises(RiskBlockedError, match=r"left alone until .* Found 601\."):
        asyncio.run(later.download(Request(f"{BASE}/list", meta=META)))
    assert later.asked == []


@pytest.mark.parametrize("answer", [500, 502, 404, DownloadFailedError()], ids=lambda answer: repr(answer)[:24])
def test_other_questions_are_asked_again(portal: Portal, tmp_path: Path, answer: Answer) -> None:
    far = Far(portal, tmp_path, [answer, answer, b'{"status": 0}'])
    assert asyncio.run(far.client.ask_json(Request(f"{BASE}/list"))) == {"status": 0}
    assert len(far.asked) == 3
    assert far.waits[0] < far.waits[1]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_dead_link_is_asked_for_anew(portal: Portal, tmp_path: Path, status: int) -> None:
    far = Far(portal, tmp_path, [status, status, b"the file"])
    asyncio.run(far.client.fetch_file(LINK, BASE, tmp_path / "file", fresh_links()))
    assert (tmp_path / "file").read_bytes() == b"the file"
    assert far.urls == [LINK, f"{LINK}1", f"{LINK}2"]
    assert len(far.waits) == 2


def test_another_trouble_is_asked_again_by_the_same_link(portal: Portal, tmp_path: Path) -> None:
    far = Far(portal, tmp_path, [500, b"the file"])
    asyncio.run(far.client.fetch_file(LINK, BASE, tmp_path / "file", fresh_links()))
    assert far.urls == [LINK, LINK]


def test_a_link_that_stays_dead_has_an_end(portal: Portal, tmp_path: Path) -> None:
    hasty = portal.model_copy(update={"link_grace_seconds": 0.05})
    far = Far(hasty, tmp_path, [404])

    async def slowly(seconds: float) -> None:
        far.waits.append(seconds)
        await asyncio.sleep(0.01)

    far.client = PortalClient(far.download, slowly, SHOP, hasty, tmp_path)
    with pytest.raises(PortalError, match="HTTP 404"):
        asyncio.run(far.client.fetch_file(LINK, BASE, tmp_path / "file", fresh_links()))
    assert len(far.asked) == len(set(far.urls)) > 1
    assert max(far.waits) <= 15


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        (
            "https://storage.jd.com/商品 明细.xlsx?n=a b",
            "https://storage.jd.com/%E5%95%86%E5%93%81%20%E6%98%8E%E7%BB%86.xlsx?n=a%20b",
        ),
        (" //storage.jd.com/report.xlsx\n", "https://storage.jd.com/report.xlsx"),
        ("/my reports/1.xlsx", f"{BASE}/my%20reports/1.xlsx"),
    ],
)
def test_a_name_with_blanks_is_asked_for_as_a_browser_does(
    portal: Portal, tmp_path: Path, link: str, asked: str
) -> None:
    far = Far(portal, tmp_path, [b"the file"])
    asyncio.run(far.client.fetch_file(link, BASE, tmp_path / "file"))
    assert far.urls == [asked]


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("http://storage.jd.com/a", "Found http://storage.jd.com, expected https:// to .jd.com"),
        ("https://evil .jd.com/a", "Found evil .jd.com"),
        ("https://evil.test /.jd.com/a b", "Found evil.test "),
        ("https://evil.test/a b", "Found evil.test, expected .jd.com"),
        ("https://storage.jd.com\\@evil.test/a b", "Found evil.test"),
    ],
)
def test_a_link_elsewhere_is_refused_and_named(portal: Portal, tmp_path: Path, link: str, found: str) -> None:
    far = Far(portal, tmp_path, [b"the file"])
    with pytest.raises(ForbiddenHostError) as error:
        asyncio.run(far.client.fetch_file(link, BASE, tmp_path / "file"))
    assert found in str(error.value)
    assert far.urls == []
