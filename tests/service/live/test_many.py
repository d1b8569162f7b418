"""How often a shop may be tried, and what is kept for somebody who is slow; a sign-in's process is a stand-in."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from twisted.internet.task import Clock

from shopdata.config import Shop
from shopdata.exceptions import UsageError
from shopdata.service.live import invitations, viewing, viewings
from shopdata.service.live.person import Person
from shopdata.service.options import ServiceOptions
from shopdata.service.sign_ins import sign_ins
from shopdata.service.sign_ins.sign_ins import SignIns
from shopdata.sessions.live.wire import Kind, packed_event, packed_frame

PERSON = Person("wangfang", "nonce")


class Reactor(Clock):
    """Its time is what a test says."""

    def addSystemEventTrigger(self, *_: object) -> None:
        """Never stops."""


class Process:
    """A sign-in's process that does nothing by itself."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        on_piece: Callable[[Kind, bytes], None],
        on_end: Callable[[int | None], None],
    ) -> None:
        self.piece, self._on_end = on_piece, on_end

    def send(self, command: dict[str, Any]) -> None:
        """Hears it."""

    def end(self) -> None:
        self._on_end(0)

    def tell(self, **event: Any) -> None:
        """As the process does."""
        self.piece(Kind.EVENT, packed_event(event)[5:])

    def show(self, number: int) -> None:
        self.piece(Kind.FRAME, packed_frame({"n": number, "w": 1280, "h": 800}, b"jpeg %d" % number)[5:])


@pytest.fixture
def reactor(monkeypatch: pytest.MonkeyPatch) -> Reactor:
    made = Reactor()
    for module in (invitations, viewing, viewings, sign_ins):
        monkeypatch.setattr(module, "reactor", made)
    monkeypatch.setattr(viewings, "LiveProcess", Process)
    return made


@pytest.fixture
def desk(reactor: Reactor, tmp_path: Path) -> SignIns:
    options = ServiceOptions(state_dir=tmp_path)
    options.folder.mkdir(parents=True, exist_ok=True)
    made = SignIns(options, lambda shop: None)
    made._watch.clock = reactor
    return made


def shop(shop_id: str) -> Shop:
    return Shop(id=shop_id, name=shop_id, platform="jd", username=shop_id, password=SecretStr("fake"))


def test_a_shop_is_tried_ten_times_an_hour(desk: SignIns, reactor: Reactor) -> None:
    for _ in range(10):
        desk.end(desk.start(shop("one"), PERSON), "closed")
        reactor.advance(31)
    with pytest.raises(UsageError, match="tried 10 times within an hour"):
        desk.start(shop("one"), PERSON)
    desk.end(desk.start(shop("two"), PERSON), "closed")
    # An hour after the first of them there is one more, and no second.
    reactor.advance(3600 - 10 * 31 + 1)
    desk.end(desk.start(shop("one"), PERSON), "closed")
    reactor.advance(25)
    with pytest.raises(UsageError, match="tried a moment ago"):
        desk.start(shop("one"), PERSON)


def test_whoever_is_slow_gets_the_newest_picture_and_no_other_is_kept(desk: SignIns) -> None:
    running = desk.start(shop("one"), PERSON)
    process: Any = running.process
    process.tell(state="needs_you", asked="slider")
    answers: list[bool] = []
    running.wait("frame").addCallback(answers.append)
    for number in range(1, 6):
        process.show(number)
    assert (answers, running.frame and running.frame.number) == ([True], 5)
    assert [one.jpeg for one in gc.get_objects() if isinstance(one, viewing.Frame)] == [b"jpeg 5"]
    # Of one person, one question waits: the one before is answered with nothing.
    running.wait("frame").addCallback(answers.append)
    running.wait("frame").addCallback(answers.append)
    assert answers == [True, False]
    desk.end(running, "closed")
    assert running.frame is None
    assert answers == [True, False, True]


def test_an_answer_waits_no_longer_than_is_asked_for(desk: SignIns, reactor: Reactor) -> None:
    running, answers = desk.start(shop("one"), PERSON), list[bool]()
    running.wait("state", 2).addCallback(answers.append)
    reactor.advance(2.1)
    assert answers == [False]
    running.wait("state", 3000).addCallback(answers.append)
    reactor.advance(10.1)
    assert answers == [False, False]


def test_time_counts_from_when_the_account_is_free(desk: SignIns, reactor: Reactor) -> None:
    running = desk.start(shop("one"), PERSON)
    process: Any = running.process
    process.tell(state="queued", step="account")
    before = running.now.until
    process.tell(state="opening")
    assert before is not None
    assert running.now.until is not None
    assert running.now.until > before
