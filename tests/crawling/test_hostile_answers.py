"""Whatever stands in any field of an answer that a spider reads: a result, or an error that is told as a sentence.

The portal is faked at the wire: each reader gets a good answer of which one field holds something else.
"""

from __future__ import annotations

import asyncio
import copy
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from by_hand.jd_store import JdStoreSpider
from by_hand.pdd_badscore import PddBadscoreSpider
from by_hand.pdd_kpi import PddKpiSpider
from by_hand.pdd_quality import PddQualitySpider
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response
from shipped_config import load_shipped_config

from shopdata.config import Config, Shop
from shopdata.crawling.portal_client import PortalClient
from shopdata.excel.tables import Table
from shopdata.exceptions import OddAnswerError, PortalError, ShopdataError
from shopdata.lake.check import check_file
from shopdata.periods import Period
from shopdata.platforms.jd.orders import task_name_in
from shopdata.platforms.pdd.chat import ChatFile, conversation_rows
from shopdata.platforms.pdd.spider import PddSpider
from shopdata.spiders.pdd_chat import MESSAGES, USERS, PddChatSpider
from shopdata.store.staging import Staging

SHOP = Shop(id="one", name="第一家店", platform="pdd", username="u", password="p")
DAY = Period.from_dt("2026-03-01")
#: Where a field may lie: names, and places in lists.
Place = tuple[str | int, ...]

REVIEW = {
    "reviewId": "690123456789012345",
    "goodsId": 690123456789,
    "goodsName": "帆布鞋",
    "comment": "不错",
    "descScore": 3,
    "orderSn": "260301-123456789012345",
    "createTime": 1772294400,
    "specs": "黑色 42",
    "pictures": [{"url": "https://img.example.com/1.jpg"}],
    "name": "小**花",
    "anonymousReview": False,
    "reportResult": {"status": 0, "desc": ""},
}
GOODS = {"goods_id": 690123456789, "goods_name": "帆布鞋", "rank_percent": "12%", "abnormal_order_num": 0}
CONVERSATION = {"uid": 2000000000013, "nickname": "小**花"}
MESSAGE = {
    "msg_id": "1772294400000",
    "direction": 1,
    "csname": "小美",
    "content": "好的",
    "type": 0,
    "time": 1772294400,
    "ts": "1772294400",
    "from": {"role": "user", "csid": "小美"},
}
ENTRY = {
    "reportId": 7,
    "reportName": "供应链-商品明细_2026-03-01",
    "reportType": "supplyChainPro",
    "status": "2",
    "createTime": "2026-03-02 12:00:00",
    "downloadLink": "//storage.jd.com/report.xlsx",
}
HEAD: list[Place] = [(), ("success",), ("error_code",), ("errorCode",), ("error_msg",), ("result",)]


def answer(**result: Any) -> dict[str, Any]:
    return {"success": True, "error_code": 1000000, "errorCode": None, "error_msg": "", "result": result}


@dataclass(frozen=True)
class Reader:
    """What a spider reads. A field of `optional` costs no row and no day, whatever it holds."""

    name: str
    good: Any
    required: list[Place]
    optional: list[Place]


