"""Every fault of the sandbox, as a client meets it."""

from __future__ import annotations

import datetime as dt
import http.client
import io
import json
import time
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from python_calamine import CalamineWorkbook
from sandbox_client import DAY, PAGE_HEADERS, Client, create_body

from sandbox import Fault, FaultRule, Sandbox, SandboxOptions
from sandbox.faults import FaultBoard, fault_named
from sandbox.jd.doubtful import ANSWERS
from sandbox.jd.reports import LIST_PATH

MakeSandbox = Callable[..., Sandbox]
SHOP = "sandbox-01"


def rows_of(workbook: bytes) -> list[list[object]]:
    return list(CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python())


def fetch_raw(link: str) -> tuple[int | None, bytes, bool]:
    """A download without a safety net: the announced length, the bytes, and whether the connection ended too early."""
    parts = urlsplit(link)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        length = response.getheader("Content-Length")
        try:
            return (None if length is None else int(length)), response.read(), False
        except http.client.IncompleteRead as cut:
            return (None if length is None else int(length)), cut.partial, True
    finally:
        connection.close()


def test_every_fault_says_what_it_does() -> None:
    assert all(fault.sentence.endswith(".") and len(fault.sentence) > 20 for fault in Fault)
    assert fault_named("captcha") is Fault.CAPTCHA
    with pytest.raises(ValueError, match="has no fault 'capcha'; it has wrong_password, captcha"):
        fault_named("capcha")


# --- the board


def test_a_fault_strikes_its_shop_only_and_as_often_as_asked() -> None:
    board = FaultBoard((FaultRule(shop_id="a", fault=Fault.SLOW, times=2),))
    assert not board.take("b", Fault.SLOW)
    assert [board.take("a", Fault.SLOW) for _ in range(3)] == [True, True, False]
    assert board.rules() == []


def test_faults_named_once_strike_once() -> None:
    board = FaultBoard((FaultRule(shop_id="*", fault=Fault.SERVER_ERROR_ONCE),))
    assert [board.take(shop, Fault.SERVER_ERROR_ONCE) for shop in ("a", "b")] == [True, False]


def test_limits_of_day_and_call_hold() -> None:
    board = FaultBoard((FaultRule(shop_id="a", fault=Fault.SLOW, day=DAY, at="create"),))
    assert not board.take("a", Fault.SLOW, at="create")
    assert not board.take("a", Fault.SLOW, day=DAY, at="list")
    assert not board.take("a", Fault.SLOW, day=DAY + dt.timedelta(days=1), at="create")
    assert board.take("a", Fault.SLOW, day=DAY, at="create")


