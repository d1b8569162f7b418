"""The sign-ins as pages see them, which are made in other threads than the reactor's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from twisted.internet import reactor
from twisted.internet.threads import blockingCallFromThread

from shopdata.config import Shop
from shopdata.service.sign_ins.person import Person
from shopdata.service.sign_ins.records import Record
from shopdata.service.sign_ins.sign_in import Now, SignIn
from shopdata.service.sign_ins.sign_ins import SignIns

Result = TypeVar("Result")


@dataclass(frozen=True)
class Glance:
    """One sign-in at a moment."""

    now: Now
    #: Who has it, and since when.
    user: str
    started_at: datetime
    #: Of its page's address, for whoever has it; "" for everybody else.
    view: str
    #: Who has taken it from the view that was asked for; "" for nobody.
    taken_by: str = ""


class Desk:
    """Every method waits for the reactor's thread."""

    def __init__(self, sign_ins: SignIns) -> None:
        self._sign_ins = sign_ins

    def glance(self, shop_id: str, person: Person, view: str = "") -> Glance | None:
        """The sign-in of a shop that runs, or its last; None for none."""
        return _in_reactor(self._glance, shop_id, person, view)

    def _glance(self, shop_id: str, person: Person, view: str) -> Glance | None:
        found = self._sign_ins.of(shop_id)
        if found is None:
            return None
        is_own = found.person.is_same(person.user, person.nonce)
        if is_own:
            found.seen()
        taken_by = "" if is_own else found.taken_over.get(view, "")
        return Glance(found.now, found.person.user, found.started_at, found.view if is_own else "", taken_by)

    def start(self, shop: Shop, person: Person, invitation: str = "") -> None:
        """Begins one, or leaves the one that runs as it is. Raises UsageError."""
        _in_reactor(self._sign_ins.start, shop, person, invitation)

    def latest(self, count: int) -> list[Record]:
        """The last sign-ins, the latest first."""
        return self._sign_ins.records.latest(count)

    def invite(self, shop_id: str) -> str:
        """The code of a link to a sign-in of this shop."""
        return _in_reactor(self._sign_ins.invitations.make, shop_id)

    def is_invited(self, shop_id: str, code: str) -> bool:
        """True if a link with this code still leads to one."""
        return _in_reactor(self._sign_ins.invitations.is_open, code, shop_id)

    def invited(self, code: str) -> dict[str, Any] | None:
        """What came of a link, for whoever has given it out; None if it is not known any more."""
        return _in_reactor(self._invited, code)

    def _invited(self, code: str) -> dict[str, Any] | None:
        is_known, sign_in = self._sign_ins.invitations.ask(code)
        if not is_known:
            return None
        if sign_in is None:
            return {"state": "waiting", "asked": "", "is_over": False}
        now = sign_in.now
        return {"state": now.state, "asked": now.asked, "is_over": now.is_over}

    def act(self, shop_id: str, person: Person, view: str, what: str, values: Mapping[str, str]) -> bool:
        """Does what a button says; False where it is not theirs, or means nothing now."""
        return _in_reactor(self._act, shop_id, person, view, what, values)

    def _act(self, shop_id: str, person: Person, view: str, what: str, values: Mapping[str, str]) -> bool:
        found = self._sign_ins.of(shop_id)
        if found is None or found.now.is_over:
            return False
        if what == "take_over":
            self._sign_ins.take_over(found, person)
            return True
        if found.view != view or not found.person.is_same(person.user, person.nonce) or what not in _ACTS:
            return False
        found.seen()
        _ACTS[what](self._sign_ins, found, values)
        return True


def _send(what: str) -> Callable[[SignIns, SignIn, Mapping[str, str]], None]:
    return lambda _, found, values: found.send(do=what)


def _code(_: SignIns, found: SignIn, values: Mapping[str, str]) -> None:
    text = "".join(values.get("code", "").split())[:20]
    if text:
        found.keys += 1
        found.change(told={"key": "code_entered"})
        found.send(do="code", text=text)


def _select(_: SignIns, found: SignIn, values: Mapping[str, str]) -> None:
    number = values.get("number", "")
    if number.isdecimal() and int(number) < len(found.now.page.get("options", ())):
        found.send(do="select", number=int(number))


def _dialog(_: SignIns, found: SignIn, values: Mapping[str, str]) -> None:
    found.send(do="dialog", yes=values.get("yes") == "1", text=values.get("text", "")[:200])


#: What buttons do.
_ACTS: Mapping[str, Callable[[SignIns, SignIn, Mapping[str, str]], Any]] = {
    "end": lambda all_of_them, found, _: all_of_them.end(found, "closed"),
    "more": lambda all_of_them, found, _: all_of_them.give_more_time(found),
    "again": _send("again"),
    "qr": _send("qr"),
    "reload": _send("reload"),
    "send_code": _send("send_code"),
    "accept": _send("accept"),
    "code": _code,
    "select": _select,
    "dialog": _dialog,
}


def _in_reactor(work: Callable[..., Result], *arguments: object) -> Result:
    result: Result = blockingCallFromThread(reactor, work, *arguments)
    return result
