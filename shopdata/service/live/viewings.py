"""All browsers of one kind that are used from the board: how many there are at once, and when each ends."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import deque
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from twisted.internet import reactor as twisted_reactor
from twisted.internet import task

from shopdata.periods import SHANGHAI
from shopdata.service.live.invitations import Invitations
from shopdata.service.live.person import Person
from shopdata.service.live.process import LiveProcess
from shopdata.service.live.viewing import MORE_SECONDS, WAIT_SECONDS, LiveNow, Viewing
from shopdata.sessions.live.wire import Kind

logger = logging.getLogger(__name__)

reactor: Any = twisted_reactor

#: How long one that is over can still be read about.
_REMEMBERED_SECONDS = 1800
#: What comes to an end by itself within that time gets no more.
_LOOK_EVERY_SECONDS = 1.0
_ON_THE_WAY_SECONDS = 5.0

Seen = TypeVar("Seen", bound=Viewing)


class Viewings(ABC, Generic[Seen]):
    """In the reactor's thread only.

    Args:
        kind: what logs call one.
        most_at_once: others wait in a line.
        person_seconds: how long a person has.
        away_seconds: how long nobody may look at it.
    """

    def __init__(self, kind: str, *, most_at_once: int, person_seconds: int, away_seconds: int) -> None:
        self._kind = kind
        self._most_at_once = most_at_once
        self._person_seconds = person_seconds
        # Whoever waits for something new asks again after a while only.
        self._away_seconds = max(away_seconds, WAIT_SECONDS + _ON_THE_WAY_SECONDS)
        self.invitations = Invitations()
        self._of: dict[str, Seen] = {}
        self._queue: deque[Seen] = deque()
        self._watch = task.LoopingCall(self._look)
        reactor.addSystemEventTrigger("before", "shutdown", self.close)

    # -- what each kind has of its own ------------------------------------------------------------------------------

    @abstractmethod
    def _process(self, viewing: Seen, seconds: int) -> LiveProcess:
        """Starts its browser, which ends by itself after so long. Raises OSError."""

    def _note_end(self, viewing: Seen) -> None:
        """It is over."""

    def _process_ended(self) -> None:
        """One has, however."""

    def _changed(self, viewing: Seen, before: LiveNow) -> None:
        """Its process has told something; called before its end is noted."""

    def _may_be_away(self, viewing: Seen) -> float:
        """How long nobody may look at it."""
        return self._away_seconds

    # -- what people do ---------------------------------------------------------------------------------------------

    def of(self, key: str) -> Seen | None:
        """The one that runs, or the last."""
        return self._of.get(key)

    def all(self) -> list[Seen]:
        """Those that run, and those that are remembered."""
        return list(self._of.values())

    def begin(self, viewing: Seen) -> None:
        """A new one."""
        self._of[viewing.key] = viewing
        self._queue.append(viewing)
        if not self._watch.running:
            self._watch.start(_LOOK_EVERY_SECONDS, now=False)
        self._launch()

    def take_over(self, viewing: Seen, person: Person) -> None:
        """From now on this person has it, and the one before is told so."""
        if not viewing.now.is_over and not viewing.is_theirs(person):
            logger.info("%s of %s: %s takes it over from %s", self._kind, viewing.key, person.user, viewing.person.user)
            viewing.send(do="let_go")
            viewing.give_to(person)

    def give_more_time(self, viewing: Seen) -> None:
        """Once."""
        if viewing.now.can_have_more and not viewing.now.is_over:
            viewing.change(can_have_more=False)
            viewing.give_time(MORE_SECONDS, is_more=True)

    def end(self, viewing: Seen, state: str) -> None:
        """Ends one that runs."""
        if viewing.now.is_over:
            return
        process, is_waiting = viewing.process, viewing in self._queue
        if process is not None:
            process.end()
        viewing.change(state=state)
        if is_waiting:
            self._queue.remove(viewing)
        self._note_end(viewing)

    def close(self) -> None:
        """Ends all of them: the service stops."""
        for viewing in self.all():
            self.end(viewing, "closed")

    # -- what becomes of them ---------------------------------------------------------------------------------------

    def _launch(self) -> None:
        while self._queue and self._count() < self._most_at_once:
            viewing = self._queue.popleft()
            viewing.give_time(self._person_seconds)
            viewing.change(state="opening")
            try:
                # Long after it was ended from here.
                viewing.process = self._process(viewing, 2 * (self._person_seconds + MORE_SECONDS))
            except OSError as error:
                logger.error("%s of %s: it can't be started: %s", self._kind, viewing.key, error)
                self.end(viewing, "browser_died")
        for place, viewing in enumerate(self._queue, 1):
            viewing.change(step="places", told={"place": str(place)})

    def _start(self, viewing: Seen, module: str, *arguments: str) -> LiveProcess:
        return LiveProcess(
            f"{self._kind} of {viewing.key}",
            module,
            arguments,
            partial(self._take, viewing),
            partial(self._ended, viewing),
        )

    def _count(self) -> int:
        """Those whose process still runs, also after their end."""
        return sum(viewing.process is not None for viewing in self._of.values())

    def _take(self, viewing: Seen, kind: Kind, content: bytes) -> None:
        before = viewing.now
        viewing.take(kind, content)
        self._changed(viewing, before)
        if viewing.now.is_over and not before.is_over:
            self._note_end(viewing)

    def _ended(self, viewing: Seen, code: int | None) -> None:
        viewing.process = None
        self._process_ended()
        if not viewing.now.is_over:
            logger.warning("%s of %s: its process ended, code %s", self._kind, viewing.key, code)
            viewing.change(state="browser_died")
            self._note_end(viewing)
        self._launch()

    def _look(self) -> None:
        now, moment = reactor.seconds(), datetime.now(SHANGHAI)
        for key, viewing in list(self._of.items()):
            if viewing.ended_at is not None:
                if viewing.process is None and (moment - viewing.ended_at).total_seconds() > _REMEMBERED_SECONDS:
                    del self._of[key]
            elif now - viewing.last_seen > self._may_be_away(viewing):
                self.end(viewing, "left")
            elif viewing.now.until is not None and moment > viewing.now.until:
                self.end(viewing, "timed_out")
            else:
                viewing.look_after()
        if not self._of:
            self._watch.stop()
