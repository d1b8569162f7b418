"""Every fault of Pinduoduo's half of the sandbox, as a client meets it."""

from __future__ import annotations

import datetime as dt
import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import xlrd
from pdd_client import SHOP, PddClient
from sandbox_client import DAY, Answer

from sandbox import Fault, Sandbox
from sandbox.pdd.kpi_contents import COLUMNS
from sandbox.server import PORTALS
from sandbox.world import SHANGHAI

MakeSandbox = Callable[..., Sandbox]

CALLS: dict[str, Callable[[PddClient], Answer]] = {
    "identity": lambda client: client.get("/earth/api/mallInfo/commonMallInfo"),
    "kpi": PddClient.kpi,
    "reviews": PddClient.reviews,
    "quality": PddClient.quality,
    "users": lambda client: client.get("/chats/getMallUsers"),
    "conversations": PddClient.conversations,
    "messages": lambda client: client.messages(1),
    "history": lambda client: client.history("260101-000000000000000"),
}
SPELLED_IN_CAMEL = {"identity", "reviews", "messages"}


def refusal(answer: Answer) -> tuple[bool, int, str]:
    """Success, code and text of an answer, in whichever spelling."""
    body = answer.json()
    code, text = body.get("error_code", body.get("errorCode")), body.get("error_msg", body.get("errorMsg"))
    return body["success"], code, text


# --- which platform has which


def test_every_fault_is_of_some_platform() -> None:
    assert set().union(*(portal.faults for portal in PORTALS)) == set(Fault)


@pytest.mark.parametrize(
    ("shop_id", "fault", "platform"),
    [("sandbox-01", Fault.RISK_CONTROL, "jd"), (SHOP, Fault.REPORT_STUCK, "pdd")],
)
def test_a_fault_of_the_other_platform_is_refused(sandbox: Sandbox, shop_id: str, fault: Fault, platform: str) -> None:
    with pytest.raises(ValueError, match=f"fault {fault} of {shop_id}: it is none of platform {platform}"):
        sandbox.set_fault(shop_id, fault)
    sandbox.set_fault("*", fault)


def test_a_call_of_the_other_platform_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match=r"no call 'create'; there are after_sales_create, .*check, conversations"):
        sandbox.set_fault(SHOP, Fault.SLOW, at="create")
    with pytest.raises(ValueError, match="no call 'create'"):
        sandbox.set_fault("*", Fault.RISK_CONTROL, at="create")


def test_the_control_host_says_whose_a_fault_is(sandbox: Sandbox) -> None:
    platforms = PddClient(sandbox).control("GET", "/faults").json()["platforms"]
    assert (platforms["sms"], platforms["list_html"]) == (["jd", "pdd"], ["jd"])
    assert platforms["kicked"] == ["jd", "pdd"]
    assert platforms["risk_control"] == ["pdd"]


# --- session


@pytest.mark.parametrize("call", CALLS)
def test_an_expired_session_is_43001_in_the_spelling_of_the_call(pdd_client: PddClient, call: str) -> None:
    assert CALLS[call](pdd_client).json()["success"] is True
    pdd_client.sandbox.expire_sessions(SHOP)
    answer = CALLS[call](pdd_client)
    names = ("errorCode", "errorMsg") if call in SPELLED_IN_CAMEL else ("error_code", "error_msg")
    assert (answer.status, answer.json()) == (200, {"success": False, names[0]: 43001, names[1]: "会话已过期"})


@pytest.mark.parametrize("call", CALLS)
def test_double_spelling_is_the_other_one(pdd_client: PddClient, call: str) -> None:
    CALLS[call](pdd_client)
    pdd_client.sandbox.expire_sessions(SHOP)
    pdd_client.sandbox.set_fault(SHOP, Fault.DOUBLE_SPELLING, times=1)
    assert ("errorCode" in CALLS[call](pdd_client).json()) == (call not in SPELLED_IN_CAMEL)
    assert ("errorCode" in CALLS[call](pdd_client).json()) == (call in SPELLED_IN_CAMEL)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("redirect", (200, "text/html", "/login/")), ("html", (200, "text/html", "/saturn/reviews/list"))],
)
def test_a_dead_session_may_be_answered_with_a_page(
    make_sandbox: MakeSandbox, answer: str, expected: tuple[int, str, str]
) -> None:
    got = PddClient(make_sandbox(dead_session_answer=answer)).reviews()
    assert (got.status, got.headers.get_content_type(), urlsplit(got.url).path) == expected