READERS = {
    reader.name: reader
    for reader in (
        Reader(
            "pdd_badscore",
            answer(data=[REVIEW, {**REVIEW, "reviewId": "2"}], totalRows=2),
            [*HEAD, ("result", "data"), ("result", "totalRows"), ("result", "data", 0)],
            [("result", "data", 0, name) for name in REVIEW if name != "reviewId"],
        ),
        Reader(
            "pdd_quality",
            answer(goods_list=[GOODS, {**GOODS, "goods_id": 2}], total=2),
            [*HEAD, ("result", "goods_list"), ("result", "total"), ("result", "goods_list", 0)],
            [("result", "goods_list", 0, name) for name in GOODS if name != "goods_id"],
        ),
        Reader(
            "conversations",
            answer(convUsers=[CONVERSATION], total=1),
            [*HEAD, ("result", "convUsers"), ("result", "total"), ("result", "convUsers", 0, "uid")],
            [("result", "convUsers", 0, "nickname")],
        ),
        Reader(
            "messages",
            answer(contentList=[MESSAGE, {**MESSAGE, "msg_id": "2"}], total=2),
            [*HEAD, ("result", "contentList"), ("result", "total"), ("result", "contentList", 0)],
            [("result", "contentList", 0, name) for name in MESSAGE],
        ),
        Reader("pdd_kpi", answer() | {"result": "https://f.pinduoduo.com/kpi.xls"}, HEAD, []),
        Reader(
            "jd_order",
            {"status": 0, "message": "", "content": {"taskName": "供应链-商品明细_2026-03-01"}},
            [(), ("status",), ("message",), ("content",), ("content", "taskName")],
            [],
        ),
        Reader(
            "jd_list",
            {"message": "success", "content": {"data": [ENTRY, {**ENTRY, "reportId": 8}]}},
            [(), ("message",), ("content",), ("content", "data")],
            [("content", "data", 0), *(("content", "data", 0, name) for name in ENTRY)],
        ),
        Reader(
            "jd_order",
            {"status": 0, "content": {"taskName": "供应链-商品明细_2026-03-01"}, "message": ""},
            [(), ("status",), ("content",), ("content", "taskName"), ("message",)],
            [],
        ),
    )
}
#: What comes of them is no table: a link, a name, a list of reports.
NO_ROWS = {"pdd_kpi", "jd_order", "jd_list"}
ODD = (
    None,
    True,
    -5,
    10**20,
    10**400,
    -1e999,
    float("nan"),
    1772294400.5,
    "",
    "²",
    "1e999",
    "99999999999999999999",
    "\ud83d",
    "好的\ud83d",
    "\x1b]0;title\x07",
    "\u202etxt",
    "=1+1",
    "\0",
    "http://[::1",
    "/report.xlsx",
    "https://evil.example/x",
    "https://f.pinduoduo.com/\ud83d",
    [],
    [None, ["\ud83d"]],
    {},
    {"shopdata": {"format": 1}},
    {"\ud83d": "\ud83d"},
    "[" * 5000,
)
VALUES = st.one_of(
    st.sampled_from(ODD),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=9),
        lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=4), parts, max_size=3),
        max_leaves=5,
    ),
)


def changed(value: Any, place: Place, to: Any) -> Any:
    made = copy.deepcopy(value)
    holder = made
    for name in place[:-1]:
        holder = holder[name]
    if not place:
        return to
    holder[place[-1]] = to
    return made


class Far:
    """A portal that gives one answer to every question."""

    def __init__(self, body: bytes, config: Config, folder: Path) -> None:
        self.body, self.config = body, config
        self.staging = Staging(folder)

    async def _download(self, request: Request) -> Response:
        wire = request.meta["shopdata_wire"]
        wire.write(self.body)
        return Response(request.url, body=b"" if wire.is_file else self.body)

    def ready(self, spider: PddSpider | JdStoreSpider, dataset: str) -> Any:
        """The spider, with this portal at the end of its line."""

        async def at_once(_seconds: float) -> None:
            """Here nobody waits."""

        spider.portal = self.config.portal(spider.platform)
        client = PortalClient(self._download, at_once, SHOP, spider.portal, self.staging.half_way())
        nobody = SimpleNamespace(stepped=lambda *_: None)
        vars(spider).update(
            workspace=SimpleNamespace(staging=self.staging, config=self.config),
            plan=SimpleNamespace(dataset=dataset),
            _clients={SHOP.id: client},
            _run=SimpleNamespace(events=nobody, states=SimpleNamespace(rechecks=())),
        )
        return spider

    def table(self, path: Path, dataset: str) -> Table:
        facts = check_file(path, dataset, self.config.dataset(dataset), DAY.dt, SHOP.id, self.staging)
        return Table.load(self.staging.table(dataset, DAY.dt, SHOP.id, facts.sha256))


async def read(name: str, far: Far) -> Table | None:
    """What a spider makes of the answer, up to the table of it where there is one."""
    match name:
        case "pdd_badscore" | "pdd_quality":
            spider = PddBadscoreSpider() if name == "pdd_badscore" else PddQualitySpider()
            return far.table((await far.ready(spider, name).collect(SHOP, DAY)).path, name)
        case "pdd_kpi":
            await far.ready(PddKpiSpider(), "pdd_kpi_days").collect(SHOP, DAY)
        case "jd_order":
            client = far.ready(JdStoreSpider(), "jd_store").client(SHOP)
            order = await client.ask_json(Request("https://zhgateway.jd.com/order"), repeatable=False)
            task_name_in(order, ("暂无数据",), where="shop 'one'")
        case "jd_list":
            jd = far.ready(JdStoreSpider(), "jd_store")
            for report in await jd._jobs(SHOP, DAY, "supplyChainPro")._list(None):
                await jd.client(SHOP).fetch_file(report.link, jd.portal.report_origin, far.staging.half_way() / "file")
        case "jd_order":
            jd = far.ready(JdStoreSpider(), "jd_store")
            order = Request(f"{jd.portal.gateway_origin}/order", dont_filter=True)
            sent = await jd.client(SHOP).ask_json(order, repeatable=False)
            assert task_name_in(sent, jd.portal.not_ready_texts, where="shop 'one'").strip()
        case _:
            return await read_chat(far.ready(PddChatSpider(), "pdd_chat"), far, name)
    return None


