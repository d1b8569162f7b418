"""The state of all shops' sessions, read again only where a file has changed: each is decrypted."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopdata.config import Shop
from shopdata.exceptions import ShopdataError
from shopdata.reasons import Reason
from shopdata.sessions.sessions import AboutSession, SessionStore

#: How long a page waits for sessions that are being read; what is not there by then is shown the next time.
ANSWER_SECONDS = 1.5


@dataclass(frozen=True)
class _Known:
    shop: Shop
    stamp: object
    about: AboutSession


class SessionsWatch:
    """Remembers what it read. One thread of its own reads; it ends with the process."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._known: dict[str, _Known] = {}
        self._wanted: queue.Queue[tuple[Shop, object]] = queue.Queue()
        self._queued: set[str] = set()
        self._changed = threading.Condition()
        self._reader: threading.Thread | None = None

    def about(self, shops: Sequence[Shop]) -> Mapping[str, AboutSession | None]:
        """By shop id; None where reading is not through yet."""
        stamps = self._store.stamps()
        with self._changed:
            for shop in shops:
                stamp = stamps.get(f"{shop.platform}_{shop.id}")
                known = self._known.get(shop.id)
                if (known is None or known.stamp != stamp or known.shop != shop) and shop.id not in self._queued:
                    self._queued.add(shop.id)
                    self._wanted.put((shop, stamp))
            if self._queued and self._reader is None:
                self._reader = threading.Thread(target=self._read, name="sessions of the board", daemon=True)
                self._reader.start()
            end = time.monotonic() + ANSWER_SECONDS
            ids = {shop.id for shop in shops}
            while self._queued & ids and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
            return {
                shop.id: known.about if (known := self._known.get(shop.id)) and shop.id not in self._queued else None
                for shop in shops
            }

    def _read(self) -> None:
        while True:
            shop, stamp = self._wanted.get()
            try:
                about = self._store.about(shop)
            except (OSError, ShopdataError) as error:
                # It may be there all the same.
                why = Reason("disk_failed", {}, str(error)) if isinstance(error, OSError) else Reason.of(error)
                about = AboutSession(saved_at=None, checked_at=None, checked_state="unknown", parked=why)
            with self._changed:
                self._known[shop.id] = _Known(shop, stamp, about)
                self._queued.discard(shop.id)
                self._changed.notify_all()
