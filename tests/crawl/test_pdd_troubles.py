"""What Pinduoduo does to a shop costs, at most, that shop; sessions are renewed once, and nobody hammers."""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.parquet
import pytest
from workplace import Run, Workplace

from sandbox import Counters, Fault, Record

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
COOLDOWN_SECONDS, COOLDOWN_TRIES = 0.4, 2
REVIEWS, CONVERSATIONS = 50, 21
A_WRONG_ONE = "not-the-right-pass-word"

Trouble = tuple[Fault, dict[str, Any]]
#: What befalls a shop, what becomes of its cell, words that its reason must have, and how often the list is asked.
Case = tuple[list[Trouble], str, str, int]


def once(fault: Fault) -> Trouble:
    return fault, {"times": 1}


def always(fault: Fault) -> Trouble:
    return fault, {}


#: Two pages of reviews.
BADSCORE: dict[str, Case] = {
    "nothing": ([], "published", "", 2),
    "session expired": ([once(Fault.SESSION_DEAD_ONCE)], "published", "", 3),
    "session expired, other spelling": (
        [once(Fault.SESSION_DEAD_ONCE), once(Fault.DOUBLE_SPELLING)],
        "published",
        "",
        3,
    ),
    "a page instead of data": ([once(Fault.HTML_INSTEAD_OF_JSON)], "published", "", 3),
    "kicked between two pages": ([once(Fault.KICKED)], "published", "", 3),
    "a wrong password": ([once(Fault.SESSION_DEAD_ONCE)], "needs_login", "credentials refused", 1),
    "pages shift": ([always(Fault.PAGES_SHIFT)], "published", "", 2),
    "total out of reach": (
        [always(Fault.TOTAL_UNREACHABLE)],
        "failed",
        r"do not add up.*asked a second time.*50 different rows on 2 pages.*expected 53",
        4,
    ),
    "the list is missing": ([always(Fault.MISSING_LIST_KEY)], "failed", "the answer has no list 'data'", 1),
    "too often, once": ([once(Fault.RISK_CONTROL)], "published", "", 3),
    "too often": (
        [always(Fault.RISK_CONTROL)],
        "needs_login",
        "did not let go after 2 cool-downs.*54001.*scrapy login SHOP --headed",
        1 + COOLDOWN_TRIES,
    ),
    "HTTP 429": ([always(Fault.TOO_MANY_REQUESTS)], "failed", "says too often.*HTTP 429", 1 + COOLDOWN_TRIES),
    "a captcha in the middle": ([always(Fault.RISK_TEXT)], "needs_login", "wants a person.*scrapy login SHOP", 1),
    "a plain no": ([always(Fault.REFUSED)], "failed", "the portal said no.*3000001.*系统异常", 1),
    "HTTP 500, once": ([once(Fault.SERVER_ERROR_ONCE)], "published", "", 3),
    "gigabytes in some megabytes": (
        [always(Fault.ANSWER_BOMB)],
        "failed",
        r"larger than is allowed.*max_answer_bytes.*kept in .* rejected/pdd_badscore/2026-03-01/SHOP\.",
        1,
    ),
    "millions of values": (
        [always(Fault.ANSWER_OF_VALUES)],
        "failed",
        r"something else than data.*values.*rejected/pdd_badscore/2026-03-01/SHOP\.json",
        1,
    ),
    "packed in another way": ([always(Fault.GARBLED)], "failed", r"can't be unpacked.*gzip.*rejected/.*SHOP\.json", 1),
    "pages without an end": (
        [always(Fault.ENDLESS_PAGES)],
        "failed",
        r"hold more than is allowed.*21 pages.*at most 20 more \(`max_pages`.*rejected/.*SHOP\.json",
        21,
    ),
    "texts cut in a sign": ([always(Fault.HALF_SIGN)], "published", "", 2),
}
#: Two pages of conversations, at least one of messages for each.
CHAT: dict[str, Case] = {
    "nothing": ([], "published", "", 2),
    "session expired at the first call": ([once(Fault.SESSION_DEAD_ONCE)], "published", "", 3),
    "session expired, other spelling": (
        [once(Fault.SESSION_DEAD_ONCE), once(Fault.DOUBLE_SPELLING)],
        "published",
        "",
        3,
    ),
    "a page instead of data": (
        [(Fault.HTML_INSTEAD_OF_JSON, {"at": "conversations", "times": 1})],
        "published",
        "",
        3,
    ),
    "a page instead of messages": ([(Fault.HTML_INSTEAD_OF_JSON, {"at": "messages", "times": 1})], "published", "", 2),
    "kicked in the middle of the messages": ([(Fault.KICKED, {"at": "messages", "times": 1})], "published", "", 2),
    "kicked again and again": (
        [(Fault.KICKED, {"at": "messages"})],
        "failed",
        "sessions do not last.*the password sent 2 times since this run began",
        2,
    ),
    "never alive": (
        [(Fault.SESSION_DEAD_ALWAYS, {"at": "conversations"})],
        "failed",
        "although the shop has just signed in",
        2,
    ),
    "the list of messages is missing": (
        [(Fault.MISSING_LIST_KEY, {"at": "messages", "times": 1})],
        "failed",
        "the answer has no list 'contentList'",
        2,
    ),
    "the list of conversations is missing": (
        [(Fault.MISSING_LIST_KEY, {"at": "conversations", "times": 1})],
        "failed",
        "the answer has no list 'convUsers'",
        1,
    ),
    "pages shift": ([always(Fault.PAGES_SHIFT)], "published", "", 2),
    "total of conversations out of reach": (
        [(Fault.TOTAL_UNREACHABLE, {"at": "conversations"})],
        "failed",
        r"do not add up.*asked a second time.*21 different rows on 2 pages.*expected 24",
        4,
    ),
    "total of messages out of reach": (
        [(Fault.TOTAL_UNREACHABLE, {"at": "messages"})],
        "failed",
        r"do not add up.*asked a second time.*different rows on 1 pages",
        2,
    ),
    "too often": (
        [(Fault.RISK_CONTROL, {"at": "conversations"})],
        "needs_login",
        "did not let go after 2 cool-downs",
        1 + COOLDOWN_TRIES,
    ),
    "HTTP 429, once": ([(Fault.TOO_MANY_REQUESTS, {"at": "messages", "times": 1})], "published", "", 2),
    "HTTP 429": (
        [(Fault.TOO_MANY_REQUESTS, {"at": "conversations"})],
        "failed",
        "says too often.*HTTP 429",
        1 + COOLDOWN_TRIES,
    ),
    "HTTP 500, once": ([(Fault.SERVER_ERROR_ONCE, {"at": "messages"})], "published", "", 2),
    "HTTP 500": ([(Fault.SERVER_ERROR_ALWAYS, {"at": "conversations"})], "failed", "Found HTTP 500", 3),
    "gigabytes in some megabytes": (
        [(Fault.ANSWER_BOMB, {"at": "conversations"})],
        "failed",
        "larger than is allowed.*max_answer_bytes",
        1,
    ),
    "gigabytes where one signs in": (
        [once(Fault.SESSION_DEAD_ONCE), (Fault.ANSWER_BOMB, {"at": "sign_in"})],
        "failed",
        "its login page: the portal's answer is larger than is allowed.*max_answer_bytes",
        1,
    ),
    "not signed": ([(Fault.SIGNATURE_REFUSED, {"at": "conversations"})], "failed", "the portal said no.*40002", 1),
}
#: One call for a link.
KPI: dict[str, Case] = {
    "nothing": ([], "published", "", 1),
    "session expired": ([once(Fault.SESSION_DEAD_ONCE)], "published", "", 2),
    "session expired, other spelling": (
        [once(Fault.SESSION_DEAD_ONCE), once(Fault.DOUBLE_SPELLING)],
        "published",
        "",
        2,
    ),
    "a page instead of data": ([once(Fault.HTML_INSTEAD_OF_JSON)], "published", "", 2),
    "HTTP 429, once": ([once(Fault.TOO_MANY_REQUESTS)], "published", "", 2),
    "too fresh": ([(Fault.KPI_NOT_READY, {})], "not_ready", "has not published this period yet", 1),
    "a file without an end": (
        [(Fault.HUGE_DOWNLOAD, {"at": "download"})],
        "failed",
        r"larger than is allowed.*more than 1,048,576 bytes.*max_file_bytes.*rejected/pdd_kpi_days/2026-03-01/SHOP\.",
        1,
    ),
    "a link elsewhere": ([always(Fault.FOREIGN_LINK_HOST)], "failed", "host that is not allowed.*download_hosts", 1),
    "HTTP 500, once": ([once(Fault.SERVER_ERROR_ONCE)], "published", "", 2),
}
#: The total of conversations may be missing, and is for every third shop: not where it matters.
CHAT_NUMBERS = [number for number in range(1, 3 * len(CHAT)) if number % 3 != 2][: len(CHAT)]
IN_BADSCORE = {name: f"pdd-{number:02d}" for number, name in enumerate(BADSCORE, 1)}
IN_CHAT = {name: f"pdd-{number:02d}" for number, name in zip(CHAT_NUMBERS, CHAT, strict=True)}
IN_KPI = {name: f"pdd-{number:02d}" for number, name in enumerate(KPI, 1)}
WRONG = IN_BADSCORE["a wrong password"]
#: Sign-ins that one trouble costs.
RENEWED = {"session expired", "session expired, other spelling", "a page instead of data", "kicked between two pages"}
RENEWED_IN_CHAT = {
    "session expired at the first call": 1,
    "session expired, other spelling": 1,
    "a page instead of data": 1,
    "a page instead of messages": 1,
    "kicked in the middle of the messages": 1,
    "kicked again and again": 2,
    "never alive": 1,
}
RENEWED_IN_KPI = {"session expired", "session expired, other spelling", "a page instead of data"}
WAITING = {"a wrong password", "too often", "a captcha in the middle"}


