"""Messages in the forms that DingTalk, WeCom and Feishu document, their refusals, and channels that are not well."""

from __future__ import annotations

import logging
import re
import socket
import time
from typing import Any

import pytest
import tenacity
from webhook_receiver import SECRET, TOKEN, MakeAlerts, Receiver

from shopdata.alerts.channels import Deadline, send_message
from shopdata.alerts.message import Message, Section
from shopdata.config import Alerts
from shopdata.exceptions import AlertError

# apprise 2.2 imports it where a package of its own is missing.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")

WEBHOOKS = ["dingtalk", "wecom", "feishu"]
ALL = [*WEBHOOKS, "apprise"]

MESSAGE = Message(
    headline="京东供应链库存 2026-03-01：48/50 已入湖 · 1 待登录",
    level="bad",
    blocks=(
        Section("账号或密码被拒绝（1 店）", ("*南极人*[京东](http://x) <at id=all></at> a_b",), "核对 s_1 的密码。"),
    ),
    wants_person=True,
)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda seconds: None)


def send(alerts: Alerts, message: Message = MESSAGE, seconds: float = 20) -> str:
    """To the first channel."""
    return send_message(alerts.channels[0], message, alerts, Deadline(seconds))


def refusal(alerts: Alerts, seconds: float = 20) -> AlertError:
    """Of a message that must be refused; nothing secret is in what it says."""
    with pytest.raises(AlertError) as caught:
        send(alerts, seconds=seconds)
    assert TOKEN not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.where.startswith(f"alerts.yaml, channel '{alerts.channels[0].name}'")
    assert caught.value.todo
    return caught.value


