"""A plain spider in somebody's own Scrapy project, made from docs/ordinary-spider.md, publishes its files."""

from __future__ import annotations

import json
import re
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from workplace import MakeWorkplace, Workplace

from sandbox import Fault
from shopdata.config import load_config

DOC = Path(__file__).parents[2] / "docs" / "ordinary-spider.md"
DAY = "2026-03-01"
NAME = "supplier_stock"


def blocks(kind: str) -> list[str]:
    """The document's code of this kind, in order."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", DOC.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


class Supplier(ThreadingHTTPServer):
    """A server that wants a cookie of its own, and has a file for each shop."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Pages)
        self.files: dict[str, str] = {}
        #: The file of this one comes once the event is set.
        self.late = ""
        self.go_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Pages(BaseHTTPRequestHandler):
    server: Supplier

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        listed = [{"url": f"/{shop}.csv", "shop": shop, "day": DAY} for shop in self.server.files]
        self.answer(json.dumps(listed), "ticket=17")

    def do_GET(self) -> None:
        shop = self.path.strip("/").removesuffix(".csv")
        if shop == self.server.late:
            self.server.go_on.wait(60)
        content = self.server.files.get(shop)
        if self.headers["Cookie"] != "ticket=17" or content is None:
            self.send_error(403)
        else:
            self.answer(content)

    def answer(self, content: str, cookie: str = "") -> None:
        self.send_response(200)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def supplier() -> Iterator[Supplier]:
    with Supplier() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def place(make_workplace: MakeWorkplace) -> Workplace:
    """A foreign project, as `scrapy startproject` lays it out, in a workplace with our configuration."""
    place = make_workplace(shops=2, pdd_shops=1)
    spider, settings = blocks("python")
    files = {
        "scrapy.cfg": "[settings]\ndefault = theirs.settings\n",
        "theirs/__init__.py": "",
        "theirs/settings.py": f'BOT_NAME = "theirs"\nSPIDER_MODULES = ["theirs.spiders"]\n{settings}',
        "theirs/spiders/__init__.py": "",
        f"theirs/spiders/{NAME}.py": spider,
    }
    for name, content in files.items():
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    (place.config_dir / "datasets" / f"{NAME}.yaml").write_text(blocks("yaml")[0], "utf-8")
    place.variables["SCRAPY_SETTINGS_MODULE"] = None
    return place


def rows_of(place: Workplace) -> list[dict[str, str]]:
    with place.objects() as objects:
        path = place.folder / "found.parquet"
        objects.get_file(f"ods/jd/{NAME}/dt={DAY}/{NAME}.parquet", path)
    return pq.read_table(path, partitioning=None).to_pylist()


def receipt_of(place: Workplace) -> dict[str, object]:
    with place.objects() as objects:
        return json.loads(objects.get_bytes(f"receipts/jd/{NAME}/dt={DAY}.json"))


def test_its_files_are_published(place: Workplace, supplier: Supplier) -> None:
    first, second = (shop.id for shop in place.shops)
    supplier.files = {first: "SKU,库存\n1,5\n", second: "SKU,库存\n2,6\n"}
    run = place.scrapy("crawl", NAME, "-a", f"server={supplier.url}")
    assert run.code == 0, run.text
    assert f"{NAME} {DAY}: 2 rows of 2 shops published, 0 missing" in run.err
    assert [(row["SKU"], row["库存"]) for row in rows_of(place)] == [("1", "5"), ("2", "6")]
    assert {cell["shop"]: cell["state"] for cell in place.status()["cells"]} == {
        first: "published",
        second: "published",
    }
    assert receipt_of(place)["missing"] == []
    before = receipt_of(place)

    # Again, and nothing changed.
    run = place.scrapy("crawl", NAME, "-a", f"server={supplier.url}")
    assert run.code == 0, run.text
    assert run.err.count("nothing was revised") == 2
    assert receipt_of(place) == before

    # One file with other rows, and the other shop's is gone: it stays as it was.
    supplier.files = {first: "SKU,库存\n1,7\n"}
    run = place.scrapy("crawl", NAME, "-a", f"server={supplier.url}")
    assert run.code == 0, run.text
    assert [(row["SKU"], row["库存"]) for row in rows_of(place)] == [("1", "7"), ("2", "6")]


def test_a_shop_without_a_file_is_missing_and_a_bad_file_is_kept(place: Workplace, supplier: Supplier) -> None:
    supplier.files = {place.shops[0].id: "<html>"}
    place.variables["SHOPDATA_STATE_DIR"] = str(place.folder / "other")
    try:
        run = place.scrapy("crawl", NAME, "-a", f"server={supplier.url}")
        assert run.code == 1, run.text
        assert "rejected" in run.err
        supplier.files = {place.shops[0].id: "SKU,库存\n1,5\n", "nobody": "SKU,库存\n1,5\n"}
        run = place.scrapy("crawl", NAME, "-a", f"server={supplier.url}")
    finally:
        del place.variables["SHOPDATA_STATE_DIR"]
    assert run.code == 1, run.text
    assert "'nobody'" in run.err


def test_no_file_is_no_success(place: Workplace, supplier: Supplier) -> None:
    run = place.scrapy("crawl", NAME, "-a", f"server={supplier.url}")
    assert run.code == 1, run.text
    assert f"{NAME}: the spider gave no file" in run.err