@dataclass
class Crawl:
    """One run of one dataset, and what the portal and the bucket said after it."""

    dataset: str
    run: Run
    counters: Counters
    records: list[Record]
    receipt: dict[str, Any]
    table: pyarrow.Table

    def reason(self, shop: str) -> str:
        return next(entry["reason"] for entry in self.receipt["missing"] if entry["id"] == shop)

    def state(self, shop: str) -> str:
        if shop in [entry["id"] for entry in self.receipt["shops"]]:
            return "published"
        return next(entry["state"] for entry in self.receipt["missing"] if entry["id"] == shop)

    def column(self, place: Workplace, shop: str, name: str) -> list[str]:
        display = next(known.name for known in place.sandbox.shops if known.id == shop)
        rows = self.table.select(["shop", name]).to_pylist()
        return [row[name] for row in rows if row["shop"] == display]


def crawl(place: Workplace, dataset: str, shops: Iterable[str], spider: str = "") -> Crawl:
    place.sandbox.clear_records()
    chosen = f"shops={','.join(shops)}"
    run = place.scrapy(
        "crawl",
        spider or dataset,
        "-a",
        f"date={DAY}",
        "-a",
        chosen,
        "--set=SHOPDATA_SHOPS_AT_ONCE=30",
        "--set=LOG_LEVEL=DEBUG",
    )
    with place.objects() as store:
        receipt = json.loads(store.get_bytes(f"receipts/pdd/{dataset}/dt={DAY}.json"))
        content = store.get_bytes(f"ods/pdd/{dataset}/dt={DAY}/{dataset}.parquet")
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    return Crawl(dataset, run, place.sandbox.counters(), place.sandbox.records(), receipt, table)


