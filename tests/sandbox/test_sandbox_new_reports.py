"""A further report is a declaration: the two of docs/sandbox.md, asked through HTTP, with what all reports have."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import yaml
from pdd_client import PddClient, window
from python_calamine import CalamineWorkbook
from sandbox_client import DAY, PAGE_HEADERS, Client

from sandbox import Fault, Sandbox, SandboxOptions
from sandbox.jd import SandboxJd
from sandbox.pdd import SandboxPdd

ROOT = Path(__file__).parents[2]
BLOCKS = [
    block
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "sandbox.md").read_text("utf-8"), re.DOTALL)
    if "class " in block
]
NAMES: dict[str, Any] = {"__name__": __name__}
for declaration in BLOCKS:
    exec(declaration, NAMES)


class Jd(SandboxJd):
    """With one more report that is ordered."""

    reports = (*SandboxJd.reports, NAMES["Traffic"]())


class Pdd(SandboxPdd):
    """With one more that is read page by page."""

    lists = (*SandboxPdd.lists, NAMES["PddRefunds"])


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    quick = SandboxOptions(shops=1, pdd_shops=1, rows=30, report_seconds=0, empty_link_seconds=0)
    with Sandbox(quick, (Jd, Pdd)) as running:
        yield running


class TestPaged:
    """`pdd_refunds`."""

    @pytest.fixture
    def ask(self, sandbox: Sandbox) -> Callable[..., dict[str, Any]]:
        client = PddClient(sandbox).use_session()

        def ask(number: int, **changes: Any) -> dict[str, Any]:
            body = window(DAY) | {"page_no": number, "page_size": 40} | changes
            return dict(client.post("/mercury/refund/list", body).json())

        return ask

    def test_its_pages_are_the_truth(self, sandbox: Sandbox, ask: Callable[..., dict[str, Any]]) -> None:
        pages = [ask(number)["result"] for number in (1, 2, 3, 4)]
        rows = [row for page in pages for row in page["list"]]
        assert rows == sandbox.truth("pdd-01", DAY, dataset="pdd_refunds").records
        assert [(len(page["list"]), page["total"]) for page in pages] == [(40, 90), (40, 90), (10, 90), (0, 90)]
        morning = ask(1, endTime=window(DAY)["startTime"] + 12 * 3600 - 80)["result"]
        assert (morning["total"], morning["list"]) == (10, rows[80:])

    def test_what_is_refused(self, sandbox: Sandbox, ask: Callable[..., dict[str, Any]]) -> None:
        assert ask(0)["error_msg"] == "参数错误"
        assert ask(1, **window(DAY - dt.timedelta(days=40), DAY))["error_msg"] == "查询时间跨度超出限制"
        sandbox.expire_sessions("pdd-01")
        assert ask(1)["error_code"] == 43001

    def test_the_faults_are_there_too(self, sandbox: Sandbox, ask: Callable[..., dict[str, Any]]) -> None:
        for fault in (Fault.RISK_CONTROL, Fault.PAGES_SHIFT, Fault.ENDLESS_PAGES, Fault.MISSING_LIST_KEY):
            sandbox.set_fault("pdd-01", fault, times=1, at="refunds")
        assert ask(1)["error_code"] == 54001
        assert set(ask(1)["result"]) == {"total"}
        endless = ask(2)["result"]
        assert (endless["total"], len({row["refund_id"] for row in endless["list"]})) == (39 + 80, 40)
        assert sandbox.counters().calls["pdd-01"] == {"refunds": 3}


class TestOrdered:
    """`jd_traffic`."""

    @pytest.fixture
    def client(self, sandbox: Sandbox) -> Client:
        client = Client(sandbox)
        client.sign_in()
        return client

    def order(self, client: Client, **changes: Any) -> dict[str, Any]:
        day = DAY.isoformat()
        body = {
            "date": day,
            "startDate": day,
            "endDate": day,
            "dataType": "offline",
            "id": 1,
            "brandId": "all",
        } | changes
        url = client.at("gateway", "/traffic/downloadTrafficData.ajax", uuid="u")
        return dict(client.ask(url, data=json.dumps(body).encode(), headers=PAGE_HEADERS).json())

    def rows(self, client: Client) -> list[list[Any]]:
        """Of the report that is ordered now."""
        entry = client.entry(self.order(client)["content"]["taskName"])
        assert entry["reportType"] == "trafficPro"
        file = client.ask(urljoin(client.sandbox.origins["report"], entry["downloadLink"])).body
        return list(CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python())

    def test_its_file_is_the_truth(self, sandbox: Sandbox, client: Client) -> None:
        truth = sandbox.truth("sandbox-01", DAY, dataset="jd_traffic")
        assert self.rows(client) == [truth.header, *truth.rows]
        assert (truth.header, len(truth.rows)) == (["时间", "SKU", "商品名称", "访客数", "浏览量"], 30)
        assert sandbox.counters().jobs == {"sandbox-01": {"2026-03-01": 1}}

    def test_it_does_not_stand_in_the_way_of_the_others(self, sandbox: Sandbox, client: Client) -> None:
        self.rows(client)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(client.download())).get_sheet_by_index(0).to_python()
        assert workbook[0] == sandbox.truth("sandbox-01", DAY).header
        assert {entry["reportType"] for entry in client.entries()} == {"supplyChainPro", "managePro", "trafficPro"}

    def test_what_is_refused(self, client: Client) -> None:
        assert self.order(client, brandId="mine")["message"] == "参数错误"
        assert self.order(client, endDate="2026-03-02")["message"] == "参数错误"

    def test_the_faults_are_there_too(self, sandbox: Sandbox, client: Client) -> None:
        for fault, header in (
            (Fault.MISSING_REQUIRED_COLUMN, ["时间", "商品名称", "访客数", "浏览量"]),
            (Fault.RENAMED_COLUMN, ["时间", "SKU", "商品名称", "访客人数", "浏览量"]),
            (Fault.EXTRA_COLUMN, ["时间", "SKU", "商品名称", "访客数", "浏览量", "加购数"]),
        ):
            sandbox.set_fault("sandbox-01", fault, times=1)
            assert self.rows(client)[0] == header
        sandbox.set_fault("sandbox-01", Fault.NO_DATA_YET, times=1)
        assert self.order(client)["message"] == "所选日期暂无数据"


def test_a_declaration_is_short() -> None:
    assert len(BLOCKS) == 2
    assert max(len(block.splitlines()) for block in BLOCKS) <= 30


def test_the_schedule_and_the_preparing_know_them(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.write_config(tmp_path)
    jobs = yaml.safe_load((tmp_path / "schedule.yaml").read_text("utf-8"))["jobs"]
    assert {"name": "jd_traffic", "spider": "jd_traffic", "cron": "0 9 * * *"} in jobs
    assert {"name": "pdd_refunds", "spider": "pdd_refunds", "cron": "0 10 * * *"} in jobs
    sandbox.prepare(DAY, dataset="jd_traffic")


def test_a_dataset_that_nobody_declares_has_no_truth(sandbox: Sandbox) -> None:
    """It once was another one's rows."""
    with pytest.raises(ValueError, match="no dataset 'pdd_returns' for pdd-01; it has pdd_kpi_days"):
        sandbox.truth("pdd-01", DAY, dataset="pdd_returns")
    with pytest.raises(ValueError, match="no dataset 'pdd_refunds' for pdd-01"):
        Sandbox().truth("pdd-01", DAY, dataset="pdd_refunds")


def test_every_dataset_of_the_project_is_declared_and_has_rows_of_its_own() -> None:
    sandbox = Sandbox(SandboxOptions(shops=1, pdd_shops=1, rows=5))
    datasets = {path.stem for path in (ROOT / "pipelines_config" / "datasets").glob("*.yaml")}
    shops = {"jd": "sandbox-01", "pdd": "pdd-01"}
    truths = [str(sandbox.truth(shops[name.split("_")[0]], DAY, dataset=name)) for name in sorted(datasets)]
    assert len(set(truths)) == len(truths) >= 7
