"""Pinduoduo's chats: conversations and messages against the truth, signatures, and thousands of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pdd_client import OTHER_SHOP, SHOP, Page, PddClient, midnight, window
from sandbox_client import DAY

from sandbox import Sandbox
from sandbox.pdd.chat import PddConversations, PddHistory, PddMessages

MakeSandbox = Callable[..., Sandbox]


def pages(ask: Callable[[int], Any], key: str, *, first: int = 1) -> Iterator[list[Any]]:
    """The lists of all pages, until one is not full."""
    number = first
    while True:
        rows = ask(number).json()["result"][key]
        yield rows
        if len(rows) < 20:
            return
        number += 1


def everything(client: PddClient) -> list[dict[str, Any]]:
    """All messages of the day, in the form of the truth's records."""
    records = []
    for buyer in (buyer for page in pages(client.conversations, "convUsers") for buyer in page):
        uid = buyer["uid"]
        for page in pages(lambda number, uid=uid: client.messages(uid, number), "contentList"):
            for item in page:
                message = json.loads(item) if isinstance(item, str) else item
                records.append({"uid": uid, "nickname": buyer["nickname"], "message": message})
    return records


@pytest.mark.parametrize("shop_id", [SHOP, OTHER_SHOP])
def test_all_messages_of_a_day_are_the_truth_in_order(make_sandbox: MakeSandbox, shop_id: str) -> None:
    client = PddClient(make_sandbox(conversations=45), shop_id).use_session()
    truth = client.sandbox.truth(shop_id, DAY, dataset="pdd_chat")
    assert everything(client) == truth.records
    assert len({record["uid"] for record in truth.records}) == 45
    assert 45 * 10 < len(truth.records) < 45 * 20
    assert len(truth.rows) == len(truth.records)
    for row, record in zip(truth.rows, truth.records, strict=True):
        named = dict(zip(truth.header, row, strict=True))
        message = record["message"]
        assert (named["uid"], named["nickname"]) == (record["uid"], record["nickname"])
        assert named["time"] == int(message.get("ts", message.get("time")))
        assert (named["content"], named["msg_id"]) == (message["content"], message.get("msg_id"))
        assert (named["role"] == "mall_cs") == bool(message["direction"])


def test_shops_write_messages_in_different_ways(sandbox: Sandbox) -> None:
    sent = {}
    for shop_id in (SHOP, OTHER_SHOP):
        client = PddClient(sandbox, shop_id).use_session()
        uid = client.conversations().json()["result"]["convUsers"][0]["uid"]
        sent[type(uid)] = client.messages(uid).json()["result"]["contentList"][0]
    assert set(sent[int]) == {"msg_id", "direction", "csname", "content", "type", "time"}
    assert set(json.loads(sent[str])) == {"direction", "csname", "content", "type", "ts"}


def test_a_total_may_be_missing(sandbox: Sandbox) -> None:
    first, second = (PddClient(sandbox, shop_id).use_session() for shop_id in (SHOP, OTHER_SHOP))
    result = first.conversations().json()["result"]
    assert result["total"] == len(result["convUsers"]) == 12
    assert set(second.conversations().json()["result"]) == {"convUsers"}
    has_total = ["total" in first.messages(buyer["uid"]).json()["result"] for buyer in result["convUsers"]]
    assert set(has_total) == {True, False}


def test_the_messages_hold_what_makes_chats_hard(make_sandbox: MakeSandbox) -> None:
    truth = make_sandbox(conversations=100).truth(SHOP, DAY, dataset="pdd_chat")
    messages = [record["message"] for record in truth.records]
    texts = [message["content"] for message in messages if message["type"] == 0]
    assert {message["type"] for message in messages} == {0, 1, 31, 56}
    assert all(message["direction"] == 0 for message in messages if message["type"] in (31, 56))
    assert {type(message["content"]) for message in messages} == {str, dict}
    for piece in ("138000", "杭州市余杭区", "😊", "\n", "=1+1", "-1"):
        assert any(piece in text for text in texts), piece
    assert "" in texts
    assert len({record["nickname"] for record in truth.records}) < len({record["uid"] for record in truth.records})
    assert any(record["nickname"].startswith("=") for record in truth.records)
    # No two messages of a buyer are alike, so that dropping what comes twice loses nothing.
    keys = [(record["uid"], record["message"]["time"]) for record in truth.records]
    assert len(set(keys)) == len(keys)


def test_history_is_counted_from_zero_and_newest_first(pdd_client: PddClient) -> None:
    talk = next(
        record
        for record in pdd_client.sandbox.truth(SHOP, DAY, dataset="pdd_chat").records
        if isinstance(record["message"]["content"], dict) and record["message"]["content"].get("data")
        if record["message"]["content"]["data"]["orderSequenceNo"]
    )
    order = talk["message"]["content"]["data"]["orderSequenceNo"]
    found = [
        json.loads(item)
        for page in pages(lambda n: pdd_client.history(order, n), "messageList", first=0)
        for item in page
    ]
    searched = [item for page in pages(lambda n: pdd_client.messages(talk["uid"], n), "contentList") for item in page]
    assert [message["msg_id"] for message in found[::-1]] == [message["msg_id"] for message in searched]
    assert [message["from"]["role"] == "mall_cs" for message in found[::-1]] == [bool(m["direction"]) for m in searched]
    assert all(isinstance(message["ts"], str) for message in found)
    result = pdd_client.history(order).json()["result"]
    assert (result["total"], result["userInfo"]["uid"]) == (len(found), talk["uid"])
    assert pdd_client.history("260101-000000000000000").json()["result"]["messageList"] == []