@dataclass
class Story:
    place: Workplace
    badscore: Crawl
    #: The same for the shops that wait for a person, with nothing changed.
    stubborn: Crawl
    chat: Crawl
    kpi: Crawl


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(
        shops=0,
        pdd_shops=max(len(BADSCORE), *CHAT_NUMBERS),
        reviews=REVIEWS,
        conversations=CONVERSATIONS,
        messages_per_conversation=3,
        requests_per_second=50.0,
        kicked_after=1,
        retry_after_seconds=0,
    )
    patience = {
        "max_pages": 20,
        "max_file_bytes": 1 << 20,
        "retry_after_seconds": 0.1,
        "cooldown_tries": COOLDOWN_TRIES,
        "cooldown_seconds": COOLDOWN_SECONDS,
    }
    place.edit("portals.yaml", lambda portals: portals["pdd"].update(patience))
    place.sign_in(*(shop.id for shop in place.sandbox.shops))
    place.variables[f"{WRONG.upper().replace('-', '_')}_PASSWORD"] = A_WRONG_ONE

    def set_faults(cases: dict[str, Case], shops: dict[str, str], at: str | None) -> None:
        place.sandbox.clear_faults()
        for name, (troubles, *_) in cases.items():
            for fault, limits in troubles:
                place.sandbox.set_fault(shops[name], fault, **({} if at is None else {"at": at}) | limits)

    set_faults(BADSCORE, IN_BADSCORE, "reviews")
    badscore = crawl(place, "pdd_badscore", IN_BADSCORE.values())
    stubborn = crawl(place, "pdd_badscore", [IN_BADSCORE[name] for name in BADSCORE if name in WAITING])
    # As a person would: signed in by hand, and the password fixed.
    place.variables.clear()
    place.sign_in(*IN_CHAT.values())
    set_faults(CHAT, IN_CHAT, None)
    chat = crawl(place, "pdd_chat", IN_CHAT.values())
    place.sign_in(*IN_KPI.values())
    set_faults(KPI, IN_KPI, None)
    return Story(place, badscore, stubborn, chat, crawl(place, "pdd_kpi_days", IN_KPI.values(), "pdd_kpi"))


