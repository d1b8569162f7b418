"""All sign-ins from the board: who may begin one, and what follows from its end."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from twisted.internet import reactor as twisted_reactor
from twisted.internet.threads import deferToThread

from shopdata.config import Shop
from shopdata.exceptions import UsageError
from shopdata.periods import SHANGHAI
from shopdata.service.live.person import Person
from shopdata.service.live.process import LiveProcess
from shopdata.service.live.viewing import LiveNow
from shopdata.service.live.viewings import Viewings
from shopdata.service.options import ServiceOptions
from shopdata.service.sign_ins.records import Records
from shopdata.service.sign_ins.sign_in import SignIn

logger = logging.getLogger(__name__)

reactor: Any = twisted_reactor

#: Each is a Chromium, some 400 MB.
MOST_AT_ONCE = 2
#: Portals lock accounts that sign in all the time.
_AGAIN_AFTER_SECONDS = 30.0
_MOST_IN_AN_HOUR = 10
_MODULE = "shopdata.service.sign_ins.child"


class SignIns(Viewings[SignIn]):
    """In the reactor's thread only. Each is known by its shop's id.

    Args:
        on_saved: called in a thread when a shop is signed in.
    """

    def __init__(self, options: ServiceOptions, on_saved: Callable[[Shop], None]) -> None:
        super().__init__(
            "sign-in",
            most_at_once=MOST_AT_ONCE,
            person_seconds=options.sign_in_seconds,
            away_seconds=options.sign_in_away_seconds,
        )
        self.records = Records(options.sign_ins)
        self._on_saved = on_saved
        self._starts: dict[str, deque[float]] = {}

    def start(self, shop: Shop, person: Person, invitation: str = "") -> SignIn:
        """Begins one, if the shop has none that runs: then it is that one, whoever has begun it.

        Args:
            invitation: of the link that has led here; whoever gave it out is told what comes of this.

        Raises:
            UsageError: the shop was tried too often, or a moment ago.
        """
        running = self.of(shop.id)
        if running is None or running.now.is_over:
            self._note_start(shop)
            running = SignIn(shop, person, datetime.now(SHANGHAI))
            self.begin(running)
        self.invitations.use(invitation, running)
        return running

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

    def _process(self, viewing: SignIn, seconds: int) -> LiveProcess:
        return self._start(viewing, _MODULE, viewing.shop.id, str(seconds))

    def _changed(self, viewing: SignIn, before: LiveNow) -> None:
        if before.state == "queued" and not viewing.now.is_over and viewing.now.state != "queued":
            # Nobody could do anything while a run had the account.
            viewing.give_time(self._person_seconds)
        if viewing.now.state == "saved" and not before.is_over:
            saved = deferToThread(self._on_saved, viewing.shop)
            saved.addErrback(
                lambda failure: logger.error(
                    "sign-in of %s: what it is missing could not be asked for: %s",
                    viewing.shop.id,
                    failure.getErrorMessage(),
                )
            )

    def _note_end(self, viewing: SignIn) -> None:
        self.records.add(viewing)
