"""The requests of an ordinary spider have what those of a report spider have: session, pace, tries, cool-downs."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from faulty_http import Server, reply, serve
from workplace import Run, Workplace

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

BUSY, ORDERED, EXPIRED, TOO_OFTEN, CROWDED = (f"pdd-{number:02d}" for number in range(1, 6))
NOBODY = "no-such-shop"
SPIDER = f"""
import json, pathlib, scrapy
from scrapy.http import JsonRequest

DAY = "starttime=1772294400&endtime=1772380799&csRemoveRefundSalesAmountGray=true"

class PlainSpider(scrapy.Spider):
    name = "plain"

    async def start(self):
        self.found = {{}}
        kpi = f"{{self.origin}}/chats/csReportDetail/download?{{DAY}}"
        for shop in ("{EXPIRED}", "{TOO_OFTEN}"):
            yield scrapy.Request(kpi, self.parse, errback=self.fail, dont_filter=True, meta=self.by(shop))
        for number in range(3):
            yield scrapy.Request(f"{{self.busy}}/slow?{{number}}", self.parse, meta=self.by("{CROWDED}"))
        yield scrapy.Request(f"{{self.busy}}/busy", self.parse, errback=self.fail, meta=self.by("{BUSY}"))
        yield scrapy.Request(f"{{self.busy}}/nobody", self.parse, errback=self.fail, meta=self.by("{NOBODY}"))
        yield JsonRequest(f"{{self.busy}}/order", callback=self.parse, errback=self.fail, data={{}},
                          meta=self.by("{ORDERED}"))

    def by(self, shop):
        return {{"shopdata_shop": shop, "shopdata_session": True}}

    def parse(self, response):
        self.found[response.meta["shopdata_shop"]] = response.json()

    def fail(self, failure):
        self.found[failure.request.meta["shopdata_shop"]] = f"{{failure.type.__name__}}: {{failure.value}}"

    def closed(self, reason):
        pathlib.Path(self.out).write_text(json.dumps([self.found, self.crawler.stats.get_value("retry/count")]))
"""


@dataclass
class Story:
    place: Workplace
    run: Run
    server: Server
    #: By shop: the answer, or an error.
    found: dict[str, Any]
    retries: int


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Busy at the first of two questions."""
    seen: Counter[str] = Counter()
    under_way = threading.Semaphore(1)

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers.get("Content-Length", 0)))
        seen[request.path] += 1
        if request.path.startswith("/slow"):
            is_alone = under_way.acquire(blocking=False)
            time.sleep(0.2)
            # Before the answer: the next request may come while this thread has yet to go on.
            if is_alone:
                under_way.release()
            reply(request, 200 if is_alone else 500, b"{}", Content_Type="application/json")
        elif seen[request.path] == 1:
            reply(request, 503, Retry_After="1")
        else:
            reply(request, 200, b'{"result": "at last"}', Content_Type="application/json")

    with serve(answer) as server:
        yield server


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace], server: Server, tmp_path_factory: pytest.TempPathFactory) -> Story:
    place = make_workplace(shops=0, pdd_shops=5, requests_per_second=20.0)
    quick = {"retry_after_seconds": 0.1, "cooldown_seconds": 0.4, "cooldown_tries": 2}
    place.edit("portals.yaml", lambda portals: portals["pdd"].update(quick))
    place.sign_in(BUSY, ORDERED, EXPIRED, TOO_OFTEN, CROWDED)
    place.sandbox.set_fault(EXPIRED, Fault.SESSION_DEAD_ONCE, at="kpi")
    place.sandbox.set_fault(TOO_OFTEN, Fault.RISK_CONTROL, at="kpi", times=1)
    folder: Path = tmp_path_factory.mktemp("plain")
    (folder / "plain.py").write_text(SPIDER, "utf-8")
    origins: dict[str, Any] = {}
    place.edit("portals.yaml", origins.update)
    out = folder / "found.json"
    facts = {"origin": origins["pdd"]["origin"], "busy": f"http://{server.endpoint}", "out": str(out)}
    arguments = [part for name, value in facts.items() for part in ("-a", f"{name}={value}")]
    run = place.scrapy("runspider", str(folder / "plain.py"), *arguments)
    assert out.exists(), run.text
    return Story(place, run, server, *json.loads(out.read_text("utf-8")))


def asked(story: Story, shop: str) -> list[float]:
    return [record.started for record in story.place.sandbox.records(shop) if record.call == "kpi"]


def test_a_busy_portal_is_asked_again_when_it_said(story: Story) -> None:
    assert story.found[BUSY] == {"result": "at last"}
    assert story.server.requests.count("GET /busy") == 2
    assert "HTTP 503, expected HTTP 200." in story.run.err
    assert story.retries == 2


def test_one_request_of_a_shop_is_under_way_at_a_time(story: Story) -> None:
    assert story.found[CROWDED] == {}
    assert len([request for request in story.server.requests if request.startswith("GET /slow")]) == 3


def test_what_may_do_something_twice_is_sent_once(story: Story) -> None:
    assert story.found[ORDERED].startswith(f"PortalError: shop {ORDERED!r}, 127.0.0.1/order: the portal refused.")
    assert story.server.count("POST") == 1


def test_a_dead_session_is_renewed(story: Story) -> None:
    assert "result" in story.found[EXPIRED]
    assert len(asked(story, EXPIRED)) == 2
    assert story.place.sandbox.counters().logins == {EXPIRED: 1}


def test_the_shop_cools_down_where_the_portal_says_too_often(story: Story) -> None:
    assert "result" in story.found[TOO_OFTEN]
    first, second = asked(story, TOO_OFTEN)
    assert second - first >= 2 * 0.8 * 0.4


def test_ends_without_a_browser(story: Story) -> None:
    assert story.run.survivors() == []
    assert "Traceback" not in story.run.text


def test_a_shop_that_is_none_is_told_and_asked_nothing(story: Story) -> None:
    assert story.found[NOBODY].startswith("ArgumentError: no shop has the id of meta[")
    assert "GET /nobody" not in story.server.requests