def test_ctrl_c_publishes_nothing_and_the_next_run_does(place: Workplace, supplier: Supplier) -> None:
    first, second = (shop.id for shop in place.shops)
    supplier.files = {first: "SKU,库存\n1,50\n", second: "SKU,库存\n2,60\n"}
    supplier.late = second
    before = receipt_of(place)
    run = place.start("crawl", NAME, "-a", f"server={supplier.url}")
    run.wait_until(lambda: f"{NAME} {first} {DAY}: staged" in run.err)
    run.interrupt()
    supplier.go_on.set()
    assert run.wait().code == 1, run.text
    assert receipt_of(place) == before
    supplier.late = ""
    run = place.scrapy("crawl", NAME, "-a", f"server={supplier.url}")
    assert run.code == 0, run.text
    assert [row["库存"] for row in rows_of(place)] == ["50", "60"]


REVIEWS = """
import scrapy
from scrapy.http import JsonRequest

from shopdata.items import ReportFile


class ReviewsSpider(scrapy.Spider):
    name = "reviews"

    async def start(self):
        body = {"startTime": 1772294400, "endTime": 1772380799, "pageNo": 1, "pageSize": 40, "descScore": ["1"]}
        meta = {"shopdata_shop": self.shops, "shopdata_session": True}
        yield JsonRequest(f"{self.origin}/saturn/reviews/list", data=body, meta=meta)

    def parse(self, response):
        ids = [row["reviewId"] for row in response.json()["result"]["data"]]
        text = "\\n".join(["reviewId", *map(str, ids)])
        for _ in range(2):
            yield ReportFile(dataset="reviews", dt="2026-03-01", shop_id=self.shops, body=text.encode())
"""


def test_with_the_session_of_a_shop(place: Workplace) -> None:
    (shop,) = (shop.id for shop in place.sandbox.shops if shop.platform == "pdd")
    place.sign_in(shop)
    (place.folder / "theirs/spiders/reviews.py").write_text(REVIEWS, "utf-8")
    contract = "{title: 评价, platform: pdd, lag_days: 1, columns: [reviewId], keys: [reviewId], required: [reviewId]}"
    (place.config_dir / "datasets/reviews.yaml").write_text(contract, "utf-8")
    portal = load_config(place.config_dir, place.environment({})).portal("pdd")
    run = place.scrapy("crawl", "reviews", "-a", f"origin={portal.origin}", "-a", f"shops={shop}")  # type: ignore[attr-defined]
    (cell,) = [cell for cell in place.status()["cells"] if cell["dataset"] == "reviews"]
    assert (cell["state"], cell["shop"]) == ("published", shop), run.text
    assert cell["rows"] > 0
    # A second file of the cell is refused, and takes nothing away from the first.
    assert "a second file for one cell" in run.err
    assert run.code == 1


def test_so_many_items_are_in_work_at_once(place: Workplace) -> None:
    """Scrapy itself lets all 30 in."""
    (place.folder / "theirs/spiders/many.py").write_text(
        textwrap.dedent(
            """
            import asyncio

            import scrapy


            class Count:
                inside = most = 0

                async def process_item(self, item):
                    self.inside += 1
                    self.most = max(self.most, self.inside)
                    await asyncio.sleep(0.02)
                    self.inside -= 1
                    return item

                def close_spider(self):
                    print("most:", self.most)


            class ManySpider(scrapy.Spider):
                name = "many"
                custom_settings = {"CONCURRENT_ITEMS": 4, "ITEM_PIPELINES": {Count: 700}}

                async def start(self):
                    for number in range(30):
                        yield {"number": number}
                    yield scrapy.Request("data:,", self.parse)

                def parse(self, response):
                    for number in range(30):
                        yield {"number": number}
            """
        ),
        "utf-8",
    )
    run = place.scrapy("crawl", "many")
    assert run.code == 0, run.text
    assert "most: 4" in run.out, run.text


HALF = """
import scrapy

from shopdata.items import ReportFile


class HalfSpider(scrapy.Spider):
    name = "half"

    async def start(self):
        yield ReportFile(dataset="half", dt="2026-03-01", shop_id=self.good, body=b"SKU\\n1")
        meta = {"shopdata_shop": self.bad, "shopdata_session": True}
        yield scrapy.Request(f"{self.origin}/", meta=meta)

    def parse(self, response):
        raise AssertionError("nobody is signed in")
"""


def test_why_nobody_could_sign_in_is_why_there_is_no_file(place: Workplace) -> None:
    (place.folder / "theirs/spiders/half.py").write_text(HALF, "utf-8")
    contract = "{title: 一半, platform: jd, lag_days: 1, columns: [SKU], keys: [SKU], required: [SKU]}"
    (place.config_dir / "datasets/half.yaml").write_text(contract, "utf-8")
    good, bad = (shop.id for shop in place.shops if shop.platform == "jd")
    place.sandbox.set_fault(bad, Fault.WRONG_PASSWORD)
    origin = load_config(place.config_dir, place.environment({})).portal("jd").report_origin  # type: ignore[attr-defined]
    try:
        run = place.scrapy("crawl", "half", "-a", f"good={good}", "-a", f"bad={bad}", "-a", f"origin={origin}")
    finally:
        place.sandbox.clear_faults()
    cells = {cell["shop"]: cell for cell in place.status()["cells"] if cell["dataset"] == "half"}
    assert run.code == 1, run.text
    assert cells[good]["state"] == "published", run.text
    assert (cells[bad]["state"], cells[bad]["code"]) == ("needs_login", "credentials_refused"), run.text