def test_session_dead_once_strikes_in_mid_run(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.SESSION_DEAD_ONCE, at="messages")
    assert refusal(pdd_client.conversations())[0]
    assert refusal(pdd_client.messages(1))[1] == 43001
    assert refusal(pdd_client.conversations())[1] == 43001
    pdd_client.use_session()
    assert refusal(pdd_client.messages(1))[0]


def test_session_dead_always_outlives_a_new_sign_in(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.SESSION_DEAD_ALWAYS)
    pdd_client.use_session()
    assert refusal(pdd_client.quality())[1] == 43001
    assert pdd_client.check()["result"] == {"login": False}


def test_kicked_after_so_many_calls_of_each_session(make_sandbox: MakeSandbox) -> None:
    client = PddClient(make_sandbox(kicked_after=3)).use_session()
    client.sandbox.set_fault(SHOP, Fault.KICKED, times=2)
    for _ in range(2):
        assert [refusal(client.quality())[1] for _ in range(5)] == [0, 0, 0, 43001, 43001]
        client.use_session()
    assert [refusal(client.quality())[1] for _ in range(5)] == [0] * 5


def test_login_false_though_data_still_comes(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.LOGIN_FALSE, times=1)
    assert pdd_client.check()["result"] == {"login": False}
    assert refusal(pdd_client.quality())[0]
    assert pdd_client.check()["result"] == {"login": True}


# --- any call


@pytest.mark.parametrize("call", CALLS)
def test_risk_control_comes_with_a_token(pdd_client: PddClient, call: str) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.RISK_CONTROL, times=2, at=call)
    for _ in range(2):
        answer = CALLS[call](pdd_client)
        assert answer.status == 200
        assert refusal(answer) == (False, 54001, "操作太过频繁，请稍后再试")
        assert len(answer.json()["result"]["verifyAuthToken"]) == 32
    assert refusal(CALLS[call](pdd_client))[0]


def test_risk_text_has_changing_words(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.RISK_TEXT)
    texts = [refusal(pdd_client.reviews())[2] for _ in range(3)]
    assert [word in text for word, text in zip(("验证码", "风控", "限制"), texts, strict=True)] == [True] * 3


def test_refused_speaks_of_neither_session_nor_risk(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.REFUSED, date=DAY, at="kpi")
    assert refusal(pdd_client.kpi()) == (False, 3000001, "系统异常，数据查询失败")
    assert refusal(pdd_client.kpi(DAY + dt.timedelta(days=1)))[0]
    assert refusal(pdd_client.reviews())[0]


def test_signature_refused_uses_up_no_token_but_403(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.SIGNATURE_REFUSED, times=1)
    assert pdd_client.reviews().status == 200
    assert [pdd_client.conversations().status for _ in range(2)] == [403, 200]


@pytest.mark.parametrize("call", CALLS)
def test_html_instead_of_json(pdd_client: PddClient, call: str) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.HTML_INSTEAD_OF_JSON, times=1)
    answer = CALLS[call](pdd_client)
    assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
    assert refusal(CALLS[call](pdd_client))[0]


@pytest.mark.parametrize("call", ["check", "download", *CALLS])
def test_server_errors_and_too_many_requests_at_each_call(pdd_client: PddClient, call: str) -> None:
    sandbox = pdd_client.sandbox
    link = pdd_client.kpi().json()["result"]
    others = {
        "check": lambda client: client.get("/janus/api/checkLogin"),
        "download": lambda client: client.ask(link),
    }
    ask = (CALLS | others)[call]
    sandbox.set_fault(SHOP, Fault.SERVER_ERROR_ONCE, at=call)
    assert [ask(pdd_client).status for _ in range(2)] == [500, 200]
    sandbox.set_fault(SHOP, Fault.TOO_MANY_REQUESTS, at=call, times=1)
    answer = ask(pdd_client)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert ask(pdd_client).status == 200


