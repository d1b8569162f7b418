"""Who has signed in which shop from the board, when, and what came of it: a line of JSON each. Nothing of what was
typed or seen."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from shopdata.service.sign_ins.sign_in import ENDS, SignIn

logger = logging.getLogger(__name__)

#: Of a few shops a day, years.
_MOST_BYTES = 1 << 20
_LONGEST_TEXT = 200


#: What is noted of one; earlier versions may have noted less.
Record = Mapping[str, Any]


class Records:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, sign_in: SignIn) -> None:
        """A sign-in is over."""
        person, ended_at = sign_in.person, sign_in.ended_at
        entry = {
            "shop": sign_in.shop.id,
            "platform": sign_in.shop.platform,
            "user": person.user,
            "address": person.address,
            "agent": person.agent[:_LONGEST_TEXT],
            "started_at": sign_in.started_at.isoformat(timespec="seconds"),
            "ended_at": ended_at.isoformat(timespec="seconds") if ended_at else None,
            "outcome": sign_in.now.state,
            "asked": sign_in.asked,
            "points": sign_in.points,
            "keys": sign_in.keys,
            "hosts": list(sign_in.hosts),
        }
        logger.info("sign-in of %s by %s: %s", entry["shop"], entry["user"], entry["outcome"])
        try:
            if self._path.exists() and self._path.stat().st_size > _MOST_BYTES:
                self._path.replace(self._path.with_suffix(".1.jsonl"))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        except OSError as error:
            logger.error("sign-in of %s: it could not be noted: %s", entry["shop"], error.strerror)

    def latest(self, count: int) -> list[Record]:
        """The last ones, the latest first. Blocks."""
        return list(islice(_read(reversed(self._lines())), count))

    def outcomes(self) -> Mapping[str, int]:
        """How often each end came. Blocks."""
        found = Counter(entry["outcome"] for entry in _read(self._lines()))
        return {end: found[end] for end in sorted(ENDS)}

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text("utf-8").splitlines()
        except OSError:
            return []


def _read(lines: Iterable[str]) -> Iterator[Record]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue  # it was cut off