def test_faults_are_taken_back_by_shop_and_kind() -> None:
    rules = tuple(FaultRule(shop_id=shop, fault=fault) for shop in "ab" for fault in (Fault.SLOW, Fault.SMS))
    board = FaultBoard(rules)
    board.clear("a", Fault.SLOW)
    assert board.rules() == list(rules[1:])
    board.clear("b")
    assert board.rules() == [rules[1]]
    board.clear()
    assert board.rules() == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (FaultRule(shop_id="sandbox-09", fault=Fault.SMS), "no shop 'sandbox-09'; it has sandbox-01"),
        (
            FaultRule(shop_id=SHOP, fault=Fault.SLOW, at="creat"),
            "no call 'creat'; there are ad_effect, create, download, link, list",
        ),
        (FaultRule(shop_id=SHOP, fault=Fault.SLOW, times=0), "times is 0; expected 1 or more"),
    ],
    ids=["unknown-shop", "unknown-call", "no-times"],
)
def test_a_fault_that_could_never_strike_is_refused(rule: FaultRule, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sandbox(SandboxOptions(faults=(rule,)))


# --- sign-in and session


def test_wrong_password_refuses_the_right_one(make_sandbox: MakeSandbox) -> None:
    visitor = Client(make_sandbox(faults=(FaultRule(shop_id=SHOP, fault=Fault.WRONG_PASSWORD, times=1),)))
    assert "error" in visitor.sign_in()
    assert "go_to" in visitor.sign_in()


def test_session_dead_once_needs_a_new_sign_in(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.SESSION_DEAD_ONCE)
    assert "loginFrame" in client.create().body.decode()
    assert "loginFrame" in client.create().body.decode()
    client.sign_in()
    assert client.create().json()["status"] == 0


def test_session_dead_always_outlives_a_new_sign_in(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.SESSION_DEAD_ALWAYS)
    client.sandbox.expire_sessions()
    assert "go_to" in client.sign_in()
    assert "loginFrame" in client.create().body.decode()


# --- any call


@pytest.mark.parametrize("at", ["create", "list", "download"])
def test_server_error_once_at_one_call(client: Client, at: str) -> None:
    client.sandbox.set_fault(SHOP, Fault.SERVER_ERROR_ONCE, at=at)
    link = client.link if at == "download" else None
    calls = {
        "create": client.create,
        "list": lambda: client.ask(client.at("report", LIST_PATH, uuid="u"), headers=PAGE_HEADERS),
        "download": lambda: client.ask(link() if link else ""),
    }
    assert [calls[at]().status for _ in range(2)] == [500, 200]


def test_server_error_always(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.SERVER_ERROR_ALWAYS)
    assert [client.create().status for _ in range(3)] == [500, 500, 500]
    assert client.sandbox.counters().jobs == {}


def test_too_many_requests_says_when_to_come_back(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.TOO_MANY_REQUESTS, times=1)
    answer = client.create()
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert client.create().status == 200


def test_slow_answers_late(make_sandbox: MakeSandbox) -> None:
    client = Client(make_sandbox(slow_seconds=0.1))
    client.sign_in()
    client.sandbox.set_fault(SHOP, Fault.SLOW)
    client.create()
    record = client.sandbox.records(SHOP, host="gateway")[-1]
    assert record.seconds is not None
    assert record.seconds >= 0.1


# --- jobs


def test_create_refused(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.CREATE_REFUSED, times=1)
    assert client.create().json()["status"] != 0
    assert client.create().json()["status"] == 0


def test_create_answer_lost_leaves_the_job(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.CREATE_ANSWER_LOST, times=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.create()
    assert client.sandbox.counters().jobs == {SHOP: {"2026-03-01": 1}}
    assert client.entry("供应链-商品明细_2026-03-01")["status"] == "2"
    assert client.sandbox.records(SHOP, host="gateway")[-1].status == 499


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "silence"])
def test_answers_that_leave_open_whether_an_order_was_taken(make_sandbox: MakeSandbox, kind: str) -> None:
    shop = f"sandbox-{ANSWERS.index(kind) + 1:02d}"
    client = Client(make_sandbox(shops=len(ANSWERS)))
    client.sign_in(shop)
    for fault, jobs in ((Fault.CREATE_IN_DOUBT, 0), (Fault.CREATE_IN_DOUBT_MADE, 1)):
        client.sandbox.set_fault(shop, fault, times=1)
        if kind == "cut":
            with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
                client.create()
        else:
            answer = client.create()
            assert answer.status == (int(kind) if kind.isdigit() else 200)
            assert b"taskName" not in answer.body
        assert client.sandbox.counters().jobs.get(shop, {}).get("2026-03-01", 0) == jobs


def test_how_a_list_may_write_names(client: Client) -> None:
    client.create()
    client.sandbox.set_fault(SHOP, Fault.WRAPPED_NAMES, times=1)
    assert "【供应链-商品明细_2026-03-01】.xlsx" in [entry["reportName"] for entry in client.entries()]
    client.sandbox.set_fault(SHOP, Fault.OTHER_NAMES, times=1)
    assert "供应链商品日报-2026-03-01-汇总-SKU" in [entry["reportName"] for entry in client.entries()]


def test_a_job_that_is_listed_late(make_sandbox: MakeSandbox) -> None:
    client = Client(make_sandbox(listed_late_seconds=3))
    client.sign_in()
    client.sandbox.set_fault(SHOP, Fault.LISTED_LATE, times=1)
    name = client.create().json()["content"]["taskName"]
    # Of that name there is one from two hours ago.
    assert [entry["reportName"] for entry in client.entries()].count(name) == 1
    deadline = time.monotonic() + 120
    while [entry["reportName"] for entry in client.entries()].count(name) == 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_colleague_who_orders_the_same(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.TWIN_JOB, times=1)
    client.create()
    made = [entry["createTime"] for entry in client.entries() if entry["reportName"] == "供应链-商品明细_2026-03-01"]
    assert len(made) == 3
    assert len(set(made[:2])) <= 2


