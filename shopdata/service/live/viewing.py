"""One browser in a person's hands: what they see of it, and the two things they wait for."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from twisted.internet import reactor as twisted_reactor
from twisted.internet.defer import Deferred

from shopdata.periods import SHANGHAI
from shopdata.reasons import NO_REASON, Reason
from shopdata.service.live.person import Person
from shopdata.service.live.points import Input
from shopdata.service.live.process import LiveProcess
from shopdata.sessions.live.wire import Kind, unpacked_frame

reactor: Any = twisted_reactor

#: How much more time there is, once.
MORE_SECONDS = 300
#: So long a browser waits for something new before it asks again.
WAIT_SECONDS = 10.0
#: One every 40 ms is what our own page sends at most.
_MOST_BATCHES_PER_SECOND = 60
#: While nobody has asked for a picture for so long, none is made.
_UNSEEN_SECONDS = 12.0


@dataclass(frozen=True)
class Frame:
    """The page as it was last drawn."""

    number: int
    width: int
    height: int
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True)
class LiveNow:
    """What is known of it. `number` counts its changes."""

    #: What it ends in. `left`: nobody looked any more; `closed`: its person has ended it.
    ends: ClassVar[frozenset[str]] = frozenset({"failed", "timed_out", "left", "closed", "browser_died"})
    #: While it is so, the page is in the person's hands.
    shown: ClassVar[frozenset[str]] = frozenset()

    number: int = 0
    state: str = "queued"
    step: str = ""
    why: Reason = NO_REASON
    #: What the page is and shows: `host`, `options`, `chosen`, and what the kind of it has besides.
    page: Mapping[str, Any] = field(default_factory=dict)
    #: What came of the last thing that the person wanted: `key` of a text and what fills its holes.
    told: Mapping[str, str] = field(default_factory=dict)
    dialog: Mapping[str, str] | None = None
    until: datetime | None = None
    can_have_more: bool = True

    @property
    def is_over(self) -> bool:
        return self.state in self.ends

    @property
    def is_shown(self) -> bool:
        """True while the page is in the person's hands."""
        return self.state in self.shown