def asked(crawl: Crawl, shop: str, call: str) -> list[Record]:
    return [record for record in crawl.records if record.shop_id == shop and record.call == call]


class TestReviews:
    @pytest.mark.parametrize("name", BADSCORE)
    def test_state_and_reason(self, story: Story, name: str) -> None:
        _, state, words, _ = BADSCORE[name]
        shop = IN_BADSCORE[name]
        assert story.badscore.state(shop) == state
        if state != "published":
            reason = story.badscore.reason(shop)
            assert re.search(words.replace("SHOP", shop), reason), reason
            assert "\n" not in reason

    @pytest.mark.parametrize("name", BADSCORE)
    def test_the_list_is_asked_so_often_and_no_more(self, story: Story, name: str) -> None:
        assert len(asked(story.badscore, IN_BADSCORE[name], "reviews")) == BADSCORE[name][3]

    @pytest.mark.parametrize("name", [name for name, case in BADSCORE.items() if case[1] == "published"])
    def test_what_is_published_is_whole_and_nothing_twice(self, story: Story, name: str) -> None:
        shop = IN_BADSCORE[name]
        truth = story.place.sandbox.truth(shop, DAY, dataset="pdd_badscore")
        ids = story.badscore.column(story.place, shop, "评价id")
        assert ids == [record["reviewId"] for record in truth.records]
        assert len(ids) == REVIEWS

    def test_a_dead_session_is_renewed_once_and_no_other(self, story: Story) -> None:
        assert story.badscore.counters.logins == {IN_BADSCORE[name]: 1 for name in RENEWED}

    def test_a_wrong_password_is_sent_once(self, story: Story) -> None:
        assert story.badscore.counters.refused_logins == {WRONG: 1}

    def test_the_cool_down_is_real_and_grows(self, story: Story) -> None:
        first, second, third = (record.started for record in asked(story.badscore, IN_BADSCORE["too often"], "reviews"))
        # A wait can be longer than it should be, never shorter; a fifth is left to chance.
        assert second - first >= 0.8 * COOLDOWN_SECONDS
        assert third - second >= 2 * 0.8 * COOLDOWN_SECONDS

    def test_says_that_something_is_missing_without_a_traceback(self, story: Story) -> None:
        assert story.badscore.run.code == 1
        assert "Traceback" not in story.badscore.run.text
        assert "unexpected" not in str(story.badscore.receipt)


class TestNextRun:
    def test_who_waits_for_a_person_is_not_asked_again(self, story: Story) -> None:
        assert story.stubborn.run.code == 1
        assert story.stubborn.records == []
        assert story.stubborn.run.programs() == set()

    @pytest.mark.parametrize("name", sorted(WAITING))
    def test_the_reason_stays(self, story: Story, name: str) -> None:
        shop = IN_BADSCORE[name]
        assert story.stubborn.state(shop) == "needs_login"
        reason = story.stubborn.reason(shop)
        assert "waits for a person since an earlier run" in reason
        assert re.search(BADSCORE[name][2].replace("SHOP", shop), reason), reason


class TestChat:
    @pytest.mark.parametrize("name", CHAT)
    def test_state_and_reason(self, story: Story, name: str) -> None:
        _, state, words, _ = CHAT[name]
        shop = IN_CHAT[name]
        assert story.chat.state(shop) == state
        if state != "published":
            assert re.search(words, story.chat.reason(shop)), story.chat.reason(shop)

    @pytest.mark.parametrize("name", CHAT)
    def test_the_conversations_are_asked_so_often_and_no_more(self, story: Story, name: str) -> None:
        assert len(asked(story.chat, IN_CHAT[name], "conversations")) == CHAT[name][3]

    @pytest.mark.parametrize("name", [name for name, case in CHAT.items() if case[1] == "published"])
    def test_what_is_published_is_whole_and_nothing_twice(self, story: Story, name: str) -> None:
        shop = IN_CHAT[name]
        truth = story.place.sandbox.truth(shop, DAY, dataset="pdd_chat")
        raw = [json.loads(text) for text in story.chat.column(story.place, shop, "原始消息")]
        assert len(raw) == len(truth.records) > CONVERSATIONS
        found = Counter(zip(story.chat.column(story.place, shop, "会话id"), map(moment, raw), strict=True))
        assert found == Counter((str(record["uid"]), moment(record["message"])) for record in truth.records)

    def test_a_dead_session_is_renewed_once_and_no_other(self, story: Story) -> None:
        assert story.chat.counters.logins == {IN_CHAT[name]: logins for name, logins in RENEWED_IN_CHAT.items()}

    def test_the_message_page_that_met_the_dead_session_is_asked_once_more(self, story: Story) -> None:
        shop = IN_CHAT["kicked in the middle of the messages"]
        truth = story.place.sandbox.truth(shop, DAY, dataset="pdd_chat")
        buyers = {str(record["uid"]) for record in truth.records}
        assert len(asked(story.chat, shop, "messages")) == len(buyers) + 1

    def test_other_shops_are_not_disturbed(self, story: Story) -> None:
        shop = IN_CHAT["nothing"]
        opened = [
            record for record in story.chat.records if record.shop_id == shop and record.path == "/mms-chat/search"
        ]
        assert len(opened) == 1

    def test_ends_without_a_traceback_and_without_a_browser(self, story: Story) -> None:
        assert story.chat.run.code == 1
        assert "Traceback" not in story.chat.run.text
        assert story.chat.run.survivors() == []