@pytest.mark.parametrize(
    ("fault", "text"),
    [(Fault.EXPORT_TOO_OFTEN, "操作频繁"), (Fault.UNAUTHORISED, "未经京东授权")],
    ids=["too-often", "unauthorised"],
)
def test_601_in_two_texts_and_two_forms(make_sandbox: MakeSandbox, fault: Fault, text: str) -> None:
    sandbox = make_sandbox(shops=2)
    for shop, kind in (("sandbox-01", "application/json"), ("sandbox-02", "text/html")):
        client = Client(sandbox)
        client.sign_in(shop)
        sandbox.set_fault(shop, fault, times=1)
        answer = client.create()
        assert (answer.status, answer.headers.get_content_type()) == (200, kind)
        assert "601" in answer.body.decode()
        assert text in (answer.json()["message"] if kind == "application/json" else answer.body.decode())
    assert sandbox.counters().jobs == {}


def test_no_data_yet(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.NO_DATA_YET, times=1)
    assert client.create().json()["message"] == "所选日期暂无数据"
    assert client.create().json()["status"] == 0


def test_links_that_are_dead_at_first(make_sandbox: MakeSandbox) -> None:
    client = Client(make_sandbox(report_seconds=0, empty_link_seconds=0, link_dead_seconds=5))
    client.sign_in()
    client.sandbox.set_fault(SHOP, Fault.LINK_DEAD_FIRST, times=1)
    first = client.link()
    assert client.ask(first).status == 404
    deadline = time.monotonic() + 120

    def fresh() -> str:
        link = client.entry("供应链-商品明细_2026-03-01")["downloadLink"]
        return urljoin(client.sandbox.origins["report"], link)

    while client.ask(fresh()).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert client.ask(first).status == 404


def test_report_failed_has_neither_of_the_known_states(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.REPORT_FAILED, times=1)
    entry = client.entry(client.create().json()["content"]["taskName"])
    assert (entry["status"], entry["downloadLink"]) == ("3", "")
    assert client.entry(client.create().json()["content"]["taskName"])["status"] == "2"


@pytest.mark.parametrize(
    ("fault", "expected"), [(Fault.REPORT_STUCK, ("1", "")), (Fault.LIST_EMPTY_LINK, ("2", ""))], ids=str
)
def test_jobs_that_never_get_a_link(client: Client, fault: Fault, expected: tuple[str, str]) -> None:
    client.sandbox.set_fault(SHOP, fault, date=DAY)
    entry = client.entry(client.create().json()["content"]["taskName"])
    other_day = client.entry(client.create(create_body(dt.date(2026, 2, 1))).json()["content"]["taskName"])
    assert (entry["status"], entry["downloadLink"]) == expected
    assert other_day["downloadLink"]


def test_a_report_that_is_held_is_there_once_the_fault_is_taken_back(client: Client) -> None:
    before = client.create().json()["content"]["taskName"]
    client.sandbox.set_fault(SHOP, Fault.REPORT_HELD)
    held = client.create(create_body(dt.date(2026, 2, 1))).json()["content"]["taskName"]
    entry = client.entry(held)
    assert (entry["status"], entry["downloadLink"]) == ("1", "")
    assert client.entry(before)["downloadLink"]
    client.sandbox.clear_faults(fault=Fault.REPORT_HELD)
    assert client.entry(held)["downloadLink"]


def test_list_html_is_no_login_page(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.LIST_HTML, times=1)
    answer = client.ask(client.at("report", LIST_PATH, uuid="u"), headers=PAGE_HEADERS)
    assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
    assert client.entries()


def test_foreign_link_host_would_hand_out_the_file(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.FOREIGN_LINK_HOST)
    link = client.link()
    assert link.startswith(client.sandbox.origins["elsewhere"])
    assert client.ask(link).status == 200
    assert [record.host for record in client.sandbox.records(SHOP)][-1] == "elsewhere"


# --- files


def test_html_instead_of_workbook(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.HTML_INSTEAD_OF_WORKBOOK, times=1)
    link = client.link()
    first, second = client.ask(link), client.ask(link)
    assert (first.status, first.body[:9]) == (200, b"<!DOCTYPE")
    assert second.body[:2] == b"PK"
    assert client.sandbox.counters().downloads == {SHOP: 1}


def test_truncated_download_breaks_its_promise(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.TRUNCATED_DOWNLOAD, times=1)
    link = client.link()
    length, body, is_cut = fetch_raw(link)
    assert is_cut
    assert length is not None
    assert len(body) == length // 2
    whole_length, whole, is_cut = fetch_raw(link)
    assert (whole_length, is_cut) == (length, False)
    assert whole.startswith(body)


def test_truncated_without_length_gives_no_sign(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.TRUNCATED_WITHOUT_LENGTH, times=1)
    link = client.link()
    length, body, is_cut = fetch_raw(link)
    assert (length, is_cut) == (None, False)
    whole = fetch_raw(link)[1]
    assert whole.startswith(body)
    assert len(body) == len(whole) // 2
    assert client.sandbox.counters().downloads == {SHOP: 1}


