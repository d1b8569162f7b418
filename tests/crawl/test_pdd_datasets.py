"""Pinduoduo's datasets, end to end: every cell that the sandbox sent is in the workbook and in the Parquet file."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import lake_readers
import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from shipped_config import load_shipped_config
from workplace import LOOK_EVERY_SECONDS, Run, Workplace

from sandbox import Counters, Record
from shopdata.periods import SHANGHAI, today

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
WEEK = "2026-02-23_2026-03-01"
MONTH = "2026-03-01_2026-03-31"
KPI = ("pdd_kpi_days", "pdd_kpi_weekly", "pdd_kpi_monthly")
CRAWLS: dict[str, tuple[str, ...]] = {
    "pdd_kpi_days": ("pdd_kpi", f"date={DAY}"),
    "pdd_kpi_weekly": ("pdd_kpi", "period=week", f"date={DAY}"),
    "pdd_kpi_monthly": ("pdd_kpi", "period=month", f"date={DAY}"),
    "pdd_badscore": ("pdd_badscore", f"date={DAY}"),
    "pdd_quality": ("pdd_quality",),
    "pdd_chat": ("pdd_chat", f"date={DAY}"),
}
FIRST, QUIET, THIRD = "pdd-01", "pdd-02", "pdd-03"
PHONE = re.compile(r"138 ?000\d ?\d{4}")
SHIPPED = load_shipped_config()


def command(spider: str, *arguments: str) -> list[str]:
    return ["crawl", spider, *(part for argument in arguments for part in ("-a", argument))]


def crawl(place: Workplace, *datasets: str) -> dict[str, Run]:
    """Several datasets at once."""
    runs = {dataset: place.start(*command(*CRAWLS[dataset])) for dataset in datasets}
    # One that nobody looks at has been seen to start nothing.
    while any(run.code is None for run in runs.values()):
        for run in runs.values():
            run.look()
        time.sleep(LOOK_EVERY_SECONDS)
    return runs


@dataclass
class Story:
    place: Workplace
    first: dict[str, Run]
    counters: Counters
    second: dict[str, Run]
    #: What the second runs have asked of the portal.
    asked_again: list[Record]
    #: Each dataset's label, read off the bucket.
    dts: dict[str, str]

    def object(self, key: str) -> bytes:
        with self.place.objects() as store:
            return store.get_bytes(key)

    def receipt(self, dataset: str) -> dict[str, Any]:
        return json.loads(self.object(f"receipts/pdd/{dataset}/dt={self.dts[dataset]}.json"))

    def workbook(self, dataset: str) -> bytes:
        return self.object(f"merged/pdd/{dataset}/{dataset}_{self.dts[dataset]}.xlsx")

    def parquet(self, dataset: str, dt: str = "") -> pyarrow.Table:
        content = self.object(f"ods/pdd/{dataset}/dt={dt or self.dts[dataset]}/{dataset}.parquet")
        return pyarrow.parquet.read_table(io.BytesIO(content))

    def raw_lines(self, dataset: str, shop: str, dt: str = "") -> list[dict[str, Any]]:
        content = self.object(f"raw/pdd/{dataset}/dt={dt or self.dts[dataset]}/{shop}.json")
        return [json.loads(line) for line in content.decode().splitlines()]


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(
        shops=0,
        pdd_shops=3,
        reviews=(90, 0, 41),
        goods=(81, 0, 40),
        conversations=(23, 4, 0),
        messages_per_conversation=15,
        requests_per_second=50.0,
    )
    place.sign_in(*(shop.id for shop in place.sandbox.shops))
    first = crawl(place, *CRAWLS)
    counters = place.sandbox.counters()
    place.sandbox.clear_records()
    second = crawl(place, "pdd_kpi_weekly", "pdd_badscore", "pdd_chat")
    labels = [re.fullmatch(r"receipts/pdd/(\w+)/dt=(\S+)\.json", key) for key in place.stored_keys()]
    dts = {label[1]: label[2] for label in labels if label is not None}
    return Story(place, first, counters, second, place.sandbox.records(), dts)


# -- what the sandbox has sent, as it must be published ---------------------------------------------------------------


def half_width(name: str) -> str:
    return name.translate(str.maketrans("（）", "()"))


def kpi_sent(story: Story, dataset: str) -> list[list[Any]]:
    """By name, whatever the order and the brackets of the shop's file."""
    rows = []
    for shop in story.place.sandbox.shops:
        truth = story.place.sandbox.truth(shop.id, DAY, dataset=dataset)
        header = [half_width(name) for name in truth.header]
        places = [header.index(half_width(name)) for name in SHIPPED.dataset(dataset).columns]
        rows += [[shop.name, *(row[place] for place in places)] for row in truth.rows]
    return rows