async def read_chat(spider: PddChatSpider, far: Far, name: str) -> Table:
    """The page that signs is left out; what it answers is read as ever."""

    async def post(path: str, _body: dict[str, Any]) -> Any:
        return await spider.post(SHOP, path, {})

    users = [CONVERSATION]
    path = far.staging.incoming("pdd_chat", DAY.dt, SHOP.id)
    if name == "conversations":
        users = list(await spider.read_list(SHOP, DAY, USERS, post, {}))
        messages: Any = [MESSAGE]
    else:
        messages = await spider.read_list(SHOP, DAY, MESSAGES, post, {})
    with ChatFile(path, {"dataset": "pdd_chat"}, is_masked=True) as file:
        for user in users:
            file.add(str(user["uid"]), conversation_rows(user, messages))
    return far.table(path, "pdd_chat")


def outcome(name: str, body: bytes, config: Config) -> Table | ShopdataError | None:
    """What came of a whole answer."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            table = asyncio.run(read(name, Far(body, config, Path(folder))))
        except ShopdataError as error:
            return error
        if table is not None:
            # What was saved is text that can be written.
            json.dumps(table.to_arrow().to_pylist(), ensure_ascii=False).encode()
        return table


@pytest.fixture(scope="module")
def config() -> Config:
    return load_shipped_config()


CASES = [(name, place) for name, reader in READERS.items() for place in (*reader.required, *reader.optional)]


@pytest.mark.parametrize("name", READERS)
def test_the_good_answer_is_read(name: str, config: Config) -> None:
    found = outcome(name, json.dumps(READERS[name].good).encode(), config)
    if name in ("pdd_kpi", "jd_list", "jd_order"):
        assert found is None
    else:
        assert isinstance(found, Table)
        assert found.rows == (1 if name == "conversations" else 2)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(case=st.sampled_from(CASES), value=VALUES)
def test_any_value_in_any_field(config: Config, case: tuple[str, Place], value: Any) -> None:
    name, place = case
    reader = READERS[name]
    found = outcome(name, json.dumps(changed(reader.good, place, value)).encode(), config)
    assert str(found or "").isprintable() or isinstance(found, Table), "one line, and no terminal obeys it"
    if place in reader.optional and name not in NO_ROWS:
        assert isinstance(found, Table), f"{place}: one odd optional value costs the day: {found}"
        assert found.rows == (1 if name == "conversations" else 2)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        pytest.param("createTime", 10**20, None, id="a number beyond all times"),
        pytest.param("createTime", "²", None, id="a digit that is none"),
        pytest.param("createTime", -5, None, id="before all times"),
        pytest.param("createTime", True, None, id="a boolean"),
        pytest.param("createTime", [1772294400], None, id="a list"),
        pytest.param("createTime", float("nan"), None, id="no number"),
        pytest.param("createTime", "soon", None, id="a word"),
        pytest.param("createTime", 1772294400000, "2026-03-01 00:00:00", id="milliseconds"),
        pytest.param("createTime", "2026-03-01 10:00", "2026-03-01 10:00", id="written out"),
        pytest.param("descScore", float("inf"), None, id="infinite"),
    ],
)
def test_an_odd_optional_value_is_null_and_told(config: Config, field: str, value: Any, text: str | None) -> None:
    column = {"createTime": "评价时间", "descScore": "描述评分"}[field]
    good = READERS["pdd_badscore"].good
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        body = json.dumps(changed(good, ("result", "data", 0, field), value)).encode()
        table = asyncio.run(read("pdd_badscore", Far(body, config, Path(folder))))
        assert table is not None
        assert table.to_arrow().column(column).to_pylist()[0] == text
        told = [(found.kind, found.column, found.count) for found in table.warnings]
        assert told == ([("odd_value", column, 1)] if text is None else [])


@pytest.mark.parametrize("name", ["pdd_badscore", "messages"])
def test_half_a_surrogate_pair_is_replaced_and_told(config: Config, name: str) -> None:
    good, list_key = READERS[name].good, "data" if name == "pdd_badscore" else "contentList"
    field, column = ("comment", "评价内容") if name == "pdd_badscore" else ("content", "内容")
    made = changed(good, ("result", list_key, 0, field), "好的\ud83d")
    made["result"][list_key][1]["\udc00field\u202e"] = "new"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        table = asyncio.run(read(name, Far(json.dumps(made).encode(), config, Path(folder))))
        assert table is not None
        assert table.to_arrow().column(column).to_pylist()[0] == "好的\ufffd"
        told = {(found.kind, found.column): found.count for found in table.warnings}
        assert told["illegal_character", column] == 1
        assert all(one.isprintable() for one in table.columns)


def test_a_field_of_the_name_of_our_mark_is_a_row(config: Config) -> None:
    made = changed(READERS["pdd_badscore"].good, ("result", "data", 0, "name"), "x")
    made["result"]["data"][0]["shopdata"] = {"format": 1, "messages": 5}
    found = outcome("pdd_badscore", json.dumps(made).encode(), config)
    assert isinstance(found, Table)
    assert found.rows == 2
    found = outcome(
        "pdd_badscore", json.dumps(answer(data=[{"shopdata": {"reviewId": "1"}}], totalRows=1)).encode(), config
    )
    assert isinstance(found, ShopdataError), "not an empty day"


BODIES = {
    "GBK": json.dumps(READERS["pdd_badscore"].good, ensure_ascii=False).encode("gbk"),
    "a list": b"[1, 2]",
    "a list in GBK": '["系统繁忙"]'.encode("gbk"),
    "nested deep": b"[" * 200_000,
    "nested deep and whole": b'{"result":' * 200_000 + b"1" + b"}" * 200_000,
    "nested too deep for us": json.dumps(answer(data=json.loads("[" * 200 + "]" * 200))).encode(),
    "more values than anybody can hold": b'{"result":{"data":[' + b"[]," * 1_000_000 + b"[]]}}",
    "nothing": b"",
    "cut": b'{"success": true, "resu',
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_answer_is_told(config: Config, name: str, body: bytes) -> None:
    found = outcome(name, body, config)
    assert isinstance(found, OddAnswerError)
    assert "the portal answered with something else than data" in str(found) or name == "pdd_kpi"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_may_be_of_any_encoding_that_json_has(config: Config, encoding: str) -> None:
    body = json.dumps(READERS["pdd_badscore"].good, ensure_ascii=False).encode(encoding)
    found = outcome("pdd_badscore", body, config)
    assert isinstance(found, Table)
    assert found.rows == 2


def test_of_two_fields_of_one_name_the_last_counts_as_in_the_portals_own_pages(config: Config) -> None:
    body = json.dumps(READERS["pdd_badscore"].good).replace('"totalRows": 2', '"totalRows": 9, "totalRows": 2')
    assert isinstance(outcome("pdd_badscore", body.encode(), config), Table)


def test_digits_without_an_end_are_a_value_like_any_other(config: Config) -> None:
    body = json.dumps(READERS["pdd_badscore"].good).replace('"descScore": 3', f'"descScore": {"9" * 5000}')
    found = outcome("pdd_badscore", body.encode(), config)
    assert isinstance(found, Table)
    assert found.to_arrow().column("描述评分").to_pylist()[0] == "9" * 5000


@pytest.mark.parametrize("told", [False, 0, "false", "FALSE", "0", "fail", [], {}, ""], ids=repr)
def test_a_no_in_whatever_form_is_no_empty_day(config: Config, told: object) -> None:
    busy = answer(data=[], totalRows=0) | {"success": told, "error_code": None, "error_msg": "系统繁忙"}
    found = outcome("pdd_badscore", json.dumps(busy).encode(), config)
    assert isinstance(found, PortalError)
    assert "the portal said no" in str(found)


@pytest.mark.parametrize("told", [None, True, 1, "true", "True", " 1 "], ids=repr)
def test_a_yes_in_whatever_form(config: Config, told: object) -> None:
    good = READERS["pdd_badscore"].good | {"success": told}
    assert isinstance(outcome("pdd_badscore", json.dumps(good).encode(), config), Table)