def test_wrong_date_is_the_whole_report_of_the_day_before(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.WRONG_DATE)
    rows = rows_of(client.download())
    assert {row[0] for row in rows[1:]} == {"2026-02-28"}
    assert len(rows) == 21
    assert client.sandbox.truth(SHOP, DAY, Fault.WRONG_DATE) == client.sandbox.truth(SHOP, DAY - dt.timedelta(days=1))


def test_wrong_shop_is_in_the_report_too(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.WRONG_SHOP)
    rows = rows_of(client.download())
    place = rows[0].index("店铺名称")
    assert {row[place] for row in rows[1:]} == {"另一家1号专营店"}


@pytest.mark.parametrize(
    "fault",
    [
        Fault.MISSING_REQUIRED_COLUMN,
        Fault.RENAMED_COLUMN,
        Fault.EXTRA_COLUMN,
        Fault.REORDERED_COLUMNS,
        Fault.EMPTY_REPORT,
    ],
)
def test_what_is_sent_with_a_fault_is_the_truth_with_that_fault(client: Client, fault: str) -> None:
    client.sandbox.set_fault(SHOP, fault)
    truth = client.sandbox.truth(SHOP, DAY, fault_named(fault))
    sent = [[None if cell == "" else cell for cell in row] for row in rows_of(client.download())]
    assert sent == [truth.header, *truth.rows]
    assert truth != client.sandbox.truth(SHOP, DAY)


def test_a_fault_of_the_file_stays_with_its_job(client: Client) -> None:
    client.sandbox.set_fault(SHOP, Fault.EMPTY_REPORT, times=1)
    link = client.link()
    assert [len(rows_of(client.ask(link).body)) for _ in range(2)] == [1, 1]
    assert len(rows_of(client.download())) == 21


# --- by the control host


def test_another_process_sets_and_takes_back_faults(client: Client) -> None:
    body = {"shop": SHOP, "fault": "report_stuck", "times": 3, "date": "2026-03-01", "at": "create"}
    assert client.control("POST", "/faults", body).status == 200
    assert client.sandbox.faults() == [FaultRule(shop_id=SHOP, fault=Fault.REPORT_STUCK, times=3, day=DAY, at="create")]
    listed = client.control("GET", "/faults").json()
    assert listed["set"][0]["day"] == "2026-03-01"
    assert listed["known"]["sms"] == Fault.SMS.sentence
    assert client.control("DELETE", "/faults", shop=SHOP).status == 200
    assert client.sandbox.faults() == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"shop": SHOP, "fault": "nix"}, "no fault 'nix'"),
        ({"shop": "nobody", "fault": "sms"}, "no shop 'nobody'"),
        ({"fault": "sms"}, "shop"),
        ([], "expected a JSON object"),
    ],
    ids=["unknown-fault", "unknown-shop", "no-shop", "a-list"],
)
def test_the_control_host_says_what_is_wrong(visitor: Client, body: object, says: str) -> None:
    answer = visitor.control("POST", "/faults", body)
    assert answer.status == 400
    assert says in answer.json()["error"]


def test_the_other_operations_of_the_control_host(client: Client) -> None:
    client.download()
    truth = client.control("GET", "/truth", shop=SHOP, date="2026-03-01", fault="wrong_date").json()
    assert truth["rows"] == json.loads(json.dumps(client.sandbox.truth(SHOP, DAY, Fault.WRONG_DATE).rows))
    state = client.control("GET", "/state").json()
    assert state["hosts"] == dict(client.sandbox.origins)
    assert [shop["id"] for shop in state["shops"]] == ["sandbox-01", "sandbox-02", "sandbox-03", "pdd-01", "pdd-02"]
    assert "sandbox-password" not in json.dumps(state)
    assert client.control("GET", "/counters").json()["downloads"] == {SHOP: 1}
    assert client.control("POST", "/passwords", {"shop": SHOP, "password": "new"}).status == 200
    assert client.control("GET", "/environment").json()["SANDBOX_01_PASSWORD"] == "new"
    assert client.control("POST", "/sessions/expire", {"shop": SHOP}).json() == {"ended": 1}
    last = client.control("GET", "/records").json()["records"][-1]["number"]
    assert client.control("GET", "/records", after=str(last)).json() == {"records": []}
    assert client.control("DELETE", "/records").status == 200
    assert client.sandbox.records() == []
