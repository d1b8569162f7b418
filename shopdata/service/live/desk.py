"""What is used live from the board, as pages see it, which are made in other threads than the reactor's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from shopdata.service.in_reactor import in_reactor
from shopdata.service.live.person import Person
from shopdata.service.live.viewing import LiveNow, Viewing
from shopdata.service.live.viewings import Viewings

SomeNow = TypeVar("SomeNow", bound=LiveNow)
Seen = TypeVar("Seen", bound=Viewing)

#: What a button does: to all of a kind, to one, with what its form holds.
Acts = Mapping[str, Callable[[Any, Any, Mapping[str, str]], Any]]


@dataclass(frozen=True)
class Glance(Generic[SomeNow]):
    """One at a moment."""

    now: SomeNow
    #: Who has it, and since when.
    user: str
    started_at: datetime
    #: Of its page's address, for whoever has it; "" for everybody else.
    view: str
    #: Who has taken it from the view that was asked for; "" for nobody.
    taken_by: str = ""


class LiveDesk(Generic[Seen, SomeNow]):
    """Every method waits for the reactor's thread."""

    acts: ClassVar[Acts]

    def __init__(self, viewings: Viewings[Seen]) -> None:
        self._viewings = viewings

    def glance(self, key: str, person: Person, view: str = "") -> Glance[SomeNow] | None:
        """The one that runs, or the last; None for none."""
        return in_reactor(self._glance, key, person, view)

    def _glance(self, key: str, person: Person, view: str) -> Glance[Any] | None:
        found = self._viewings.of(key)
        if found is None:
            return None
        is_own = found.is_theirs(person)
        if is_own:
            found.seen()
        taken_by = "" if is_own else found.taken_over.get(view, "")
        return Glance(found.now, found.person.user, found.started_at, found.view if is_own else "", taken_by)

    def invite(self, key: str) -> str:
        """The code of a link to one."""
        return in_reactor(self._viewings.invitations.make, key)

    def is_invited(self, key: str, code: str) -> bool:
        """True if a link with this code still leads to one."""
        return in_reactor(self._viewings.invitations.is_open, code, key)

    def invited(self, code: str) -> dict[str, Any] | None:
        """What came of a link, for whoever has given it out; None if it is not known any more."""
        return in_reactor(self._invited, code)

    def _invited(self, code: str) -> dict[str, Any] | None:
        is_known, viewing = self._viewings.invitations.ask(code)
        if not is_known:
            return None
        if viewing is None:
            return {"state": "waiting", "is_over": False, **self.told_of(None)}
        return {"state": viewing.now.state, "is_over": viewing.now.is_over, **self.told_of(viewing.now)}

    def told_of(self, now: Any) -> dict[str, Any]:
        """What else a command is told; None for before it has begun."""
        return {}

    def act(self, key: str, person: Person, view: str, what: str, values: Mapping[str, str]) -> bool:
        """Does what a button says; False where it is not theirs, or means nothing now."""
        return in_reactor(self._act, key, person, view, what, values)

    def _act(self, key: str, person: Person, view: str, what: str, values: Mapping[str, str]) -> bool:
        found = self._viewings.of(key)
        if found is None or found.now.is_over:
            return False
        if what == "take_over":
            self._viewings.take_over(found, person)
            return True
        if found.view != view or not found.is_theirs(person) or what not in self.acts:
            return False
        found.seen()
        self.acts[what](self._viewings, found, values)
        return True


def send(what: str) -> Callable[[Any, Viewing, Mapping[str, str]], None]:
    """A button that its browser's process hears of."""
    return lambda _, found, values: found.send(do=what)


def select(_: Any, found: Viewing, values: Mapping[str, str]) -> None:
    """Chooses in the list that is open on the page."""
    number = values.get("number", "")
    if number.isdecimal() and int(number) < len(found.now.page.get("options", ())):
        found.send(do="select", number=int(number))


def dialog(_: Any, found: Viewing, values: Mapping[str, str]) -> None:
    """Answers the browser's dialog."""
    found.send(do="dialog", yes=values.get("yes") == "1", text=values.get("text", "")[:200])


#: What buttons do wherever there is a picture.
COMMON_ACTS: Acts = {
    "end": lambda all_of_them, found, _: all_of_them.end(found, "closed"),
    "more": lambda all_of_them, found, _: all_of_them.give_more_time(found),
    "reload": send("reload"),
    "select": select,
    "dialog": dialog,
}