class Viewing:
    """In the reactor's thread only.

    Args:
        key: what it is found by, and called in logs.
    """

    now: LiveNow

    def __init__(self, key: str, person: Person, began: datetime, now: LiveNow) -> None:
        self.key = key
        self.person = person
        #: What the address of its page holds; worth something to that person only.
        self.view = secrets.token_urlsafe(16)
        self.started_at = began
        self.ended_at: datetime | None = None
        self.now = now
        self.frame: Frame | None = None
        self.points = self.keys = 0
        #: What other browsers of it were told: their view, and who has it now.
        self.taken_over: dict[str, str] = {}
        self.process: LiveProcess | None = None
        self.last_seen = reactor.seconds()
        self._last_frame_asked = -_UNSEEN_SECONDS
        self._next_input = 0
        self._batches: deque[float] = deque(maxlen=_MOST_BATCHES_PER_SECOND)
        self._pace = 0
        self._is_low = False
        self._waiting: dict[str, list[Deferred[bool]]] = {"frame": [], "state": []}

    # -- what its person asks ---------------------------------------------------------------------------------------

    def is_theirs(self, person: Person) -> bool:
        """True for whoever has it, in the browser they have it in."""
        return self.person.is_same(person.user, person.nonce)

    def wait(self, what: str, seconds: float = WAIT_SECONDS) -> Deferred[bool]:
        """True as soon as there is something new of `frame` or `state`, False if nothing comes for a while."""
        waiting: Deferred[bool] = Deferred()
        waiting.addTimeout(min(seconds, WAIT_SECONDS), reactor, lambda *_: False)
        # The newest of one person only: a browser that has gone does not say so.
        for other in self._waiting[what]:
            if not other.called:
                other.callback(False)
        self._waiting[what] = [waiting]
        return waiting

    def seen(self) -> None:
        """Somebody is there."""
        self.last_seen = reactor.seconds()

    def want_frames(self, *, is_held: bool = False, is_slow: bool = False) -> None:
        """Pictures are drawn for as long as somebody asks for them."""
        self._last_frame_asked = reactor.seconds()
        self._set_pace(4 if is_slow else 15 if is_held else 10, is_low=is_slow)

    def is_too_fast(self, now: float) -> bool:
        """True if so many batches came within a second; else this one is counted. By the reactor's clock."""
        if len(self._batches) == _MOST_BATCHES_PER_SECOND and now - self._batches[0] < 1:
            return True
        self._batches.append(now)
        return False

    def take_input(self, given: Input) -> None:
        """Hands on what the person's hand did; where a part of it is lost, a button that is held is let go."""
        is_new = given.number == 0
        if not is_new and given.number != self._next_input:
            self.send(do="let_go")
        self._next_input = given.number + 1
        self.points += len(given.points)
        self.keys += given.keys
        if given.points or is_new:
            self.send(do="input", points=given.points, is_new_clock=is_new)

    def look_after(self) -> None:
        """Called every second."""
        if self._pace and reactor.seconds() - self._last_frame_asked > _UNSEEN_SECONDS:
            self._set_pace(0)

    def _set_pace(self, per_second: int, *, is_low: bool = False) -> None:
        if (per_second, is_low) != (self._pace, self._is_low):
            self._pace, self._is_low = per_second, is_low
            self.send(do="pace", per_second=per_second, is_low=is_low)

    def send(self, **command: Any) -> None:
        """To the browser's process."""
        if self.process is not None and not self.now.is_over:
            self.process.send(command)

    # -- what its process tells -------------------------------------------------------------------------------------

    def take(self, kind: Kind, content: bytes) -> None:
        """A piece of what it sends."""
        if self.now.is_over:
            return
        match kind:
            case Kind.FRAME:
                about, jpeg = unpacked_frame(content)
                self.frame = Frame(about["n"], about["w"], about["h"], jpeg)
                self._tell("frame")
            case Kind.QR:
                self.take_code(content)
            case Kind.EVENT:
                self.change(**self.changes_by(json.loads(content)))

    def take_code(self, png: bytes) -> None:
        """A QR code, which only a sign-in has."""

    def changes_by(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What an event changes of `now`."""
        changes: dict[str, Any] = {}
        if (state := event.get("state")) is not None:
            changes |= {"state": state, "step": event.get("step", ""), "page": {}, "dialog": None, "told": {}}
            changes["why"] = Reason.from_json(event.get("why") or {})
            if state not in self.now.shown:
                self.frame = None
        for name, key in (("page", "page"), ("told", "said"), ("dialog", "dialog")):
            if key in event:
                changes[name] = event[key]
        return changes

    def change(self, **changes: Any) -> None:
        """Something is different now; whoever waits for that hears of it."""
        self.now = replace(self.now, number=self.now.number + 1, **changes)
        if self.now.is_over:
            self.ended_at = datetime.now(SHANGHAI)
            self.forget_pictures()
            self._tell("frame")
        self._tell("state")

    def forget_pictures(self) -> None:
        """At its end nothing of the page stays in memory."""
        self.frame = None

    def give_time(self, seconds: int, *, is_more: bool = False) -> None:
        """From now on, or besides what is left."""
        begin = self.now.until if is_more and self.now.until is not None else datetime.now(SHANGHAI)
        self.change(until=begin + timedelta(seconds=seconds))

    def give_to(self, person: Person) -> None:
        """Another browser has it from now on."""
        self.taken_over[self.view] = person.user
        self.person, self.view = person, secrets.token_urlsafe(16)
        self.seen()
        self.change()
        self._tell("frame")

    def _tell(self, what: str) -> None:
        waiting, self._waiting[what] = self._waiting[what], []
        for one in waiting:
            if not one.called:
                one.callback(True)