class TestKpi:
    @pytest.mark.parametrize("name", KPI)
    def test_state_and_reason(self, story: Story, name: str) -> None:
        _, state, words, _ = KPI[name]
        shop = IN_KPI[name]
        assert story.kpi.state(shop) == state
        if state != "published":
            assert re.search(words.replace("SHOP", shop), story.kpi.reason(shop)), story.kpi.reason(shop)

    @pytest.mark.parametrize("name", KPI)
    def test_the_link_is_asked_for_so_often_and_no_more(self, story: Story, name: str) -> None:
        assert len(asked(story.kpi, IN_KPI[name], "kpi")) == KPI[name][3]

    def test_a_dead_session_is_renewed_once_and_no_other(self, story: Story) -> None:
        assert story.kpi.counters.logins == {IN_KPI[name]: 1 for name in RENEWED_IN_KPI}

    def test_ends_without_a_traceback(self, story: Story) -> None:
        assert story.kpi.run.code == 1
        assert "Traceback" not in story.kpi.run.text


def moment(message: dict[str, Any]) -> int:
    """No two messages of a conversation are of the same second."""
    return int(message.get("time") or message["ts"])


def test_no_password_and_no_cookie_was_shown(story: Story) -> None:
    secrets = {story.place.sandbox.password(shop.id) for shop in story.place.sandbox.shops} | {A_WRONG_ONE}
    for path in (story.place.state_dir / "sessions").glob("*.session"):
        secrets.update(re.findall(r'"name": "PASS_ID", "value": "([^"]+)"', path.read_text("utf-8")))
    assert len(secrets) > len(BADSCORE) + 1
    shown = story.place.texts() + str(story.badscore.receipt) + str(story.chat.receipt)
    assert [secret for secret in secrets if secret in shown] == []


def test_a_killed_crawl_of_chats_goes_on(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(
        shops=0, pdd_shops=1, conversations=25, messages_per_conversation=14, requests_per_second=20.0
    )
    place.sign_in("pdd-01")
    command = ("crawl", "pdd_chat", "-a", f"date={DAY}")
    run = place.start(*command)
    run.wait_until(lambda: place.sandbox.counters().calls.get("pdd-01", {}).get("messages", 0) > 8)
    run.process.kill()
    run.process.wait()
    assert run.survivors() == []
    (incoming,) = (place.state_dir / "incoming").rglob("pdd-01.part.growing")
    lines = [line for line in incoming.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    marks = [line[1] for line in map(json.loads, lines) if isinstance(line, list)]
    done = {mark["conversation"] for mark in marks}
    assert done

    place.sandbox.clear_records()
    run = place.scrapy(*command)
    assert run.code == 0, run.text
    records = place.sandbox.truth("pdd-01", DAY, dataset="pdd_chat").records
    messages = Counter(str(record["uid"]) for record in records)
    assert done < messages.keys()
    # The total tells where a conversation ends; where it is missing, a page that is not full does.
    pages = {uid: math.ceil(count / 20) if int(uid) % 3 != 2 else count // 20 + 1 for uid, count in messages.items()}
    calls = place.sandbox.counters().calls["pdd-01"]
    assert calls["messages"] == sum(pages[uid] for uid in messages.keys() - done)
    with place.objects() as store:
        content = store.get_bytes(f"ods/pdd/pdd_chat/dt={DAY}/pdd_chat.parquet")
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    assert Counter(table.column("会话id").to_pylist()) == messages
    assert len(set(table.column("消息id").to_pylist())) == len(records)