def test_slow_answers_late_and_calls_are_counted(make_sandbox: MakeSandbox) -> None:
    client = PddClient(make_sandbox(slow_seconds=0.1)).use_session()
    client.sandbox.set_fault(SHOP, Fault.SLOW, at="quality")
    client.check()
    client.kpi()
    client.quality()
    client.quality()
    records = client.sandbox.records(SHOP)
    assert [record.call for record in records] == ["check", "kpi", "quality", "quality"]
    assert [record.is_paced for record in records] == [False, True, True, True]
    assert records[-1].seconds is not None
    assert records[-1].seconds >= 0.1
    counters = client.sandbox.counters()
    assert counters.requests == {SHOP: 3}
    assert counters.calls == {SHOP: {"check": 1, "kpi": 1, "quality": 2}}
    assert counters.peak_by_shop == {SHOP: 1}
    assert 0 < counters.min_gap_seconds[SHOP] < 5


# --- the KPI file


def rows_of(workbook: bytes) -> list[list[Any]]:
    sheet = xlrd.open_workbook(file_contents=workbook).sheet_by_index(0)
    return [sheet.row_values(number) for number in range(sheet.nrows)]


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        (Fault.MISSING_REQUIRED_COLUMN, list(COLUMNS[1:])),
        (
            Fault.RENAMED_COLUMN,
            [name.replace("咨询人数", "咨询总人数") if name == "咨询人数" else name for name in COLUMNS],
        ),
        (Fault.EXTRA_COLUMN, [*COLUMNS[:7], "机器人接待人数", *COLUMNS[7:]]),
        (Fault.REORDERED_COLUMNS, list(COLUMNS[::-1])),
        (Fault.KPI_NOT_READY, list(COLUMNS)),
    ],
    ids=["missing", "renamed", "extra", "reordered", "not-ready"],
)
def test_a_fault_of_the_file_stays_with_its_link(pdd_client: PddClient, fault: Fault, header: list[str]) -> None:
    pdd_client.sandbox.set_fault(SHOP, fault, times=1)
    truth = pdd_client.sandbox.truth(SHOP, DAY, fault)
    link = pdd_client.kpi().json()["result"]
    for _ in range(2):
        assert rows_of(pdd_client.ask(link).body) == [truth.header, *truth.rows]
    assert truth.header == header
    assert len(rows_of(pdd_client.workbook())) > 3


def test_the_faults_of_the_file_change_no_other_values(pdd_client: PddClient) -> None:
    usual = pdd_client.sandbox.truth(SHOP, DAY)
    changed = pdd_client.sandbox.truth(SHOP, DAY, Fault.REORDERED_COLUMNS, Fault.EXTRA_COLUMN)
    places = [changed.header.index(name) for name in usual.header]
    assert [[row[place] for place in places] for row in changed.rows] == usual.rows


def test_a_corrupt_workbook_has_its_length_but_opens_nowhere(pdd_client: PddClient) -> None:
    good = pdd_client.workbook()
    pdd_client.sandbox.set_fault(SHOP, Fault.CORRUPT_WORKBOOK, times=1)
    bad = pdd_client.workbook()
    assert (len(bad), bad[:8]) == (len(good), good[:8])
    with pytest.raises(xlrd.XLRDError):
        rows_of(bad)


def test_html_instead_of_workbook(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.HTML_INSTEAD_OF_WORKBOOK, times=1)
    link = pdd_client.kpi().json()["result"]
    assert [pdd_client.ask(link).body[:4] for _ in range(2)] == [b"<!DO", bytes.fromhex("D0CF11E0")]


def test_foreign_link_host_would_hand_out_the_file(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.FOREIGN_LINK_HOST, times=1)
    link = pdd_client.kpi().json()["result"]
    assert link.startswith(pdd_client.sandbox.origins["mms_elsewhere"])
    assert rows_of(pdd_client.ask(link).body)
    assert pdd_client.kpi().json()["result"].startswith(pdd_client.sandbox.origins["mms_storage"])


