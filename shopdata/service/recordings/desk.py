"""The recordings as pages see them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from shopdata.config import Shop
from shopdata.periods import PeriodKind
from shopdata.service.in_reactor import in_reactor
from shopdata.service.live.desk import COMMON_ACTS, Acts, LiveDesk, send
from shopdata.service.live.person import Person
from shopdata.service.recordings.recording import Recording, RecordingNow
from shopdata.service.recordings.recordings import Recordings

_TICKED = ("ids", "keys", "personal")
_TYPED = ("title", "lag_days", "allow_empty", "keep_totals")


def _wish(end: str, *states: str) -> Any:
    def act(_: Recordings, found: Recording, values: Mapping[str, str]) -> None:
        if found.now.state in states:
            found.send(do="wish", end=end)

    return act


def _choose(_: Recordings, found: Recording, values: Mapping[str, str]) -> None:
    choices, number = found.now.about.get("choices", ()), values.get("number", "")
    if found.now.state == "which" and number.isdecimal() and int(number) < len(choices):
        found.change(state="reading", about={})
        found.send(do="choose", which=choices[int(number)])


def _write(_: Recordings, found: Recording, values: Mapping[str, str]) -> None:
    if found.now.state != "asking":
        return
    columns = (found.now.about.get("contract") or {}).get("columns", ())
    ticked = {
        field: [name for number, name in enumerate(columns) if values.get(f"{field}-{number}")] for field in _TICKED
    }
    about, given = found.now.about, {name: values.get(name, "")[:200] for name in _TYPED}
    hosts = [host for number, host in enumerate(about.get("hosts", ())) if values.get(f"host-{number}")]
    # It is pressed once.
    found.change(state="reading", about=about)
    found.send(do="write", **given, **ticked, hosts=hosts)


def _by_page(_: Recordings, found: Recording, values: Mapping[str, str]) -> None:
    if found.now.state in ("written", "differs"):
        found.change(state="opening", about=found.now.about)
        found.send(do="rehearse", by="page")


class RecordingsDesk(LiveDesk[Recording, RecordingNow]):
    """Every method waits for the reactor's thread."""

    acts: ClassVar[Acts] = {
        **COMMON_ACTS,
        "home": send("home"),
        "rows": _wish("rows", "take"),
        "next": _wish("next", "took"),
        "retake": _wish("again", "took"),
        "choose": _choose,
        "write": _write,
        "rehearse": _by_page,
    }

    def __init__(self, recordings: Recordings) -> None:
        super().__init__(recordings)
        self._recordings = recordings

    def start(
        self, name: str, shop: Shop, person: Person, invitation: str = "", kind: PeriodKind | None = None
    ) -> None:
        """Begins one, or leaves the one that runs as it is. Raises UsageError."""
        in_reactor(self._recordings.start, name, shop, person, invitation, kind)

    def told_of(self, now: Any) -> dict[str, Any]:
        return {"is_written": isinstance(now, RecordingNow) and now.is_written}

    def running(self) -> list[tuple[str, Shop, RecordingNow, str]]:
        """Those that run, and those that are remembered: name, shop, how far, and who has it."""
        return in_reactor(self._running)

    def _running(self) -> list[tuple[str, Shop, RecordingNow, str]]:
        return [(one.name, one.shop, one.now, one.person.user) for one in self._recordings.all()]

    def shop_of(self, name: str) -> Shop | None:
        """Whose recording it is; None if there is none."""
        return next((shop for known, shop, _, _ in self.running() if known == name), None)

    def compare(self, name: str, person: Person, view: str, day: date, content: bytes) -> bool:
        """Holds the recipe against an export by hand; False where it is not theirs, or means nothing now."""
        path = self._recordings.folder / f"{self._recordings.sent_prefix}{secrets.token_hex(8)}"
        # Its owner's alone, and gone as soon as it is read.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        is_sent = in_reactor(self._compare, name, person, view, day, path)
        if not is_sent:
            path.unlink(missing_ok=True)
        return bool(is_sent)

    def _compare(self, name: str, person: Person, view: str, day: date, path: Path) -> bool:
        found = self._recordings.of(name)
        is_theirs = found is not None and found.view == view and found.is_theirs(person)
        if found is None or not is_theirs or found.now.state not in ("written", "differs"):
            return False
        found.seen()
        found.sent.append(path)
        found.change(state="comparing", about={**found.now.about, "day": str(day)})
        found.send(do="rehearse", by="file", day=str(day), file=str(path))
        return True
