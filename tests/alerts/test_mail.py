"""Merged workbooks and messages by mail, handed to a real mail server."""

from __future__ import annotations

import email
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.header import decode_header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from pathlib import Path
from typing import Any

import pytest
import shipped_config
import tenacity
from mail_server import Mailbox, mail_server
from pydantic import SecretStr, ValidationError

from shopdata.alerts.channels import Count, Deadline, send_message
from shopdata.alerts.message import Message
from shopdata.alerts.workbooks import WorkbookMails, file_name
from shopdata.config import Alerts, Config, Shop
from shopdata.config.datasets import WorkbookRule
from shopdata.exceptions import AlertError, StoreError
from shopdata.lake.resources import Resources
from shopdata.ledger import CellKey, Ledger, MissingShop, PartitionRecord, RawFile
from shopdata.periods import SHANGHAI
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState
from shopdata.store.keys import parquet_key, raw_key, receipt_key, volume_key, workbook_key
from shopdata.store.staging import Staging
from shopdata.store.upload import StoredObject
from shopdata.wording import Texts

# On loopback nobody listens in.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

NAME, DT = "jd_store", "2026-03-01"
NAMES = {"a": "回力京东旗舰店", "b": "南极人京东自营店"}
WORKBOOK = b"PK of a workbook" * 100
REFUSED = Reason("credentials_refused", {}, "shop 'b': credentials refused.")


class World:
    """A period that comes by and by, and who gets it by mail. It is 09:00 on the day on which it is to be there."""

    def __init__(self, folder: Path, box: Mailbox) -> None:
        self.box, self.ledger, self.staging = box, Ledger.at(folder), Staging(folder)
        self.now = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
        self.board_url: str | None = None
        self.channel: dict[str, Any] = {"to": ["店长 <boss@example.com>"]}
        self.rule: dict[str, Any] = {}
        self.store = Store()

    @property
    def config(self) -> Config:
        shops = tuple(
            Shop(id=shop, name=name, platform="jd", username="u", password=SecretStr("p"))
            for shop, name in NAMES.items()
        )
        channel = {"name": "post", "kind": "mail", "url": self.box.url, "workbook": self.rule, **self.channel}
        alerts = Alerts.model_validate({"channels": [channel], "max_tries": 1})
        config = replace(shipped_config.load_shipped_config(), shops=shops, alerts=alerts)
        rule = WorkbookRule() if self.store.objects else None
        owned = config.datasets[NAME].model_copy(update={"owner": "王芳", "workbook": rule})
        return replace(config, datasets={NAME: owned})

    @property
    def mails(self) -> WorkbookMails:
        store: Any = self.store
        lake = Resources(self.config, self.ledger, self.staging, store)
        return WorkbookMails(lake, Texts("zh"), board_url=self.board_url, clock=lambda: self.now)

    def publish(self, *shops: str, content: bytes = WORKBOOK, dt: str = DT) -> None:
        """These shops are in the lake, the others wait for somebody."""
        keys = {shop: CellKey(NAME, dt, shop) for shop in NAMES}
        self.ledger.add_cells("jd", keys.values())
        for shop, key in keys.items():
            self.ledger.claim(key, "run")
            raw = RawFile(
                key=f"raw/{shop}",
                sha256="0" * 64,
                bytes=1,
                ext="xlsx",
                rows=100,
                fetched_at=datetime.now(SHANGHAI),
                in_store=True,
            )
            if shop in shops:
                self.ledger.settle(key, raw.state, raw=raw)
            else:
                self.ledger.settle(key, CellState.NEEDS_LOGIN, REFUSED)
        path = self.staging.merged(NAME, dt, "xlsx")
        path.write_bytes(content)
        record = PartitionRecord(
            dataset=NAME,
            platform="jd",
            dt=dt,
            rows=100 * len(shops),
            published=len(shops),
            missing=tuple(
                MissingShop(id=shop, state=CellState.NEEDS_LOGIN, reason=REFUSED) for shop in NAMES if shop not in shops
            ),
            run_id="run",
            receipt_key="r",
            parquet_sha256="",
            workbook_sha256=hashlib.sha256(content).hexdigest(),
            published_at=self.now,
            refresh_state="COMPLETED",
            refresh_reason=NO_REASON,
        )
        self.ledger.publish(record, dict.fromkeys(shops, "0" * 64))

    def send(self) -> Count:
        return self.mails.send_due("run")