def clock(seconds: Any) -> str:
    return f"{datetime.fromtimestamp(int(seconds), SHANGHAI):%Y-%m-%d %H:%M:%S}"


def as_json(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def records_sent(story: Story, dataset: str) -> list[list[Any]]:
    """Fields of JSON under the names of the contract, lists and objects as JSON."""
    contract = SHIPPED.dataset(dataset)
    fields = {column: (contract.aliases[column][0]) for column in contract.columns}
    rows = []
    for shop in story.place.sandbox.shops:
        truth = story.place.sandbox.truth(shop.id, date.fromisoformat(story.dts[dataset]), dataset=dataset)
        for record in truth.records:
            values: Mapping[str, Any] = record | (
                {"createTime": clock(record["createTime"])} if "createTime" in record else {}
            )
            rows.append([shop.name, *(as_json(values[fields[column]]) for column in contract.columns)])
    return rows


def sent(story: Story, dataset: str) -> list[list[Any]]:
    return kpi_sent(story, dataset) if dataset in KPI else records_sent(story, dataset)


def as_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).upper() if isinstance(value, bool) else str(value)


def as_cell(value: Any, *, is_id: bool) -> Any:
    return value if isinstance(value, int | float) and not is_id else as_text(value)


def read_workbook(reader: str, content: bytes) -> tuple[list[Any], list[list[Any]]]:
    """Header and rows of the first sheet; fails if a cell is a formula."""
    if reader == "calamine":
        return lake_readers.read_by_calamine(content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b"}
    header, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    return header, rows


# -- every dataset ----------------------------------------------------------------------------------------------------


def test_every_crawl_says_all_is_well(story: Story) -> None:
    assert {dataset: run.code for dataset, run in story.first.items()} == dict.fromkeys(CRAWLS, 0)


def test_labels(story: Story) -> None:
    quality = story.dts["pdd_quality"]
    assert story.dts == {
        "pdd_kpi_days": str(DAY),
        "pdd_kpi_weekly": WEEK,
        "pdd_kpi_monthly": MONTH,
        "pdd_badscore": str(DAY),
        "pdd_quality": quality,
        "pdd_chat": str(DAY),
    }
    assert today() - date.fromisoformat(quality) <= timedelta(days=1)


@pytest.mark.parametrize("dataset", CRAWLS)
def test_keys(story: Story, dataset: str) -> None:
    dt, ext = story.dts[dataset], "xls" if dataset in KPI else "json"
    assert {key for key in story.place.stored_keys() if f"/{dataset}/" in key and "2026-02-28" not in key} == {
        *(f"raw/pdd/{dataset}/dt={dt}/{shop}.{ext}" for shop in (FIRST, QUIET, THIRD)),
        f"merged/pdd/{dataset}/{dataset}_{dt}.xlsx",
        f"ods/pdd/{dataset}/dt={dt}/{dataset}.parquet",
        f"receipts/pdd/{dataset}/dt={dt}.json",
    }


@pytest.mark.parametrize("dataset", CRAWLS)
def test_nobody_is_missing(story: Story, dataset: str) -> None:
    receipt = story.receipt(dataset)
    assert receipt["missing"] == []
    assert [shop["id"] for shop in receipt["shops"]] == [FIRST, QUIET, THIRD]


@pytest.mark.parametrize("dataset", [name for name in CRAWLS if name != "pdd_chat"])
class TestCells:
    def test_parquet(self, story: Story, dataset: str) -> None:
        table = story.parquet(dataset)
        assert table.column_names == ["shop", *SHIPPED.dataset(dataset).columns]
        assert set(table.schema.types) == {pyarrow.string()}
        expected = [[as_text(value) for value in row] for row in sent(story, dataset)]
        assert len(expected) > 3
        assert [list(row.values()) for row in table.to_pylist()] == expected

    @pytest.mark.parametrize("reader", ["openpyxl", "calamine"])
    def test_workbook(self, story: Story, dataset: str, reader: str) -> None:
        header, rows = read_workbook(reader, story.workbook(dataset))
        contract = SHIPPED.dataset(dataset)
        assert header == ["shop", *contract.columns]
        assert rows == [
            [as_cell(value, is_id=name in contract.ids) for name, value in zip(header, row, strict=True)]
            for row in sent(story, dataset)
        ]


def test_a_second_run_asks_nothing(story: Story) -> None:
    assert [run.code for run in story.second.values()] == [0, 0, 0]
    assert story.asked_again == []


def test_saved_sessions_are_used(story: Story) -> None:
    assert story.counters.logins == {}


# -- what is special about each ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", KPI)
class TestKpi:
    def test_total_and_mean_are_kept(self, story: Story, dataset: str) -> None:
        accounts = story.parquet(dataset).column("客服账号").to_pylist()
        assert accounts.count("总计") == accounts.count("平均") == 3

    def test_percents_and_seconds_are_kept_as_they_are(self, story: Story, dataset: str) -> None:
        table = story.parquet(dataset)
        rates = [value for value in table.column("询单转化率").to_pylist() if value != "-"]
        times = [value for value in table.column("平均人工响应时长").to_pylist() if value != "-"]
        assert len(rates) > 3
        assert all(re.fullmatch(r"\d+\.\d\d%", rate) for rate in rates)
        assert all(re.fullmatch(r"\d+秒", time) for time in times)

    def test_the_raw_file_is_what_it_is_and_not_what_it_is_called(self, story: Story, dataset: str) -> None:
        content = story.object(f"raw/pdd/{dataset}/dt={story.dts[dataset]}/{FIRST}.xls")
        assert content.startswith(bytes.fromhex("D0CF11E0"))


class TestBadscore:
    def test_a_day_without_one_is_a_good_day(self, story: Story) -> None:
        states = {
            cell["shop"]: (cell["state"], cell["rows"])
            for cell in story.place.status()["cells"]
            if cell["dataset"] == "pdd_badscore"
        }
        assert states == {FIRST: ("published", 90), QUIET: ("empty", 0), THIRD: ("published", 41)}

    def test_pictures_are_one_column(self, story: Story) -> None:
        table = story.parquet("pdd_badscore")
        assert [name for name in table.column_names if "图片" in name] == ["图片"]
        counts = {len(json.loads(text)) for text in table.column("图片").to_pylist()}
        assert {0, 1, 6} <= counts

    def test_every_page_is_asked_once(self, story: Story) -> None:
        assert {shop: calls["reviews"] for shop, calls in story.counters.calls.items()} == {
            FIRST: 3,
            QUIET: 1,
            THIRD: 2,
        }


def test_quality_has_the_eleven_headers(story: Story) -> None:
    assert story.parquet("pdd_quality").column_names[1:] == [
        "商品id",
        "商品名称",
        "商品主图链接",
        "商品质量体验排名",
        "近30天异常订单数",
        "异常订单占比",
        "权益状态",
        "商品质量等级",
        "近30天品质求助平台率",
        "近30天商品评价分排名",
        "老客订单占比",
    ]


class TestChat:
    @staticmethod
    def sent(story: Story) -> list[tuple[str, dict[str, Any]]]:
        """Display name and record of every message, in the order in which they came."""
        sandbox = story.place.sandbox
        return [
            (shop.name, record)
            for shop in sandbox.shops
            for record in sandbox.truth(shop.id, DAY, dataset="pdd_chat").records
        ]

    def test_every_message_once_and_in_order(self, story: Story) -> None:
        table, records = story.parquet("pdd_chat"), self.sent(story)
        assert len(records) > 300
        assert table.column_names == ["shop", *SHIPPED.dataset("pdd_chat").columns]
        found = table.select(["shop", "会话id", "买家昵称", "时间", "发送方", "客服", "类型"]).to_pylist()
        assert [list(row.values()) for row in found] == [
            [
                name,
                str(record["uid"]),
                record["nickname"],
                clock(record["message"].get("time") or record["message"].get("ts")),
                "staff" if record["message"]["direction"] else "buyer",
                record["message"]["csname"],
                str(record["message"]["type"]),
            ]
            for name, record in records
        ]

    def test_ids_are_those_of_the_portal(self, story: Story) -> None:
        table, records = story.parquet("pdd_chat"), self.sent(story)
        ids = table.column("消息id").to_pylist()
        # Every second shop's messages come without an id, as texts of JSON; they get one of their own.
        assert {"msg_id" in record["message"] for _, record in records} == {True, False}
        for number, (_, record) in zip(ids, records, strict=True):
            given = record["message"].get("msg_id")
            assert number == given if given is not None else re.fullmatch("[0-9a-f]{32}", number)
        assert len(set(zip(table.column("会话id").to_pylist(), ids, strict=True))) == len(records)

    def test_the_raw_message_is_all_that_was_sent(self, story: Story) -> None:
        raw = [json.loads(text) for text in story.parquet("pdd_chat").column("原始消息").to_pylist()]
        for found, (_, record) in zip(raw, self.sent(story), strict=True):
            message = record["message"]
            assert found.keys() == message.keys()
            assert {key: found[key] for key in found if key != "content"} == {
                key: message[key] for key in message if key != "content"
            }

    def test_contents_without_phone_or_address_stay_as_they_were(self, story: Story) -> None:
        found = story.parquet("pdd_chat").column("内容").to_pylist()
        untouched = 0
        for text, (_, record) in zip(found, self.sent(story), strict=True):
            content = as_json(record["message"]["content"])
            if not PHONE.search(content) and "沙箱路" not in content:
                assert text == (content or None)
                untouched += 1
        assert untouched > 100

    def test_phones_and_addresses_are_masked_wherever_the_messages_are(self, story: Story) -> None:
        original = "".join(str(record["message"]["content"]) for _, record in self.sent(story))
        assert PHONE.search(original)
        assert "沙箱路" in original
        kept = {
            "parquet": str(story.parquet("pdd_chat").to_pylist()),
            "workbook": str(read_workbook("openpyxl", story.workbook("pdd_chat"))),
            "raw": str([story.raw_lines("pdd_chat", shop) for shop in (FIRST, QUIET, THIRD)]),
        }
        assert {name: PHONE.findall(text) for name, text in kept.items()} == {name: [] for name in kept}
        assert all("沙箱路" not in text and "[电话]" in text and "[地址]" in text for text in kept.values())

    def test_the_raw_file_says_so(self, story: Story) -> None:
        for shop in (FIRST, QUIET, THIRD):
            assert story.raw_lines("pdd_chat", shop)[0]["shopdata"]["privacy"] == "mask"

    @pytest.mark.parametrize("reader", ["openpyxl", "calamine"])
    def test_the_workbook_says_the_same(self, story: Story, reader: str) -> None:
        header, rows = read_workbook(reader, story.workbook("pdd_chat"))
        table = story.parquet("pdd_chat")
        assert header == table.column_names
        assert [[as_text(cell) for cell in row] for row in rows] == [list(row.values()) for row in table.to_pylist()]

    def test_a_shop_nobody_talked_to_is_empty(self, story: Story) -> None:
        shops = {shop["id"]: shop["rows"] for shop in story.receipt("pdd_chat")["shops"]}
        assert shops[THIRD] == 0
        assert shops[FIRST] > shops[QUIET] > 0

    def test_the_browser_is_gone(self, story: Story) -> None:
        assert any(name.startswith("chrom") for name in story.first["pdd_chat"].programs())
        assert story.first["pdd_chat"].survivors() == []


# -- other runs in the same place -------------------------------------------------------------------------------------


def test_privacy_keep_masks_nothing_and_says_so(story: Story) -> None:
    place, day = story.place, date(2026, 2, 28)
    place.edit("datasets/pdd_chat.yaml", lambda dataset: dataset.update(privacy="keep"))
    run = place.scrapy(*command("pdd_chat", f"date={day}", f"shops={QUIET}"))
    assert run.code == 0, run.text
    records = place.sandbox.truth(QUIET, day, dataset="pdd_chat").records
    about, *_ = story.raw_lines("pdd_chat", QUIET, str(day))
    assert about["shopdata"]["privacy"] == "keep"
    assert PHONE.search(str(records))
    table = story.parquet("pdd_chat", str(day))
    contents = [as_json(record["message"]["content"]) or None for record in records]
    assert table.column("内容").to_pylist() == contents
    assert [json.loads(text) for text in table.column("原始消息").to_pylist()] == [
        record["message"] for record in records
    ]


def test_a_date_that_is_too_fresh_is_not_ready(story: Story) -> None:
    place, dt = story.place, str(today() - timedelta(days=1))
    run = place.scrapy(*command("pdd_kpi", f"date={dt}", f"shops={FIRST},{QUIET}"))
    assert run.code == 1, run.text
    cells = {cell["shop"]: cell for cell in place.status()["cells"] if cell["dt"] == dt and cell["dataset"] == KPI[0]}
    assert {shop: cell["state"] for shop, cell in cells.items()} == {FIRST: "not_ready", QUIET: "not_ready"}
    assert "has not published this period yet" in cells[FIRST]["reason"]
    assert [key for key in place.stored_keys() if KPI[0] in key and dt in key] == []