@pytest.mark.parametrize("kind", ALL)
def test_is_taken(kind: str, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    assert send(make_alerts(kind)) in ("errcode 0, ok", "code 0, success", "taken")
    ((taken_by, _),) = receiver.taken
    assert taken_by == kind
    (text,) = receiver.texts()
    for words in ("48/50 已入湖", "账号或密码被拒绝（1 店）", "核对 s_1 的密码"):
        assert words in text


@pytest.mark.parametrize("kind", WEBHOOKS)
def test_a_shops_name_is_no_markup(kind: str, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    send(make_alerts(kind))
    (text,) = receiver.texts()
    assert "＊南极人＊［京东］(http：／／x) ＜at id=all＞＜/at＞ a_b" in text


#: What a portal may say, and what of it must not be found in a message: programs make links of it.
LINKS = {
    "https://evil.example/login?x=1": "https：／／evil［.］example/login?x=1",
    "HTTP://EVIL.EXAMPLE": "HTTP：／／EVIL［.］EXAMPLE",
    "请访问www.evil.com登录": "请访问www［.］evil［.］com登录",
    "evil.example/x": "evil［.］example/x",
    "t.cn/AbC": "t［.］cn/AbC",
    "weixin://dl/chat": "weixin：／／dl/chat",
    "10.0.0.1:8080/x": "10［.］0［.］0［.］1:8080/x",
    "a@evil.com": "a＠evil［.］com",
    "商城.中国": "商城［.］中国",
    "evil。com": "evil［.］com",
    "\u202e\x1b[31mmoc.live": "moc［.］live",
    "portals.yaml 的 download_hosts": "portals.yaml 的 download_hosts",
    "3.14元，见 1.请登录": "3.14元，见 1.请登录",
    "portals.yaml/x": "portals［.］yaml/x",
}


@pytest.mark.parametrize("kind", ALL)
def test_a_portals_words_hold_no_link(kind: str, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    lines = tuple(f"平台提示「{said}」" for said in LINKS)
    send(make_alerts(kind), Message("标题", "bad", (Section("原因", lines),)))
    (text,) = receiver.texts()
    for shown in LINKS.values():
        # Plain texts have no markup to keep apart.
        assert f"「{shown}」" in text or f"「{shown.replace('＠', '@')}」" in text
    assert not re.search(r"://|www\.|evil\.|[\x00-\x09\x1b\u202a-\u202e]", text)


@pytest.mark.parametrize(
    ("kind", "mention", "words"),
    [
        ("dingtalk", ["13800000000", "user1"], "@13800000000 @user1"),
        ("wecom", ["user1", "user2"], "<@user1><@user2>"),
        ("feishu", ["ou_1", "all"], "<at id=ou_1></at> <at id=all></at>"),
    ],
)
def test_people_are_called_when_one_must_act(
    kind: str, mention: list[str], words: str, make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    alerts = make_alerts(kind, channel={"mention": mention})
    send(alerts)
    send(alerts, Message("一切正常", "good"))
    first, second = receiver.texts()
    assert words in first
    assert words not in second


def test_dingtalk_tells_numbers_from_ids(make_alerts: MakeAlerts, receiver: Receiver) -> None:
    send(make_alerts("dingtalk", channel={"mention": ["13800000000", "user1", "all"]}))
    ((_, body),) = receiver.taken
    assert body["at"] == {"atMobiles": ["13800000000"], "atUserIds": ["user1"], "isAtAll": True}


@pytest.mark.parametrize("kind", WEBHOOKS)
def test_a_long_message_is_cut_where_the_platform_would_refuse_it(
    kind: str, make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    lines = tuple(f"店铺{number}：{'平台提示很长很长的一句话' * 5}" for number in range(500))
    blocks = tuple(Section(f"原因 {name}（500 店）", lines, f"处理 {name}") for name in "甲乙丙")
    send(make_alerts(kind, channel={"mention": ["u" * 11] * 3}), Message("标题", "bad", blocks, wants_person=True))
    (text,) = receiver.texts()
    for name in "甲乙丙":
        assert f"原因 {name}（500 店）" in text
        assert f"处理 {name}" in text
    assert text.count("… 另有 ") == 3


@pytest.mark.parametrize(
    ("kind", "channel", "found", "todo"),
    [
        ("dingtalk", {"secret": "another"}, "errcode 310000, sign not match", "Fix `secret`"),
        ("dingtalk", {"secret": ""}, "errcode 310000, sign not match", "Fix `secret`"),
        ("feishu", {"secret": "another"}, "code 19021, sign match fail", "Fix `secret`"),
    ],
)
def test_a_wrong_signature(kind: str, channel: dict[str, Any], found: str, todo: str, make_alerts: MakeAlerts) -> None:
    error = refusal(make_alerts(kind, channel=channel))
    assert error.found.startswith(found)
    assert error.todo.startswith(todo)


@pytest.mark.parametrize("kind", ["dingtalk", "wecom"])
def test_a_wrong_key(kind: str, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    error = refusal(make_alerts(kind, channel={"url": receiver.url(kind) + "x"}))
    assert "Fix `url`" in error.todo
    assert receiver.taken == []


def test_a_refusal_is_not_repeated(make_alerts: MakeAlerts, receiver: Receiver) -> None:
    refusal(make_alerts("dingtalk", channel={"secret": "another"}, max_tries=3))
    assert receiver.asked == 1


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "trouble",
    [(500, b"{}"), (502, b"<html>Bad Gateway</html>"), (429, b"")],
    ids=["500", "502 with a page", "429"],
)
def test_passing_trouble_is_tried_again(
    kind: str, trouble: tuple[int, bytes], make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    receiver.instead = [trouble, trouble]
    send(make_alerts(kind, max_tries=3))
    assert receiver.asked == 3
    assert len(receiver.taken) == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [("dingtalk", b'{"errcode": -1, "errmsg": "busy"}'), ("feishu", b'{"code": 11232, "msg": "limited"}')],
)
def test_a_busy_platform_is_asked_again(kind: str, body: bytes, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    receiver.instead = [(200, body)]
    send(make_alerts(kind, max_tries=2))
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("kind", ALL)
def test_trouble_that_stays(kind: str, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    receiver.instead = [(503, b"")] * 9
    error = refusal(make_alerts(kind, max_tries=3))
    assert receiver.asked == 3
    assert "503" in str(error) or kind == "apprise"


@pytest.mark.parametrize("kind", WEBHOOKS)
@pytest.mark.parametrize("answer", [(200, b"<html>sign in to the hotel's network</html>"), (200, b"[1]"), (302, b"")])
def test_something_else_answers(
    kind: str, answer: tuple[int, bytes], make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    receiver.instead = [answer]
    assert "without a JSON answer" in refusal(make_alerts(kind)).found


@pytest.mark.parametrize("kind", WEBHOOKS)
def test_silence_ends_with_our_time_out(kind: str, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    receiver.instead = [30.0]
    assert "no answer within" in refusal(make_alerts(kind, timeout_seconds=0.3)).what


def test_dripping_bytes_do_not_hold_us(make_alerts: MakeAlerts, receiver: Receiver) -> None:
    receiver.drips = True
    assert "no answer within" in refusal(make_alerts("dingtalk", timeout_seconds=0.4)).what


def test_the_deadline_ends_all_tries(make_alerts: MakeAlerts, receiver: Receiver) -> None:
    receiver.instead = [(500, b"")] * 9
    refusal(make_alerts("wecom", max_tries=10), seconds=0)
    while not receiver.asked:  # it may not have come to it yet when we ceased to wait
        time.sleep(0.01)
    assert receiver.asked == 1


@pytest.mark.parametrize("kind", ALL)
def test_nobody_listens(kind: str, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = receiver.url(kind).replace(str(receiver.port), str(free.getsockname()[1]))
    assert "nobody listens there" in str(refusal(make_alerts(kind, channel={"url": url}))) or kind == "apprise"


def test_an_address_that_apprise_does_not_know(make_alerts: MakeAlerts) -> None:
    assert "does not know" in refusal(make_alerts("apprise", channel={"url": f"nosuch://{TOKEN}"})).what


@pytest.mark.parametrize("kind", ALL)
def test_no_log_line_holds_a_secret(
    kind: str, make_alerts: MakeAlerts, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(make_alerts(kind))
        receiver.instead = [(500, b"")] * 2
        refusal(make_alerts(kind, max_tries=2))
    shown = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert TOKEN not in shown
    assert SECRET not in shown
