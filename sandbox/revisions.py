"""Figures of past days that the platform has revised since: the same question gets another answer from then on."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter


class Revisions:
    """How often the figures of a shop and day were revised. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, dt.date]] = Counter()

    def add(self, shop_id: str, day: dt.date) -> None:
        """Revises a day once more."""
        with self._lock:
            self._counts[shop_id, day] += 1

    def between(self, shop_id: str, first: dt.date, last: dt.date) -> int:
        """How many revisions a report over these days holds, both included."""
        with self._lock:
            return sum(n for (shop, day), n in self._counts.items() if shop == shop_id and first <= day <= last)
