"""The life of a JD report job: create, list, download (docs/portals.md 4.3)."""

from __future__ import annotations

import datetime as dt
import io
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sandbox_client import DAY, PAGE_HEADERS, Client, create_body

from sandbox import Sandbox
from sandbox.jd.inventory import Inventory
from sandbox.jd.reports import LIST_PATH

MakeSandbox = Callable[..., Sandbox]


def first_cells(workbook: bytes) -> tuple[object, int]:
    """The date in the first row, and the number of rows."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
    return rows[1][0], len(rows) - 1


def test_create_answers_the_task_name_and_adds_a_job_each_time(client: Client) -> None:
    answers = [client.create().json() for _ in range(2)]
    name = answers[0]["content"]["taskName"]
    assert [answer["status"] for answer in answers] == [0, 0]
    assert len([entry for entry in client.entries() if entry["reportName"] == name]) > 2
    assert client.sandbox.counters().jobs == {"sandbox-01": {"2026-03-01": 2}}


def test_the_list_is_account_wide_and_newest_first(client: Client) -> None:
    name = client.create().json()["content"]["taskName"]
    entries = client.entries()
    times = [entry["createTime"] for entry in entries]
    assert times == sorted(times, reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) for text in times)
    assert {entry["reportType"] for entry in entries} == {"supplyChainPro", "managePro"}
    assert {entry["status"] for entry in entries} == {"1", "2", "3"}
    assert all(isinstance(entry["status"], str) for entry in entries)
    others = [entry["reportName"] for entry in entries if entry["reportName"] != name]
    assert len(others) >= 10
    assert any(other.startswith(name) for other in others), "a colleague's name that begins like ours"
    assert list(entries[0]) == ["reportId", "reportName", "reportType", "status", "createTime", "downloadLink"]


def test_another_persons_later_job_comes_to_stand_above_ours(client: Client) -> None:
    name = client.create().json()["content"]["taskName"]
    deadline = time.monotonic() + 10
    while client.entries()[0]["reportName"] == name:
        assert time.monotonic() < deadline
    newest = client.entries()[0]
    assert (newest["reportType"], newest["status"]) == ("supplyChainPro", "2")
    assert newest["reportName"] != name


def test_a_job_of_the_same_name_from_earlier_holds_other_rows(client: Client) -> None:
    name = client.create().json()["content"]["taskName"]
    ours, stale = [entry for entry in client.entries() if entry["reportName"] == name]
    assert ours["createTime"] > stale["createTime"]
    files = [client.ask("http:" + entry["downloadLink"].removeprefix("http:")).body for entry in (ours, stale)]
    assert [first_cells(file) for file in files] == [("2026-03-01", 20), ("2026-03-01", 10)]


def test_create_time_is_shanghai_wall_time(make_sandbox: MakeSandbox) -> None:
    client = Client(make_sandbox(clock_skew_seconds=-20))
    client.sign_in()
    name = client.create().json()["content"]["taskName"]
    now = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None)
    created = dt.datetime.strptime(client.entry(name)["createTime"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    assert dt.timedelta(seconds=15) < now - created < dt.timedelta(seconds=60)


def test_a_job_generates_then_is_done_without_a_link_then_has_one(make_sandbox: MakeSandbox) -> None:
    client = Client(make_sandbox(report_seconds=2, empty_link_seconds=2))
    client.sign_in()
    name = client.create().json()["content"]["taskName"]
    seen: list[tuple[str, bool]] = []
    deadline = time.monotonic() + 120
    while ("2", True) not in seen:
        assert time.monotonic() < deadline
        entry = client.entry(name)
        state = (entry["status"], bool(entry["downloadLink"]))
        seen += [state] if state not in seen else []
    assert seen == [("1", False), ("2", False), ("2", True)]


def test_links_come_with_and_without_scheme_and_are_signed(client: Client) -> None:
    for number in range(3):
        client.create(create_body(DAY - dt.timedelta(days=number)))
    links = [entry["downloadLink"] for entry in client.entries() if entry["downloadLink"]]
    storage = client.sandbox.origins["storage"].removeprefix("http:")
    assert {link.split("//")[0] for link in links} == {"", "http:"}
    assert all(link.removeprefix("http:").startswith(f"{storage}/") for link in links)
    assert all("Expires=" in link and "Signature=" in link for link in links)


def test_the_file_needs_no_cookies_but_its_signature(client: Client) -> None:
    link = client.link()
    assert first_cells(client.download()) == ("2026-03-01", 20)
    assert Client(client.sandbox).ask(link).status == 200
    assert Client(client.sandbox).ask(link[:-1] + ("0" if link[-1] != "0" else "1")).status == 403
    assert Client(client.sandbox).ask(link.split("?")[0]).status == 403


def test_a_link_runs_out(make_sandbox: MakeSandbox) -> None:
    client = Client(make_sandbox(link_seconds=0))
    client.sign_in()
    link = client.link()
    deadline = time.monotonic() + 10
    while (status := client.ask(link).status) == 200:
        assert time.monotonic() < deadline
    assert status == 403


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(create_body(date="2026-02-28"), id="two-days"),
        pytest.param(create_body(date="01.03.2026", startDate="01.03.2026", endDate="01.03.2026"), id="not-iso"),
        pytest.param(create_body(date="2026-02-30", startDate="2026-02-30", endDate="2026-02-30"), id="no-such-day"),
        pytest.param(create_body(date=20260301, startDate=20260301, endDate=20260301), id="number-as-date"),
        pytest.param(create_body(date=["2026-03-01"]), id="list-as-date"),
        pytest.param(create_body(dataType="offline", id=2), id="wrong-id"),
        pytest.param(create_body(id=True), id="boolean-as-id"),
        pytest.param(create_body(dataType=["offline"]), id="list-as-data-type"),
        pytest.param(create_body(brandId=""), id="no-brand"),
        pytest.param({}, id="empty"),
        pytest.param(b"[1]", id="not-an-object"),
        pytest.param(b"{", id="not-json"),
        pytest.param(b"\xff\xfe", id="not-text"),
        pytest.param(create_body(dt.date.today() + dt.timedelta(days=2)), id="future"),  # noqa: DTZ011
    ],
)
def test_a_wrong_body_is_refused_with_another_status(client: Client, body: dict[str, Any] | bytes) -> None:
    answer = client.create(body)
    assert answer.status == 200
    assert answer.json()["status"] != 0
    assert client.sandbox.counters().jobs == {}


def test_realtime_reports_may_be_of_today(client: Client) -> None:
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
    assert client.create(create_body(today)).json()["status"] != 0
    assert client.create(create_body(today, dataType="realtime", id=2)).json()["status"] == 0


@pytest.mark.parametrize("missing", ["uuid", "x-requested-with"])
def test_calls_that_do_not_look_like_the_pages_own_are_refused(client: Client, missing: str) -> None:
    query = {} if missing == "uuid" else {"uuid": "u"}
    headers = {} if missing == "x-requested-with" else PAGE_HEADERS
    created = client.ask(client.at("gateway", Inventory.create_path, **query), data=b"{}", headers=headers)
    listed = client.ask(client.at("report", LIST_PATH, **query), headers=headers)
    assert created.json()["status"] != 0
    assert listed.json()["message"] != "success"


@pytest.mark.parametrize(
    ("answer", "create_is", "list_is"),
    [
        ("mixed", "page", "login"),
        ("redirect", "login", "login"),
        ("html", "page", "page"),
        ("message", "message", "message"),
    ],
)
def test_what_a_dead_session_gets(make_sandbox: MakeSandbox, answer: str, create_is: str, list_is: str) -> None:
    visitor = Client(make_sandbox(dead_session_answer=answer))

    def kind(got: Any) -> str:
        if "json" in got.headers["content-type"]:
            return "message" if got.json()["message"] != "success" else "success"
        return "login" if got.url.startswith(visitor.sandbox.origins["passport"]) else "page"

    assert kind(visitor.create()) == create_is
    assert kind(visitor.ask(visitor.at("report", LIST_PATH, uuid="u"), headers=PAGE_HEADERS)) == list_is


def test_every_account_has_its_own_list(sandbox: Sandbox) -> None:
    first, second = Client(sandbox), Client(sandbox)
    first.sign_in("sandbox-01")
    second.sign_in("sandbox-02")
    first.create()
    ids = [{entry["reportId"] for entry in visitor.entries()} for visitor in (first, second)]
    assert not ids[0] & ids[1]


def test_the_report_page_sends_anonymous_visitors_to_the_login(client: Client) -> None:
    url = client.at("report", "/scbrandweb/brand/view/supplyReport/supplyChainPro.html")
    assert client.ask(url).url == url
    assert Client(client.sandbox).ask(url).url.startswith(client.sandbox.origins["passport"])