def test_truncated_downloads(pdd_client: PddClient) -> None:
    whole = pdd_client.workbook()
    link = pdd_client.kpi().json()["result"]
    pdd_client.sandbox.set_fault(SHOP, Fault.TRUNCATED_DOWNLOAD, times=1)
    with pytest.raises(http.client.IncompleteRead) as cut:
        pdd_client.ask(link)
    assert cut.value.partial == whole[: len(whole) // 2]
    pdd_client.sandbox.set_fault(SHOP, Fault.TRUNCATED_WITHOUT_LENGTH, times=1)
    answer = pdd_client.ask(link)
    assert (answer.headers["Content-Length"], answer.body) == (None, whole[: len(whole) // 2])
    assert pdd_client.ask(link).body == whole


# --- pages


def ids_of_all_pages(client: PddClient) -> tuple[list[str], list[int]]:
    """The ids of all reviews as they come, and each page's total."""
    ids: list[str] = []
    totals: list[int] = []
    while True:
        result = client.reviews(len(totals) + 1).json()["result"]
        ids += [row["reviewId"] for row in result["data"]]
        totals.append(result["totalRows"])
        if not result["data"]:
            return ids, totals


@pytest.mark.parametrize("count", [80, 90])
def test_pages_shift_brings_a_row_twice_and_loses_none(make_sandbox: MakeSandbox, count: int) -> None:
    client = PddClient(make_sandbox(reviews=count)).use_session()
    expected = [row["reviewId"] for row in client.sandbox.truth(SHOP, DAY, dataset="pdd_badscore").records]
    client.sandbox.set_fault(SHOP, Fault.PAGES_SHIFT, times=1)
    ids, totals = ids_of_all_pages(client)
    assert ids == [*expected[:40], expected[39], *expected[40:]]
    assert set(totals) == {count}
    assert ids_of_all_pages(client)[0] == expected


def test_total_unreachable_lasts_for_one_reading(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.TOTAL_UNREACHABLE, times=1)
    assert ids_of_all_pages(pdd_client)[1] == [93, 93, 93, 93]
    assert ids_of_all_pages(pdd_client)[1] == [90, 90, 90, 90]


@pytest.mark.parametrize(
    ("call", "keys"),
    [
        ("reviews", {"totalRows", "totalNum"}),
        ("quality", {"total"}),
        ("conversations", {"total"}),
        ("history", {"userInfo", "mallInfo", "total"}),
    ],
)
def test_missing_list_key_is_a_success_without_the_list(pdd_client: PddClient, call: str, keys: set[str]) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.MISSING_LIST_KEY, times=1)
    answer = CALLS[call](pdd_client)
    assert refusal(answer)[:2] in ((True, 1000000), (True, 0))
    assert set(answer.json()["result"]) == keys
    assert len(CALLS[call](pdd_client).json()["result"]) == len(keys) + 1


def test_pages_of_each_conversation_are_read_apart(pdd_client: PddClient) -> None:
    records = pdd_client.sandbox.truth(SHOP, DAY, dataset="pdd_chat").records
    uid = max((record["uid"] for record in records), key=[record["uid"] for record in records].count)
    messages = [record["message"] for record in records if record["uid"] == uid]
    pdd_client.sandbox.set_fault(SHOP, Fault.PAGES_SHIFT, at="messages", times=1)
    first = pdd_client.messages(uid).json()["result"]["contentList"]
    other = next(record["uid"] for record in records if record["uid"] != uid)
    pdd_client.messages(other)
    second = pdd_client.messages(uid, 2).json()["result"]["contentList"]
    assert len(messages) > 21
    assert [*first, *second] == [*messages[:20], messages[19], *messages[20:39]]


def test_quality_empty_is_a_valid_answer(pdd_client: PddClient) -> None:
    pdd_client.sandbox.set_fault(SHOP, Fault.QUALITY_EMPTY, times=1)
    assert pdd_client.quality().json()["result"] == {"total": 0, "goods_list": []}
    today = dt.datetime.now(SHANGHAI).date()
    assert pdd_client.sandbox.truth(SHOP, today, Fault.QUALITY_EMPTY, dataset="pdd_quality").records == []
    assert pdd_client.quality().json()["result"]["total"] == 97
