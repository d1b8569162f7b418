"""One sign-in from the board: what the portal asks of its person, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from shopdata.config import Shop
from shopdata.service.live.person import Person
from shopdata.service.live.viewing import LiveNow, Viewing

#: What a sign-in ends in.
ENDS = LiveNow.ends | {"saved"}


@dataclass(frozen=True)
class Now(LiveNow):
    """What is known of it; `page` has `said`, `sms` and `slider` besides."""

    ends: ClassVar[frozenset[str]] = ENDS
    shown: ClassVar[frozenset[str]] = frozenset({"needs_you"})

    #: What the portal asks of the person; a code of `wording/tables/reasons.yaml`, or `qr`.
    asked: str = ""
    #: What the app has said: waiting, scanned, expired; "" for nothing.
    qr: str = ""
    #: Counts the QR codes that were shown; 0 while there is none.
    code: int = 0
    #: Whose account it turned out to be: what may be told of it, by its kind.
    who: Mapping[str, str] = field(default_factory=dict)


class SignIn(Viewing):
    """In the reactor's thread only."""

    now: Now

    def __init__(self, shop: Shop, person: Person, began: datetime) -> None:
        super().__init__(shop.id, person, began, Now())
        self.shop = shop
        self.qr_png = b""
        self.asked: list[str] = []
        self.hosts: tuple[str, ...] = ()
        self._codes = 0

    def take_code(self, png: bytes) -> None:
        self.qr_png = png
        self._codes += 1
        self.change(code=self._codes if png else 0)

    def changes_by(self, event: Mapping[str, Any]) -> dict[str, Any]:
        changes = super().changes_by(event)
        if "state" in event:
            changes |= {"who": event.get("who", {}), "asked": event.get("asked", ""), "qr": ""}
            if event["state"] == "needs_you":
                self.asked.append(event["asked"])
            self.hosts = tuple(event.get("hosts", self.hosts))
        if "qr" in event:
            changes["qr"] = event["qr"]
        return changes

    def forget_pictures(self) -> None:
        super().forget_pictures()
        self.qr_png = b""
