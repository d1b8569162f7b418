"""`scrapy preflight`: each session is asked once, what needs no person is renewed, who needs one is told; no orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from pydantic import SecretStr
from webhook_receiver import Receiver, webhook_receiver
from workplace import Run, Workplace

from sandbox import Counters, Fault, Record, Sandbox, SandboxOptions
from shopdata.config import ObjectStoreSettings, Shop, load_config
from shopdata.ledger import Ledger, RunRecord
from shopdata.ledger.session_lives import SessionLife
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.sessions.devices import DeviceStore
from shopdata.sessions.restraint import Restraint
from shopdata.sessions.sessions import SessionStore

pytestmark = pytest.mark.browser

LIVES, DIES, PARKED, RESTS, SILENT, UNKNOWN_DEVICE = (f"sandbox-{number:02d}" for number in range(1, 7))
WANTS_CODE, WITHOUT_DEVICE, NEVER = (f"pdd-{number:02d}" for number in range(1, 4))
ASKED_NOTHING = (PARKED, RESTS, UNKNOWN_DEVICE)
HOUR = timedelta(hours=1)


@dataclass
class Story:
    place: Workplace
    runs: dict[str, Run]
    told: dict[str, list[str]]
    counters: Counters
    records: list[Record]
    records_of_wrong: list[Record]
    ledger: list[RunRecord]


def shops_of(place: Workplace) -> dict[str, Shop]:
    return {shop.id: shop for shop in load_config(place.config_dir, place.environment({})).shops}


def prepare(place: Workplace) -> None:
    """What a machine knows one morning."""
    next_at = datetime.now(SHANGHAI) + 6 * HOUR
    jobs = [
        {"name": spider, "spider": spider, "cron": f"{next_at.minute} {next_at.hour} * * *"}
        for spider in ("jd_store", "pdd_quality")
    ]
    (place.config_dir / "schedule.yaml").write_text(yaml.safe_dump({"jobs": jobs}), "utf-8")
    place.edit(
        "portals.yaml",
        lambda portals: [portal.update(max_tries=1, login_timeout_seconds=300) for portal in portals.values()],
    )
    place.edit("shops.yaml", lambda file: file["shops"][6].update(owner="小王"))
    config, shops = load_config(place.config_dir, place.environment({})), shops_of(place)
    place.sign_in(LIVES, DIES, PARKED, RESTS, SILENT, WANTS_CODE, WITHOUT_DEVICE)
    folder = place.state_dir / "sessions"
    devices, sessions = DeviceStore(folder), SessionStore(folder)
    for shop in shops.values():
        if shop.id not in (UNKNOWN_DEVICE, WITHOUT_DEVICE):
            devices.save(shop, config.portal(shop.platform), {"cookies": [], "origins": []})
    sessions.park(shops[PARKED], Reason("captcha_wanted", {}, "JD asks for a slider."))
    Restraint(folder).rest(shops[RESTS], 3600, "操作频繁")
    place.sandbox.expire_sessions(DIES)
    place.sandbox.expire_sessions(WANTS_CODE)
    place.sandbox.set_fault(WANTS_CODE, Fault.SMS)
    place.sandbox.set_fault(SILENT, Fault.SERVER_ERROR_ALWAYS)
    # Sessions of JD have lived five hours at most.
    with Ledger.at(place.state_dir) as ledger:
        for number in range(8):
            began = datetime.now(UTC) - (200 + number) * HOUR
            life = SessionLife(
                platform="jd",
                shop="gone",
                signed_in_at=began,
                signed_in_by="password",
                last_good_at=began + 5 * HOUR,
            )
            ledger.session_lives.begin(life, "replaced")
            ledger.session_lives.end("jd", "gone", began, began + 9 * HOUR, "expired")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    nobody = ObjectStoreSettings(
        endpoint="127.0.0.1:9", secure=False, access_key="nobody", secret_key=SecretStr("nothing"), bucket="nowhere"
    )
    folder: Path = tmp_path_factory.mktemp("preflight")
    with Sandbox(SandboxOptions(shops=6, pdd_shops=3, rows=5)) as portals, webhook_receiver() as receiver:
        place = Workplace(folder, portals, nobody)
        try:
            yield tell(place, receiver)
        finally:
            place.close()


def tell(place: Workplace, receiver: Receiver) -> Story:
    channel = {"name": "group", "kind": "wecom", "url": "${GROUP}"}
    (place.config_dir / "alerts.yaml").write_text(yaml.safe_dump({"channels": [channel], "max_tries": 1}), "utf-8")
    place.variables |= {"GROUP": receiver.url("wecom"), "SHOPDATA_BOARD_URL": "https://board.example.com/board"}
    prepare(place)
    runs: dict[str, Run] = {}
    told: dict[str, list[str]] = {}

    def attempt(name: str, *arguments: str, **variables: str | None) -> None:
        runs[name] = place.scrapy("preflight", *arguments, **variables)
        told[name] = receiver.texts()
        receiver.taken.clear()

    attempt("wrong shop", "--shops", "sandbox-99")
    attempt("wrong argument", "-a", "date=2026-03-01")
    attempt("wrong address", SHOPDATA_BOARD_URL="board")
    told["wrong"] = told.pop("wrong shop") + told.pop("wrong argument") + told.pop("wrong address")
    wrong = place.sandbox.records()
    place.sandbox.clear_records()
    attempt("all")
    counters, records = place.sandbox.counters(), place.sandbox.records()
    attempt("again")
    attempt("one that is well", "--shops", LIVES)
    with Ledger.at(place.state_dir) as ledger:
        return Story(place, runs, told, counters, records, wrong, ledger.runs())


def test_wrong_arguments_ask_nobody(story: Story) -> None:
    assert [story.runs[name].code for name in ("wrong shop", "wrong argument", "wrong address")] == [2, 2, 2]
    assert "there is no enabled shop 'sandbox-99'. " in story.runs["wrong shop"].err
    assert "Did you mean" in story.runs["wrong shop"].err
    assert "'preflight' has no argument 'date'" in story.runs["wrong argument"].err
    assert "this is no web address" in story.runs["wrong address"].err
    assert story.records_of_wrong == []


def test_what_needs_no_person_is_renewed_and_nobody_else_is_asked(story: Story) -> None:
    assert story.counters.logins == {DIES: 1, NEVER: 1}
    asked = {record.shop_id for record in story.records}
    assert asked.isdisjoint(ASKED_NOTHING)
    # One question for each, and one more with the new session.
    calls = {shop: sum(kinds.values()) for shop, kinds in story.counters.calls.items()}
    assert (calls[LIVES], calls[DIES], calls[WITHOUT_DEVICE]) == (1, 2, 1)


def test_nothing_is_ordered(story: Story) -> None:
    assert story.counters.jobs == {}
    assert story.counters.downloads == {}
    assert not {record.path for record in story.records if "download" in record.path.lower()}


def test_it_says_what_it_found(story: Story) -> None:
    run = story.runs["all"]
    assert run.code == 1, run.text
    found = {line.split()[1]: " ".join(line.split()[3:]) for line in run.out.splitlines() if line[:1] in "✓✗?"}
    assert list(found) == [*shops_of(story.place)]
    states = {shop: next(word for word in WORDS if text.startswith(word)) for shop, text in found.items()}
    assert states == {
        LIVES: "signed in",
        DIES: "signed in anew",
        PARKED: "needs_login",
        RESTS: "not known",
        SILENT: "not known",
        UNKNOWN_DEVICE: "needs_login",
        WANTS_CODE: "needs_login",
        WITHOUT_DEVICE: "signed in",
        NEVER: "signed in anew",
    }
    assert "HTTP 500" in run.out
    assert "the shop is left alone until" in run.out


#: Longer ones first.
WORDS = ("signed in anew", "signed in", "needs_login", "not known")


def test_one_message_tells_who_must_be_signed_in(story: Story) -> None:
    assert [text.splitlines()[0] for text in story.told["wrong"]] == ["**取数任务没能启动：preflight**"] * 3
    (text,) = story.told["all"]
    config = shops_of(story.place)
    assert "取数之前：3 家店要人登录" in text
    assert "平台要求人工验证（3 店）" in text
    assert f"{config[PARKED].name}：滑块或验证码" in text
    assert f"{config[UNKNOWN_DEVICE].name}：没有平台认得的浏览器" in text
    assert f"{config[WANTS_CODE].name}（负责人：小王）：短信验证码" in text
    assert f"[去登录](https://board.example.com/board/sessions/{WANTS_CODE}/live)" in text
    # JD's sessions die before the collection in six hours; of Pinduoduo's nothing is known.
    assert "预计在下次取数前到期（2 店）" in text
    ending = text.partition("预计在下次取数前到期")[2]
    assert config[LIVES].name in ending
    assert config[DIES].name in ending
    assert config[SILENT].name not in text


def test_it_parks_who_needs_a_person_as_a_crawl_does(story: Story) -> None:
    sessions = SessionStore(story.place.state_dir / "sessions")
    config = shops_of(story.place)
    assert sessions.parked(config[WANTS_CODE]).code == "sms_code_wanted"
    assert not sessions.parked(config[UNKNOWN_DEVICE])
    assert not sessions.parked(config[SILENT])
    assert sessions.about(config[LIVES]).checked_state == "alive"


def test_the_next_one_is_quiet_where_nothing_is_new(story: Story) -> None:
    assert story.told["again"] == []
    assert story.runs["again"].code == 1
    assert story.told["one that is well"] == []
    assert story.runs["one that is well"].code == 0, story.runs["one that is well"].text


def test_it_is_a_run_in_the_ledger(story: Story) -> None:
    one, again, first = [run for run in story.ledger if run.spider == "preflight"]
    assert (first.outcome, first.exit_code, first.arguments) == ("incomplete", 1, {})
    assert first.counts == {"signed_in": 2, "renewed": 2, "needs_login": 3, "unchecked": 2}
    assert again.counts == {"signed_in": 4, "needs_login": 3, "unchecked": 2}
    assert (one.outcome, one.exit_code, one.arguments) == ("complete", 0, {"shops": LIVES})


def test_it_waits_for_whoever_signs_the_account_in(story: Story) -> None:
    """A crawl, or a person at the board: two sign-ins at once would kick one another."""
    place, shop = story.place, DIES
    place.sandbox.clear_records()
    place.sandbox.expire_sessions(shop)
    with FileLock(place.state_dir / "sessions" / f"jd_{shop}.lock", mode=0o600):
        run = place.start("preflight", "--shops", shop)
        run.wait_until(lambda: f"{shop}: the session has ended" in run.err)
        while_locked = place.sandbox.counters()
    assert run.wait().code == 0, run.text
    assert while_locked.logins == {}
    assert place.sandbox.counters().logins == {shop: 1}


def test_one_that_is_stopped_says_so_and_tells_nobody(story: Story) -> None:
    place, shop = story.place, DIES
    place.sandbox.expire_sessions(shop)
    with FileLock(place.state_dir / "sessions" / f"jd_{shop}.lock", mode=0o600):
        run = place.start("preflight", "--shops", shop)
        run.wait_until(lambda: f"{shop}: the session has ended" in run.err)
        run.interrupt()
        assert run.wait().code == 1, run.text
    with Ledger.at(place.state_dir) as ledger:
        assert ledger.runs(1)[0].outcome == "stopped"
