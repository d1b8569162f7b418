"""Who must be signed in before the next collection: told once, in words, with a link that opens nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import shipped_config
from pydantic import SecretStr
from webhook_receiver import MakeAlerts, Receiver

from shopdata.alerts.channels import Count
from shopdata.alerts.sign_ins import Ending, Needed, SignInsNeeded, build_message, notify_sign_ins
from shopdata.config import Alerts, Config, Shop
from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.wording import Texts

# apprise 2.2 imports it where a package of its own is missing.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")

AT_7 = datetime(2026, 3, 1, 7, 40, tzinfo=SHANGHAI)
BOARD = "https://board.example.com/board/"
SMS = Reason("sms_code_wanted", {}, "JD asks for an SMS code.")
SLIDER = Reason("captcha_wanted", {}, "JD asks for a slider.")
REFUSED = Reason("credentials_refused", {"said": "账号或密码错误，见 evil.example.com"}, "refused.")


def shop(shop_id: str, name: str, owner: str | None = None, platform: str = "jd") -> Shop:
    return Shop(id=shop_id, name=name, platform=platform, username=shop_id, password=SecretStr("made-up"), owner=owner)


ONE, TWO, THREE = shop("one", "一号店", "小王"), shop("two", "二号店"), shop("three", "三号店", platform="pdd")
FOUND = SignInsNeeded(
    [Needed(ONE, SMS), Needed(TWO, SLIDER), Needed(THREE, REFUSED)],
    [Ending(shop("four", "四号店"), AT_7 - timedelta(days=6), "03-01 23:00 至 03-02 04:00")],
    frozenset({"one", "two", "three", "four"}),
    AT_7 + timedelta(minutes=50),
)
ALL = FOUND.known


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.at(tmp_path) as ledger:
        yield ledger


def config_with(alerts: Alerts) -> Config:
    shops = (ONE, TWO, THREE, shop("four", "四号店"))
    return replace(shipped_config.load_shipped_config(), alerts=alerts, shops=shops)


def notify(
    ledger: Ledger, alerts: Alerts, found: SignInsNeeded, now: datetime = AT_7, board_url: str | None = BOARD
) -> Count:
    return notify_sign_ins(
        Texts("zh"), config_with(alerts), ledger, "run-1", found, board_url=board_url, clock=lambda: now
    )


def test_one_message_says_who_why_and_where(ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    alerts = make_alerts("dingtalk", "wecom", "feishu", "apprise", channel=None)
    assert notify(ledger, alerts, FOUND) == Count(sent=4)
    texts = dict(zip(("dingtalk", "wecom", "feishu", "apprise"), receiver.texts(), strict=True))
    for text in texts.values():
        assert "03-01 08:30 取数之前：3 家店要人登录" in text
        assert "平台要求人工验证（2 店）" in text
        assert "一号店（负责人：小王）：短信验证码" in text
        assert "二号店：滑块或验证码" in text
        assert "账号或密码被拒绝（1 店）" in text
        assert "预计在下次取数前到期（1 店）" in text
        assert "四号店：03-01 23:00 至 03-02 04:00" in text
        # What the portal says is no link; ours is, and holds no token.
        assert "evil.example.com" not in text
        assert "https://board.example.com/board/sessions/one/live" in text
        assert "scrapy login" not in text
    assert "[去登录](https://board.example.com/board/sessions/one/live)" in texts["wecom"]
    assert "[去登录]" not in texts["apprise"]


def test_without_a_board_it_says_what_to_type(ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    notify(ledger, make_alerts("wecom"), FOUND, board_url=None)
    (text,) = receiver.texts()
    assert "二号店：滑块或验证码 · 在看板的“店铺登录”里登录，或执行 scrapy login two" in text
    assert "](" not in text


def test_in_english() -> None:
    message = build_message(Texts("en"), FOUND, BOARD)
    assert message.headline == "Before the collection at 03-01 08:30: 3 shops must be signed in"
    assert message.wants_person
    assert [block.title for block in message.blocks] == [
        "The portal asks for a person (2 shops)",
        "User name or password refused (1 shop)",
        "Expected to end before the next collection (1 shop)",
    ]
    only_ending = build_message(Texts("en"), SignInsNeeded([], FOUND.ending, ALL), None)
    assert (only_ending.headline, only_ending.level) == ("1 session may end", "attention")
    assert not only_ending.wants_person


def test_nobody_is_disturbed_for_nothing(ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    assert notify(ledger, make_alerts("wecom"), SignInsNeeded([], [], ALL)) == Count()
    assert receiver.taken == []


def test_told_once_and_anew_after_it_was_well(ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver) -> None:
    alerts = make_alerts("wecom")
    waits, well = SignInsNeeded([Needed(ONE, SMS)], [], ALL), SignInsNeeded([], [], ALL)
    again = SignInsNeeded([Needed(ONE, SMS, signed_in_at=AT_7)], [], ALL)
    another = SignInsNeeded([Needed(ONE, SMS, signed_in_at=AT_7), Needed(TWO, SLIDER)], [], ALL)
    sent = [notify(ledger, alerts, found).sent for found in (waits, waits, well, waits, again, again, another, again)]
    assert sent == [1, 0, 0, 1, 1, 0, 1, 0]
    # The one that was told before stands there, too.
    assert "2 家店要人登录" in receiver.texts()[-1]


def test_of_shops_that_were_not_looked_at_stays_what_was_told(
    ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    alerts = make_alerts("wecom")
    both = SignInsNeeded([Needed(ONE, SMS), Needed(TWO, SLIDER)], [], ALL)
    only_one = SignInsNeeded([], [], frozenset({"one"}))
    assert [notify(ledger, alerts, found).sent for found in (both, only_one, both, both)] == [1, 0, 1, 0]
    # The second time it was only the first shop that was well meanwhile.
    assert ledger.notifications.get("sign_ins/wecom")["needed"].keys() == {"one", "two"}


def test_an_end_that_is_expected_is_told_once_for_each_session(
    ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    alerts = make_alerts("wecom")
    first, second = (SignInsNeeded([], [Ending(ONE, AT_7 + timedelta(days=days), "03-09")], ALL) for days in (0, 1))
    assert [notify(ledger, alerts, found).sent for found in (first, first, second)] == [1, 0, 1]
    assert "趁有人在，重新登录一次" in receiver.texts()[0]


def test_what_could_not_be_told_is_told_by_the_next(
    ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    alerts = make_alerts("wecom", quiet_hours={"start": "22:00", "end": "08:00"})
    receiver.instead = [(500, b"")]
    counts = [notify(ledger, alerts, FOUND, AT_7 + timedelta(hours=hours)) for hours in (0, 1, 2, 3)]
    assert counts == [Count(held=1), Count(failed=1), Count(sent=1), Count()]


def test_channels_hear_of_their_datasets_and_topics(
    ledger: Ledger, make_alerts: MakeAlerts, receiver: Receiver
) -> None:
    of_pdd = make_alerts("wecom", channel={"datasets": ["pdd_quality"]})
    assert notify(ledger, of_pdd, FOUND).sent == 1
    assert "1 家店要人登录" in receiver.texts()[0]
    assert "三号店" in receiver.texts()[0]
    silent = make_alerts("dingtalk", tell=["failed"])
    assert notify(ledger, silent, FOUND) == Count()
