"""Wrong passwords: how often, from where, for whom, and how long their answers are held back."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from shopdata.periods import SHANGHAI

logger = logging.getLogger(__name__)

#: So many wrong passwords are nobody's business: a typo, an old bookmark.
_FREE = 3
_FIRST_SECONDS, _MOST_SECONDS = 0.25, 2.0
#: So many wrong answers of one address are held back at once; more of them are told that they are too many.
_MOST_HELD = 8
_FORGET_SECONDS = 900
_MOST_KNOWN = 1000
#: Each of the first ones has a line in the log, then every doubling.
_TOLD_EACH = 10


@dataclass
class _Guesser:
    count: int = 0
    held: int = 0
    since: datetime = field(default_factory=lambda: datetime.now(SHANGHAI))
    last: float = 0.0


class Guesses:
    """Wrong passwords by address, and by user where there is such a one: the answers to them come later and later, and
    the log knows of them.

    Whoever is known already (a session, a password that fitted before, the user of the settings) waits for nothing:
    behind a reverse proxy all may have one address, and a stranger's guesses must lock nobody out. That no guess is
    right is up to the password (`weakness_of`).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, _Guesser] = OrderedDict()

    def are_too_many(self, address: str) -> bool:
        """True while so many answers of this address are held back that no further password of it is looked at."""
        guesser = self._known.get(_network(address))
        return guesser is not None and guesser.held >= _MOST_HELD

    def note(self, address: str, user: str = "") -> float | None:
        """Counts a wrong password.

        Args:
            user: whose it would have been; "" if there is no such user. What else stands for a name may be a password.

        Returns:
            for how many seconds the answer is held back, until `answered` is called; None if there are too many.
        """
        guesser = self._count(_network(address))
        count = max(guesser.count, self._count(f"user {user}").count if user else 0)
        if guesser.count <= _TOLD_EACH or guesser.count & (guesser.count - 1) == 0:
            logger.warning(
                "a sign-in was refused, user name or password is wrong: from %s, %d since %s%s",
                address,
                guesser.count,
                f"{guesser.since:%Y-%m-%d %H:%M:%S}",
                f", as {user}" if user else "",
            )
        if count <= _FREE:
            return 0.0
        if guesser.held >= _MOST_HELD:
            return None
        guesser.held += 1
        return float(min(_FIRST_SECONDS * 2 ** min(count - _FREE - 1, 10), _MOST_SECONDS))

    def answered(self, address: str) -> None:
        """An answer that was held back is out, or nobody waits for it any more."""
        guesser = self._known.get(_network(address))
        if guesser is not None:
            guesser.held = max(0, guesser.held - 1)

    def _count(self, key: str) -> _Guesser:
        now = self._clock()
        guesser = self._known.pop(key, None)
        if guesser is None or now - guesser.last > _FORGET_SECONDS:
            guesser = _Guesser(held=guesser.held if guesser else 0)
        self._known[key] = guesser
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        guesser.count += 1
        guesser.last = now
        return guesser


def _network(address: str) -> str:
    """One subscriber has a whole /64 of IPv6 addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