class Store:
    """It has nothing, unless a test puts it there."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def stat(self, key: str) -> StoredObject | None:
        data = self.objects.get(key)
        return None if data is None else StoredObject(key, hashlib.sha256(data).hexdigest(), len(data), "")

    stat_anywhere = stat

    def where(self, key: str) -> str:
        return key

    def get_bytes(self, key: str) -> bytes:
        if key not in self.objects:
            raise StoreError("nothing lies there", where=key)
        return self.objects[key]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda seconds: None)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, box: Mailbox) -> Iterator[World]:
    made = World(tmp_path, box)
    yield made
    made.ledger.close()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def attachments(mail: EmailMessage) -> list[tuple[str | None, bytes]]:
    return [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()]


def test_once_when_it_is_complete(world: World) -> None:
    world.channel["people"] = {"王芳": "wangfang@example.com", "李雷": "lilei@example.com"}
    world.publish("a")
    assert world.send() == Count()
    world.publish("a", "b")
    assert world.send() == Count(sent=1)
    (mail,) = world.box.mails
    assert world.box.readers == [["boss@example.com", "wangfang@example.com"]]
    assert mail["subject"] == "京东供应链库存 2026-03-01：2/2 家店"
    assert [str(address) for address in mail["to"].addresses] == ["店长 <boss@example.com>", "wangfang@example.com"]
    assert text_of(mail) == "共 200 行，2 家店。\n店铺齐全。\n\n"
    assert attachments(mail) == [("京东供应链库存_2026-03-01.xlsx", WORKBOOK)]
    # Published anew, it was sent all the same.
    world.publish("a", "b", content=b"PK another")
    assert world.send() == Count()
    assert world.box.asked == 1


def test_the_name_of_the_file_in_the_letters_of_mail(world: World) -> None:
    """In both places where programs look for it, as another reader reads it; nothing but ASCII on the way."""
    world.publish("a", "b")
    world.send()
    raw = world.box.mails[0].as_bytes()
    assert raw.isascii()
    assert raw.count(b"*0*=utf-8''%E4%BA%AC%E4%B8%9C") == 2
    mail = email.message_from_bytes(raw, policy=compat32)
    (part,) = [part for part in mail.walk() if part.get_content_disposition() == "attachment"]
    found = [part.get_param("name"), part.get_param("filename", header="content-disposition")]
    assert [collapse_rfc2231_value(value) for value in found] == ["京东供应链库存_2026-03-01.xlsx"] * 2
    (subject, charset), *_ = decode_header(mail["subject"])
    assert subject.decode(charset) == "京东供应链库存 2026-03-01：2/2 家店"


def test_at_a_time_with_what_is_there(world: World) -> None:
    world.rule, world.board_url = {"when": "09:30"}, "https://board.example.com/board"
    world.publish("a")
    assert world.send() == Count()
    world.now = world.now.replace(hour=9, minute=30)
    assert world.send() == Count(sent=1)
    text = text_of(world.box.mails[0])
    assert text.splitlines() == [
        "共 100 行，1 家店。",
        "缺 1 家：南极人京东自营店（账号或密码被拒绝）",
        "",
        "在看板上查看和下载：https://board.example.com/board/partition/jd_store/2026-03-01",
    ]
    # Complete later, it is not sent again.
    world.publish("a", "b")
    assert world.send() == Count()


def test_complete_or_at_the_latest(world: World) -> None:
    world.rule = {"when": "complete", "at_latest": "11:00"}
    world.publish("a")
    assert world.send() == Count()
    world.now = world.now.replace(hour=11)
    assert world.send() == Count(sent=1)


def test_nothing_is_lost_when_the_server_is_not_well(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.publish("a", "b")
    world.box.instead = ["451 4.3.0 try again later", "554 5.7.1 not today"]
    with caplog.at_level(logging.ERROR):
        assert world.send() == Count(failed=1)
    (line,) = caplog.messages
    assert "channel 'post' (mail, 127.0.0.1)" in line
    assert "451" in line
    # It is left alone for a while, longer after each failure, and by then it is sent.
    assert world.send() == Count()
    world.now = world.now.replace(minute=5)
    assert world.send() == Count(failed=1)
    world.now = world.now.replace(minute=14)
    assert world.send() == Count()
    world.now = world.now.replace(minute=15)
    assert world.send() == Count(sent=1)
    assert world.send() == Count()
    assert world.box.asked == 3


def test_a_mail_whose_answer_was_lost_is_known_by_its_id(world: World) -> None:
    world.publish("a", "b")
    world.send()
    # As after a kill between the server's word and ours.
    world.ledger.notifications.put(f"mail/post/{NAME}/{DT}", {}, world.now)
    assert world.send() == Count(sent=1)
    first, second = world.box.mails
    assert first["message-id"] == second["message-id"]
    assert list(world.mails.send_now(NAME, DT)) == [("post", "taken")]
    assert world.box.mails[2]["message-id"] != first["message-id"]


def test_a_passing_refusal_is_tried_at_once(world: World) -> None:
    world.publish("a", "b")
    world.box.instead = ["451 4.3.0 try again later"]
    world.channel["messages_per_minute"] = 1
    config = world.config
    twice = replace(config, alerts=config.alerts.model_copy(update={"max_tries": 2}))
    lake: Any = Resources(twice, world.ledger, world.staging, Store())  # type: ignore[arg-type]
    assert WorkbookMails(lake, Texts("zh"), clock=lambda: world.now).send_due("run") == Count(sent=1)


@pytest.mark.parametrize("has_board", [True, False])
def test_a_large_one_stays_where_it_is(world: World, has_board: bool) -> None:
    world.rule = {"at_most_mb": 0.001}
    world.board_url = "https://board.example.com/board" if has_board else None
    world.publish("a", "b")
    assert world.send() == Count(sent=1)
    (mail,) = world.box.mails
    assert attachments(mail) == []
    told = "https://board.example.com/board/partition/" if has_board else "s3://warehouse/merged/jd/jd_store/"
    assert "太大" in text_of(mail)
    assert told in text_of(mail)


def split(world: World, *names: str) -> None:
    """The workbook that is published is an overview of these volumes, each of 1,000 bytes and one shop."""
    about, workbook = ("jd", NAME, DT), WORKBOOK
    published = [{"key": volume_key(*about, name), "name": name, "shops": [shop], "rows": 100, "bytes": 1000,
                  "sha256": hashlib.sha256(name.encode() * 1000).hexdigest()}
                 for name, shop in zip(names, NAMES, strict=False)]  # fmt: skip
    file = {"sha256": hashlib.sha256(workbook).hexdigest(), "bytes": len(workbook)}
    receipt = {
        "dataset": NAME, "platform": "jd", "dt": DT, "run_id": "run", "rows": 200, "columns": [], "missing": [],
        "shops": [{"id": shop, "name": name, "rows": 100, "raw_key": raw_key(*about, shop, "xlsx"), "sha256": "0" * 64,
                   "bytes": 1, "fetched_at": "2026-03-02T08:30:00+08:00"} for shop, name in NAMES.items()],
        "parquet": {"key": parquet_key(*about), "rows": 200, **file},
        "workbook": {"key": workbook_key(*about), "rows": 0, "sheets": ["说明"], "volumes": published, **file},
        "published_at": "2026-03-02T08:40:00+08:00", "refresh": {"state": "COMPLETED", "detail": ""},
    }  # fmt: skip
    world.store.objects = {receipt_key(*about): json.dumps(receipt).encode()}
    world.store.objects |= {volume_key(*about, name): name[:1].encode() * 1000 for name in names}


def test_a_split_workbook_comes_with_all_its_volumes_or_as_an_overview(world: World) -> None:
    split(world, "north", "south.2")
    world.publish("a", "b")
    assert world.send() == Count(sent=1)
    assert [(name, data[:1]) for name, data in attachments(world.box.mails[0])] == [
        ("京东供应链库存_2026-03-01.xlsx", b"P"),
        ("京东供应链库存_2026-03-01-north.xlsx", b"n"),
        ("京东供应链库存_2026-03-01-south_2.xlsx", b"s"),
    ]
    world.rule = {"at_most_mb": 0.003}
    (said,) = world.mails.send_now(NAME, DT)
    assert not isinstance(said[1], Exception)
    assert [data for _, data in attachments(world.box.mails[1])] == [WORKBOOK]
    assert "数据在 2 个分册里，太大" in text_of(world.box.mails[1])


def test_a_workbook_without_rows_says_so(world: World) -> None:
    split(world)
    world.publish("a", "b")
    assert world.send() == Count(sent=1)
    assert "数据都在 Parquet 文件里" in text_of(world.box.mails[0])


def test_too_large_for_the_server(world: World) -> None:
    world.publish("a", "b")
    world.box.instead = ["552 5.3.4 message size exceeds fixed limit"]
    assert world.send() == Count(sent=1)
    assert attachments(world.box.mails[0]) == []


def test_whom_the_server_does_not_know_keeps_it_from_nobody_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.channel["to"] = ["boss@example.com", "gone@example.com"]
    world.box.unknown = {"gone@example.com"}
    world.publish("a", "b")
    with caplog.at_level(logging.INFO):
        assert world.send() == Count(sent=1)
    assert "taken, but not for gone@example.com" in caplog.text
    assert world.box.readers == [["boss@example.com"]]


def test_what_is_no_news_is_not_sent_and_what_waits_is(world: World) -> None:
    """A backfill of old days sends nothing; a day that came late does, also when a newer one is there."""
    world.publish("a", dt="2026-02-20")
    world.publish("a")
    world.send()
    world.now = world.now.replace(day=3)
    world.publish("a", "b", dt="2026-03-02")
    assert world.send() == Count(sent=1)
    world.publish("a", "b")
    world.publish("a", "b", dt="2026-02-20")
    assert world.send() == Count(sent=1)
    assert [mail["subject"].split("：")[0][-10:] for mail in world.box.mails] == ["2026-03-02", "2026-03-01"]
    world.publish("a", dt="2026-03-03")
    world.now = world.now.replace(day=9)
    world.publish("a", "b", dt="2026-03-03")
    assert world.send() == Count()


def test_a_wrong_password_is_said_without_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.channel["url"] = world.box.url.replace("nobody", "somebody")
    world.publish("a", "b")
    assert world.send() == Count(failed=1)
    assert "535" in caplog.text
    assert "授权码" in caplog.text
    assert "somebody" not in caplog.text


def test_messages_go_by_mail_too(box: Mailbox) -> None:
    channel = {"name": "post", "kind": "mail", "url": box.url, "people": {"王芳": "wf@example.com"}}
    alerts = Alerts.model_validate({"channels": [channel], "max_tries": 1})
    assert alerts.channels_told == alerts.channels_on != ()
    message = Message("京东供应链库存：1 待登录", "bad", owners=frozenset({"王芳", ""}))
    assert send_message(alerts.channels[0], message, alerts, Deadline(30)) == "taken"
    assert box.readers == [["wf@example.com"]]
    assert box.mails[0]["subject"] == "京东供应链库存：1 待登录"
    assert "nobody" in send_message(alerts.channels[0], replace(message, owners=frozenset()), alerts, Deadline(30))
    box.port = 9
    alerts = Alerts.model_validate({"channels": [{**channel, "url": box.url}], "max_tries": 1})
    with pytest.raises(AlertError, match="can't be reached"):
        send_message(alerts.channels[0], message, alerts, Deadline(30))


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ({"to": ["boss"]}, "'boss' is no address"),
        ({"to": ["a..b@example.com"]}, "is no address"),
        ({}, "nobody gets it"),
        ({"to": ["a@example.com"], "mention": ["a"]}, "nobody is mentioned"),
        ({"to": ["a@example.com"], "url": "https://example.com"}, "is no mail server"),
        ({"to": ["a@example.com"], "url": "smtps://user@example.com"}, "without a password"),
        ({"to": ["a@example.com"], "url": "smtps://user:pass@example.com"}, "write one under `sender`"),
        ({"to": ["a@example.com"], "url": "smtps://a%40example.com:p/w@example.com"}, "is no mail server"),
        ({"to": ["a@example.com"], "workbook": {"when": "9:77"}}, "hours and minutes"),
        ({"to": ["a@example.com"], "workbook": {"when": "9:30", "at_latest": "10:00"}}, "leave at_latest out"),
        ({"kind": "wecom", "workbook": {}}, "is no mail"),
    ],
)
def test_mistakes_in_the_file_are_said(channel: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        Alerts.model_validate({"channels": [{"name": "post", "kind": "mail", **channel}]})
    assert "p/w" not in str(caught.value)


def test_no_system_refuses_the_name() -> None:
    assert file_name('a/b:c "d".x', "2026-03-01_2026-03-07") == "a_b_c_d_x_2026-03-01_2026-03-07.xlsx"
