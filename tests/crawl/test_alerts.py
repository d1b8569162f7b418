"""What a group chat hears of a shop with a wrong password: once, then nothing, then that it is well again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
import yaml
from webhook_receiver import SECRET, TOKEN, Receiver, webhook_receiver
from workplace import Run, Workplace

from shopdata.ledger import Ledger
from shopdata.ledger.ledger import FILE_NAME

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)


@dataclass
class Story:
    """Runs in the order in which they were started, and what was told after each."""

    place: Workplace
    runs: dict[str, Run]
    told: dict[str, list[str]]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as found:
        yield found


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace], receiver: Receiver) -> Story:
    place = make_workplace(shops=2)
    channels = [
        {"name": kind, "kind": kind, "url": f"${{{kind.upper()}}}", "secret": "${ROBOT_SECRET}"}
        for kind in ("dingtalk", "feishu")
    ]
    off = {"name": "off", "kind": "wecom", "url": "${WECOM:-}"}
    (place.config_dir / "alerts.yaml").write_text(
        yaml.safe_dump({"channels": [*channels, off], "max_tries": 1}), "utf-8"
    )
    place.variables |= {
        "DINGTALK": receiver.url("dingtalk"),
        "FEISHU": receiver.url("feishu"),
        "ROBOT_SECRET": SECRET,
    }
    place.sign_in("sandbox-01")
    runs: dict[str, Run] = {}
    told: dict[str, list[str]] = {}

    def attempt(name: str, *arguments: str, **variables: str | None) -> None:
        runs[name] = place.scrapy(*arguments, **variables)
        told[name] = receiver.texts()
        receiver.taken.clear()

    crawl = ("crawl", "jd_store", "-a", f"date={DAY}", "--set=LOG_LEVEL=DEBUG")
    attempt("wrong password", *crawl, SANDBOX_02_PASSWORD="not-the-right-pass-word")
    attempt("unchanged", *crawl, SANDBOX_02_PASSWORD="not-the-right-pass-word")
    receiver.instead = [(500, b"")]
    attempt("fixed, one channel down", *crawl)
    attempt("nothing to do", *crawl)
    attempt("broken configuration", *crawl, SHOPDATA_S3_SECRET_KEY=None)
    attempt("still broken", *crawl, SHOPDATA_S3_SECRET_KEY=None)
    attempt("alert_test", "alert_test")
    receiver.instead = [(500, b"")]
    attempt("alert_test, one refuses", "alert_test")
    attempt("alert_test of one", "alert_test", "--channel", "feishu")
    attempt("alert_test of one that is off", "alert_test", "--channel", "off")
    attempt("check_config", "check_config")
    for name, tables in {"no plan": ["runs"], "nothing readable": ["runs", "told"]}.items():
        folder = place.folder / name
        Ledger.at(folder).close()
        with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as database:
            for table in tables:
                database.execute(f"DROP TABLE {table}")
        attempt(name, *crawl, SHOPDATA_STATE_DIR=str(folder))
    return Story(place, runs, told)


def test_one_message_to_each_channel(story: Story) -> None:
    assert story.runs["wrong password"].code == 1
    dingtalk, feishu = story.told["wrong password"]
    for text in (dingtalk, feishu):
        assert "京东供应链库存 2026-03-01：1/2 已入湖 · 1 待登录" in text
        assert "账号或密码被拒绝（1 店）" in text
        assert story.place.shops[1].name in text
        assert story.place.shops[0].name not in text


def test_nothing_when_nothing_changed(story: Story) -> None:
    assert story.runs["unchanged"].code == 1
    assert story.told["unchanged"] == []


def test_mended_is_told(story: Story) -> None:
    (text,) = story.told["fixed, one channel down"]
    assert "京东供应链库存 2026-03-01：已恢复，2/2 已入湖" in text
    assert story.place.shops[1].name in text


def test_a_channel_that_is_down_costs_an_error_line_and_no_more(story: Story) -> None:
    run = story.runs["fixed, one channel down"]
    assert run.code == 0, run.text
    (line,) = [line for line in run.err.splitlines() if " ERROR " in line]
    assert "alerts: alerts.yaml, channel 'dingtalk' (dingtalk, 127.0.0.1): the channel is not well" in line
    assert "Found HTTP 500, expected HTTP 200." in line
    assert line.endswith("The next run sends it.")


def test_the_next_run_tells_it_to_that_channel(story: Story) -> None:
    assert story.runs["nothing to do"].code == 0
    (text,) = story.told["nothing to do"]
    assert text.startswith("#### 京东供应链库存 2026-03-01：已恢复，2/2 已入湖")


def test_a_crawl_that_can_not_start_is_told_once(story: Story) -> None:
    assert story.runs["broken configuration"].code == story.runs["still broken"].code == 2
    assert len(story.told["broken configuration"]) == 2
    for text in story.told["broken configuration"]:
        assert "取数任务没能启动：jd_store" in text
        assert "SHOPDATA_S3_SECRET_KEY is not set" in text
    assert story.told["still broken"] == []


def test_alert_test_shows_the_answers(story: Story) -> None:
    assert story.runs["alert_test"].code == 0, story.runs["alert_test"].text
    assert story.runs["alert_test"].out.splitlines() == [
        "dingtalk (dingtalk): errcode 0, ok",
        "feishu (feishu): code 0, success",
    ]
    assert len(story.told["alert_test"]) == 2
    assert all("测试消息" in text for text in story.told["alert_test"])


def test_alert_test_says_who_refused(story: Story) -> None:
    run = story.runs["alert_test, one refuses"]
    assert run.code == 1
    assert "channel 'dingtalk'" in run.err
    assert run.out == "feishu (feishu): code 0, success\n"
    assert story.runs["alert_test of one"].code == 0
    assert len(story.told["alert_test of one"]) == 1
    assert story.runs["alert_test of one that is off"].code == 2
    assert "channel 'off' is off. Found no address." in story.runs["alert_test of one that is off"].err


def test_a_run_that_never_began_is_told(story: Story) -> None:
    assert story.runs["no plan"].code == 2, story.runs["no plan"].text
    for text in story.told["no plan"]:
        assert "取数任务没能启动：jd_store" in text
        assert "its log says why" in text
    assert len(story.told["no plan"]) == 2


def test_a_ledger_that_can_not_be_read_is_told(story: Story) -> None:
    assert story.runs["nothing readable"].code == 2
    for text in story.told["nothing readable"]:
        assert "账本读不出来" in text
    assert len(story.told["nothing readable"]) == 2


def test_check_config_says_who_is_told(story: Story) -> None:
    run = story.runs["check_config"]
    assert run.code == 0
    assert "alerts: dingtalk, feishu" in run.out


def test_nothing_that_was_shown_or_kept_holds_a_secret(story: Story) -> None:
    haystack = {"output": story.place.texts().encode()}
    for path in (path for path in story.place.state_dir.rglob("*") if path.is_file()):
        haystack[path.name] = path.read_bytes()
    assert any("ledger" in name for name in haystack)
    assert [name for name, text in haystack.items() if TOKEN.encode() in text or SECRET.encode() in text] == []
