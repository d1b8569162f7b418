"""All sign-ins from the board: who may begin one, how many there are at once, and when each ends."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from twisted.internet import reactor as twisted_reactor
from twisted.internet import task
from twisted.internet.threads import deferToThread

from shopdata.config import Shop
from shopdata.exceptions import UsageError
from shopdata.periods import SHANGHAI
from shopdata.service.options import ServiceOptions
from shopdata.service.sign_ins.invitations import Invitations
from shopdata.service.sign_ins.person import Person
from shopdata.service.sign_ins.process import SignInProcess
from shopdata.service.sign_ins.records import Records
from shopdata.service.sign_ins.sign_in import MORE_SECONDS, WAIT_SECONDS, SignIn
from shopdata.sessions.live.wire import Kind

logger = logging.getLogger(__name__)

reactor: Any = twisted_reactor

#: Each is a Chromium, some 400 MB.
MOST_AT_ONCE = 2
#: Portals lock accounts that sign in all the time.
_AGAIN_AFTER_SECONDS = 30.0
_MOST_IN_AN_HOUR = 10
#: How long one that is over can still be read about.
_REMEMBERED_SECONDS = 1800
#: What comes to an end by itself within that time gets no more.
_LOOK_EVERY_SECONDS = 1.0
_ON_THE_WAY_SECONDS = 5.0


class SignIns:
    """In the reactor's thread only.

    Args:
        on_saved: called in a thread when a shop is signed in.
    """

    def __init__(self, options: ServiceOptions, on_saved: Callable[[Shop], None]) -> None:
        self.records = Records(options.sign_ins)
        self.invitations = Invitations()
        self._person_seconds = options.sign_in_seconds
        # Whoever waits for something new asks again after a while only.
        self._away_seconds = max(options.sign_in_away_seconds, WAIT_SECONDS + _ON_THE_WAY_SECONDS)
        self._on_saved = on_saved
        self._of: dict[str, SignIn] = {}
        self._queue: deque[SignIn] = deque()
        self._starts: dict[str, deque[float]] = {}
        self._watch = task.LoopingCall(self._look)
        reactor.addSystemEventTrigger("before", "shutdown", self.close)

    # -- what people do ---------------------------------------------------------------------------------------------

    def of(self, shop_id: str) -> SignIn | None:
        """The one of a shop that runs, or the last."""
        return self._of.get(shop_id)

    def start(self, shop: Shop, person: Person, invitation: str = "") -> SignIn:
        """Begins one, if the shop has none that runs: then it is that one, whoever has begun it.

        Args:
            invitation: of the link that has led here; whoever gave it out is told what comes of this.

        Raises:
            UsageError: the shop was tried too often, or a moment ago.
        """
        running = self._of.get(shop.id)
        if running is None or running.now.is_over:
            running = self._begin(shop, person)
        self.invitations.use(invitation, running)
        return running

    def _begin(self, shop: Shop, person: Person) -> SignIn:
        self._note_start(shop)
        sign_in = SignIn(shop, person, datetime.now(SHANGHAI))
        self._of[shop.id] = sign_in
        self._queue.append(sign_in)
        if not self._watch.running:
            self._watch.start(_LOOK_EVERY_SECONDS, now=False)
        self._launch()
        return sign_in

    def take_over(self, sign_in: SignIn, person: Person) -> None:
        """From now on this person has it, and the one before is told so."""
        if not sign_in.now.is_over and not sign_in.person.is_same(person.user, person.nonce):
            logger.info("sign-in of %s: %s takes it over from %s", sign_in.shop.id, person.user, sign_in.person.user)
            sign_in.send(do="let_go")
            sign_in.give_to(person)

    def give_more_time(self, sign_in: SignIn) -> None:
        """Once."""
        if sign_in.now.can_have_more and not sign_in.now.is_over:
            sign_in.change(can_have_more=False)
            sign_in.give_time(MORE_SECONDS, is_more=True)

    def end(self, sign_in: SignIn, state: str) -> None:
        """Ends one that runs."""
        if sign_in.now.is_over:
            return
        process, is_waiting = sign_in.process, sign_in in self._queue
        if process is not None:
            process.end()
        sign_in.change(state=state)
        if is_waiting:
            self._queue.remove(sign_in)
        self._note_end(sign_in)

    def close(self) -> None:
        """Ends all of them: the service stops."""
        for sign_in in list(self._of.values()):
            self.end(sign_in, "closed")

    # -- what becomes of them ---------------------------------------------------------------------------------------

    def _note_start(self, shop: Shop) -> None:
        now, starts = reactor.seconds(), self._starts.setdefault(shop.id, deque())
        while starts and now - starts[0] > 3600:
            starts.popleft()
        if starts and now - starts[-1] < _AGAIN_AFTER_SECONDS:
            seconds = round(_AGAIN_AFTER_SECONDS - (now - starts[-1]))
            raise UsageError(
                "this shop was tried a moment ago",
                where=f"shop {shop.id!r}",
                todo=f"Portals lock accounts that sign in all the time: try again in {max(seconds, 1)} seconds.",
            )
        if len(starts) >= _MOST_IN_AN_HOUR:
            raise UsageError(
                f"this shop was tried {_MOST_IN_AN_HOUR} times within an hour",
                where=f"shop {shop.id!r}",
                todo="Portals lock accounts that sign in all the time: try again later.",
            )
        starts.append(now)

    def _launch(self) -> None:
        while self._queue and self._count() < MOST_AT_ONCE:
            sign_in = self._queue.popleft()
            sign_in.give_time(self._person_seconds)
            sign_in.change(state="opening")
            try:
                sign_in.process = SignInProcess(
                    sign_in.shop.id,
                    # Long after it was ended from here.
                    2 * (self._person_seconds + MORE_SECONDS),
                    partial(self._take, sign_in),
                    partial(self._ended, sign_in),
                )
            except OSError as error:
                logger.error("sign-in of %s: it can't be started: %s", sign_in.shop.id, error)
                self.end(sign_in, "browser_died")
        for place, sign_in in enumerate(self._queue, 1):
            sign_in.change(step="places", told={"place": str(place)})

    def _count(self) -> int:
        """Those whose process still runs, also after their end."""
        return sum(sign_in.process is not None for sign_in in self._processes())

    def _processes(self) -> list[SignIn]:
        return [sign_in for sign_in in self._of.values() if sign_in.process is not None]

    def _take(self, sign_in: SignIn, kind: Kind, content: bytes) -> None:
        was_over, was_queued = sign_in.now.is_over, sign_in.now.state == "queued"
        sign_in.take(kind, content)
        if was_queued and not sign_in.now.is_over and sign_in.now.state != "queued":
            # Nobody could do anything while a run had the account.
            sign_in.give_time(self._person_seconds)
        if sign_in.now.state == "saved" and not was_over:
            saved = deferToThread(self._on_saved, sign_in.shop)
            saved.addErrback(
                lambda failure: logger.error(
                    "sign-in of %s: what it is missing could not be asked for: %s",
                    sign_in.shop.id,
                    failure.getErrorMessage(),
                )
            )
        if sign_in.now.is_over and not was_over:
            self._note_end(sign_in)

    def _ended(self, sign_in: SignIn, code: int | None) -> None:
        sign_in.process = None
        if not sign_in.now.is_over:
            logger.warning("sign-in of %s: its process ended, code %s", sign_in.shop.id, code)
            sign_in.change(state="browser_died")
            self._note_end(sign_in)
        self._launch()

    def _note_end(self, sign_in: SignIn) -> None:
        self.records.add(sign_in)

    def _look(self) -> None:
        now, moment = reactor.seconds(), datetime.now(SHANGHAI)
        for shop_id, sign_in in list(self._of.items()):
            if sign_in.ended_at is not None:
                if sign_in.process is None and (moment - sign_in.ended_at).total_seconds() > _REMEMBERED_SECONDS:
                    del self._of[shop_id]
            elif now - sign_in.last_seen > self._away_seconds:
                self.end(sign_in, "left")
            elif sign_in.now.until is not None and moment > sign_in.now.until:
                self.end(sign_in, "timed_out")
            else:
                sign_in.look_after()
        if not self._of:
            self._watch.stop()