def test_conversations_are_filtered_by_agent_time_and_keyword(pdd_client: PddClient) -> None:
    def uids(**changes: Any) -> set[int]:
        return {buyer["uid"] for buyer in pdd_client.conversations(**changes).json()["result"]["convUsers"]}

    staff = pdd_client.get("/chats/getMallUsers").json()["result"]["userList"]
    by_agent = [uids(mmsId=agent["mmsId"]) for agent in staff]
    assert set().union(*by_agent) == uids()
    assert sum(map(len, by_agent)) == 12
    records = pdd_client.sandbox.truth(SHOP, DAY, dataset="pdd_chat").records
    noon = midnight(DAY) + 12 * 3600
    assert uids(endTime=noon) == {record["uid"] for record in records if record["message"]["time"] <= noon}
    assert uids(keywords="在吗") == {record["uid"] for record in records if "在吗" in str(record["message"]["content"])}


def test_buyers_come_back_on_other_days(pdd_client: PddClient) -> None:
    yesterday = DAY - dt.timedelta(days=1)
    both = window(yesterday, DAY)
    buyers = [buyer["uid"] for buyer in pdd_client.conversations(**both).json()["result"]["convUsers"]]
    assert len(buyers) == len(set(buyers)) == 12
    days = [pdd_client.sandbox.truth(SHOP, day, dataset="pdd_chat").records for day in (yesterday, DAY)]
    expected = [record["message"] for day in days for record in day if record["uid"] == buyers[0]]
    got = [item for page in pages(lambda n: pdd_client.messages(buyers[0], n, **both), "contentList") for item in page]
    assert got == expected


@pytest.mark.parametrize(
    ("path", "extra"),
    [
        (PddConversations.path, {}),
        (PddMessages.path, {"uid": 1}),
        (PddHistory.path, {"orderSn": "260101-000000000000000"}),
    ],
    ids=["conversations", "messages", "history"],
)
def test_a_span_of_more_than_31_days_and_malformed_bodies_are_refused(
    pdd_client: PddClient, path: str, extra: dict[str, Any]
) -> None:
    def text(**changes: Any) -> str:
        answer = pdd_client.signed(path, window(DAY) | {"pageNum": 1, "pageSize": 20} | extra | changes).json()
        return str(answer.get("error_msg") or answer.get("errorMsg"))

    assert text(**window(DAY - dt.timedelta(days=31), DAY)) == "查询时间跨度超出限制"
    assert text(**window(DAY - dt.timedelta(days=30), DAY)) == "None"
    assert text(pageNum=-1) == text(pageSize=41) == text(startTime="x") == "参数错误"


# --- signatures


@pytest.mark.parametrize("path", [PddConversations.path, PddMessages.path, PddHistory.path])
def test_without_a_signature_the_answer_is_403(pdd_client: PddClient, path: str) -> None:
    answer = pdd_client.post(path, window())
    code = answer.json()
    assert answer.status == 403
    assert 40002 in (code.get("error_code"), code.get("errorCode"))


def test_a_token_is_good_for_one_request_of_one_shop(pdd_client: PddClient) -> None:
    body = json.dumps(window() | {"pageNum": 1, "pageSize": 20})
    page, visitor = pdd_client.page(), PddClient(pdd_client.sandbox)
    other = PddClient(pdd_client.sandbox, OTHER_SHOP).use_session().page()
    token = page.sign("POST", PddConversations.path, body)
    tokens = {
        "first": token,
        "again": token,
        "other body": page.sign("POST", PddConversations.path, body + " "),
        "other path": page.sign("POST", PddMessages.path, body),
        "other method": page.sign("GET", PddConversations.path, body),
        "other shop": other.sign("POST", PddConversations.path, body),
        "login page": Page(visitor.boot_of(visitor.at("mms", "/login/"))).sign("POST", PddConversations.path, body),
        "old": page.sign("POST", PddConversations.path, body, ago_seconds=400),
        "no time": token[:18] + "x" * 12 + token[30:],
        "next": page.sign("POST", PddConversations.path, body),
    }
    status = {
        name: pdd_client.post(PddConversations.path, body, **{"anti-content": value}).status
        for name, value in tokens.items()
    }
    assert [name for name, code in status.items() if code == 200] == ["first", "next"]
    assert set(status.values()) == {200, 403}


# --- size


def test_thousands_of_conversations(make_sandbox: MakeSandbox) -> None:
    client = PddClient(make_sandbox(conversations=5000)).use_session()
    truth = client.sandbox.truth(SHOP, DAY, dataset="pdd_chat")
    first = client.conversations(250).json()["result"]
    for buyer in first["convUsers"]:
        client.messages(buyer["uid"])
    assert len(truth.records) > 50_000
    assert (first["total"], len(first["convUsers"])) == (5000, 20)


def test_one_conversation_may_be_very_long(make_sandbox: MakeSandbox) -> None:
    client = PddClient(make_sandbox(conversations=1, messages_per_conversation=20_000)).use_session()
    uid = client.conversations().json()["result"]["convUsers"][0]["uid"]
    last = client.messages(uid, 1000, pageSize=40).json()["result"]["contentList"]
    assert len(last) == 40
    assert midnight(DAY) <= last[-1]["time"] < midnight(DAY) + 86400
    assert client.messages(uid, 1001, pageSize=40).json()["result"]["contentList"] == []
