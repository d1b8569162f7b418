"""Writes down how long each session lives, for what may be said of the next one: `SessionStore` calls it, nobody else.

It must never cost a sign-in: where the ledger can't be written, a line in the log says so, and nothing is learnt.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from shopdata.config import Shop
from shopdata.exceptions import LedgerError
from shopdata.sessions.restraint import SHORT_LIFE

if TYPE_CHECKING:
    from shopdata.ledger.session_lives import SessionLives
    from shopdata.sessions.sign_in.steps import HowSignedIn, PortalAnswer

logger = logging.getLogger(__name__)

#: Good answers come by the hundred.
_GOOD_EVERY = timedelta(minutes=1)
#: A date of a cookie that moved less is the same.
_SAME_DATE = timedelta(minutes=1)
#: How portals say that the account has signed in elsewhere (docs/portals.md 1.3).
_ELSEWHERE = (
    *("被踢", "踢下线", "踢出", "挤下线", "强制下线", "被迫下线", "异地登录", "别处登录"),
    *("其他地方登录", "其它地方登录", "其他设备", "其它设备", "另一台设备", "另一设备", "另一地点"),
    *("signed in elsewhere", "logged in elsewhere", "another device", "another location", "kicked"),
)
#: As much of an answer as is searched for that.
_LONGEST_ANSWER = 1 << 16


class Death(StrEnum):
    """What a session's life has ended in. Of its length only `expired` tells something."""

    EXPIRED = "expired"
    #: The account has signed in elsewhere.
    KICKED = "kicked"
    #: We have signed in anew while it lived.
    REPLACED = "replaced"
    #: It was given up, and nobody has said that it is dead.
    DROPPED = "dropped"
    #: It was dead too soon to be too old, or was gone from the disk.
    UNKNOWN = "unknown"


def death_of(answer: PortalAnswer, signed_in_at: datetime) -> Death:
    """What the answer that says that a session is dead tells of why."""
    text = answer.body[:_LONGEST_ANSWER].decode("utf-8", "replace")
    if answer.json() is not None:
        # JSON may spell its words in numbers.
        text = str(answer.json())[:_LONGEST_ANSWER]
    if any(words in text.lower() for words in _ELSEWHERE):
        return Death.KICKED
    return death_by_age(signed_in_at)


def death_by_age(signed_in_at: datetime) -> Death:
    """The same where there is no answer to look at."""
    return Death.UNKNOWN if datetime.now(UTC) - signed_in_at < SHORT_LIFE else Death.EXPIRED


class Lives:
    """Blocking, and thread-safe.

    Args:
        open_ledger: opens the ledger's part when there is something to write; None writes nothing.
    """

    def __init__(self, open_ledger: Callable[[], SessionLives] | None = None) -> None:
        self._open_ledger = open_ledger
        self._lock = threading.Lock()
        #: By shop: when a good answer was written last, and which date of a cookie.
        self._good_at: dict[str, datetime] = {}
        self._expires_at: dict[str, datetime | None] = {}
        self._is_told = False

    def begin(self, shop: Shop, signed_in_at: datetime, how: HowSignedIn, *, is_replacing: bool) -> None:
        """A shop has signed in.

        Args:
            is_replacing: nobody had ended the session before it.
        """
        if self._open_ledger is None:
            return
        from shopdata.ledger.session_lives import SessionLife

        life = SessionLife(
            platform=shop.platform,
            shop=shop.id,
            signed_in_at=signed_in_at,
            signed_in_by=how.by,
            asked=how.asked,
            device_made_at=how.device_made_at,
            last_good_at=signed_in_at,
            cookie_expires_at=how.cookie_expires_at,
        )
        death = Death.REPLACED if is_replacing else Death.UNKNOWN
        self._write(shop, lambda lives: lives.begin(life, death))
        with self._lock:
            self._good_at.pop(shop.file_stem, None)
            self._expires_at[shop.file_stem] = how.cookie_expires_at

    def is_good_due(self, shop: Shop) -> bool:
        """True if a good answer would be written. Does not block."""
        with self._lock:
            before = self._good_at.get(shop.file_stem)
        return self._open_ledger is not None and (before is None or datetime.now(UTC) - before >= _GOOD_EVERY)

    def note_good(self, shop: Shop, signed_in_at: datetime) -> None:
        """The portal has answered as it does to those who are signed in; written at most once a minute."""
        if not self.is_good_due(shop):
            return
        now = datetime.now(UTC)
        with self._lock:
            self._good_at[shop.file_stem] = now
        self._write(shop, lambda lives: lives.move_good(shop.platform, shop.id, signed_in_at, now))

    def note_check(self, shop: Shop, signed_in_at: datetime, state: str) -> None:
        """The portal was asked whether the session lives, and has said what a `SessionState` is."""
        if state == "alive":
            self.note_good(shop, signed_in_at)
        elif state == "dead":
            self.end(shop, signed_in_at, death_by_age(signed_in_at))

    def note_expiry(self, shop: Shop, signed_in_at: datetime, expires_at: datetime | None) -> None:
        """An answer has changed the session's cookies."""
        if self._open_ledger is None or not self._is_moved(shop, expires_at):
            return
        self._write(shop, lambda lives: lives.set_cookie_expiry(shop.platform, shop.id, signed_in_at, expires_at))

    def end(self, shop: Shop, signed_in_at: datetime, death: Death) -> None:
        """The session is dead, or given up."""
        if self._open_ledger is None:
            return
        now = datetime.now(UTC)
        self._write(shop, lambda lives: lives.end(shop.platform, shop.id, signed_in_at, now, death))
        with self._lock:
            self._good_at.pop(shop.file_stem, None)

    def _is_moved(self, shop: Shop, expires_at: datetime | None) -> bool:
        with self._lock:
            before = self._expires_at.get(shop.file_stem)
            if before is not None and expires_at is not None:
                is_moved = abs(expires_at - before) >= _SAME_DATE
            else:
                is_moved = shop.file_stem not in self._expires_at or before != expires_at
            self._expires_at[shop.file_stem] = expires_at if is_moved else before
            return is_moved

    def _write(self, shop: Shop, work: Callable[[SessionLives], None]) -> None:
        assert self._open_ledger is not None
        try:
            work(self._open_ledger())
        except LedgerError as error:
            if not self._is_told:
                self._is_told = True
                logger.warning("%s: how long its session lives can't be noted: %s", shop.id, error)
