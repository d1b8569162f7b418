"""The sign-ins as pages see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from shopdata.config import Shop
from shopdata.service.in_reactor import in_reactor
from shopdata.service.live.desk import COMMON_ACTS, Acts, LiveDesk, send
from shopdata.service.live.person import Person
from shopdata.service.sign_ins.records import Record
from shopdata.service.sign_ins.sign_in import Now, SignIn
from shopdata.service.sign_ins.sign_ins import SignIns


def _code(_: SignIns, found: SignIn, values: Mapping[str, str]) -> None:
    text = "".join(values.get("code", "").split())[:20]
    if text:
        found.keys += 1
        found.change(told={"key": "code_entered"})
        found.send(do="code", text=text)


class Desk(LiveDesk[SignIn, Now]):
    """Every method waits for the reactor's thread."""

    acts: ClassVar[Acts] = {
        **COMMON_ACTS,
        "again": send("again"),
        "qr": send("qr"),
        "send_code": send("send_code"),
        "accept": send("accept"),
        "code": _code,
    }

    def __init__(self, sign_ins: SignIns) -> None:
        super().__init__(sign_ins)
        self._sign_ins = sign_ins

    def start(self, shop: Shop, person: Person, invitation: str = "") -> None:
        """Begins one, or leaves the one that runs as it is. Raises UsageError."""
        in_reactor(self._sign_ins.start, shop, person, invitation)

    def latest(self, count: int) -> list[Record]:
        """The last sign-ins, the latest first."""
        return self._sign_ins.records.latest(count)

    def told_of(self, now: Any) -> dict[str, Any]:
        return {"asked": now.asked if isinstance(now, Now) else ""}
