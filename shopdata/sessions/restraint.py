"""What keeps all runs together from asking too much of a portal: passwords sent in vain, and shops left alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from shopdata.config import Shop
from shopdata.sessions.places import FilePlace, Place

_FILE = "restraint.json"
#: A session that ends so soon was not simply too old.
SHORT_LIFE = timedelta(minutes=10)
#: How often a run sends a shop's password while no session of it lives longer than that.
MOST_IN_A_RUN = 2
#: What lies longer back says nothing about today.
_REMEMBERED = timedelta(days=1)


@dataclass(frozen=True)
class Sent:
    """How often a shop's password was sent since one of its sessions last lived: by runs before this one, and since."""

    before: int
    meanwhile: int

    @property
    def is_enough(self) -> bool:
        """True if it must not be sent again in this run.

        Counted is what all runs have sent since this one began: several at a time are no more patient with an account
        than one. A run that begins after such a one tries once.
        """
        return self.meanwhile >= (1 if self.before >= MOST_IN_A_RUN else MOST_IN_A_RUN)


@dataclass(frozen=True)
class Restraint:
    """One small file beside the sessions, for all runs on this machine. No secrets."""

    folder: Path
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    #: Where it is kept, if not in a file of that folder.
    place: Place | None = None

    # -- passwords --------------------------------------------------------------------------------------------------

    def sent(self, shop: Shop) -> Sent:
        """How often the shop's password was sent in vain of late."""
        moments = _moments(self._read().get(shop.file_stem, {}).get("sent"))
        meanwhile = sum(moment >= self.began_at for moment in moments)
        return Sent(len(moments) - meanwhile, meanwhile)

    def note_sent(self, shop: Shop) -> None:
        """Written down before the password leaves. Raises DiskError."""
        with self._changing(shop) as data:
            now = datetime.now(UTC)
            recent = [moment for moment in _moments(data.get("sent")) if now - moment < _REMEMBERED]
            data["sent"] = [moment.isoformat() for moment in (*recent, now)]

    def note_lived(self, shop: Shop) -> None:
        """A session of the shop lived as long as one should: what was sent before was not in vain."""
        if "sent" in self._read().get(shop.file_stem, {}):
            with self._changing(shop) as data:
                data.pop("sent", None)

    # -- rests ------------------------------------------------------------------------------------------------------

    def rest(self, shop: Shop, seconds: float, why: str) -> None:
        """Leaves a shop alone for so long, whichever run comes. Raises DiskError."""
        with self._changing(shop) as data:
            data.update(rests_until=(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(), why=why)

    def rests_until(self, shop: Shop) -> tuple[datetime, str] | None:
        """When the shop may be asked again, and why not before; None if it may be asked now."""
        data = self._read().get(shop.file_stem, {})
        moment = next(iter(_moments([data.get("rests_until")])), None)
        return (moment, str(data.get("why"))) if moment is not None and moment > datetime.now(UTC) else None

    def end_rest(self, shop: Shop) -> None:
        """Lets a shop be asked at once."""
        if "rests_until" in self._read().get(shop.file_stem, {}):
            with self._changing(shop) as data:
                data.pop("rests_until", None)
                data.pop("why", None)

    # -- the file ---------------------------------------------------------------------------------------------------

    @property
    def _place(self) -> Place:
        return self.place or FilePlace(self.folder)

    @contextlib.contextmanager
    def _changing(self, shop: Shop) -> Iterator[dict[str, Any]]:
        with self._place.alone(_FILE) as place:
            everything = _in(place.read(_FILE))
            data = everything.setdefault(shop.file_stem, {})
            yield data
            if not data:
                del everything[shop.file_stem]
            place.write(_FILE, json.dumps(everything, ensure_ascii=False, indent=1, sort_keys=True).encode())

    def _read(self) -> Mapping[str, Mapping[str, Any]]:
        return _as_read(self._place.read(_FILE))


def _in(content: bytes | None) -> dict[str, dict[str, Any]]:
    try:
        kept = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in kept.items() if isinstance(value, dict)} if isinstance(kept, dict) else {}


@lru_cache(maxsize=4)
def _as_read(content: bytes | None) -> Mapping[str, Mapping[str, Any]]:
    """Nobody changes it: each request looks into it, and of hundreds of shops it is long."""
    return _in(content)


def _moments(texts: object) -> list[datetime]:
    """The moments in a list of texts; whatever somebody else has written there is passed over."""
    moments = []
    for text in texts if isinstance(texts, list) else ():
        with contextlib.suppress(ValueError, TypeError):
            moment = datetime.fromisoformat(text)
            moments.append(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return moments
