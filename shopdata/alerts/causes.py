"""Troubles put together by their cause: the one rule of every list of reasons that a person reads.

First the kind (what is wrong, and what helps), then the code of the reason with the facts that are told with it. Of a
reason without a code, only its sentence tells it from others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.wording.why import essence_of, kind_of

#: The states of a cell that are told under the name of another topic.
_TOPICS = dict.fromkeys((CellState.STAGED, CellState.PENDING, CellState.RUNNING), "unpublished")
#: The most urgent first.
TOPICS = ("needs_login", "rejected", "failed", "unpublished", "not_ready", "refresh")
#: Where the state says more than the reason: whatever it is, this is what a person does about it.
_KINDS = {
    CellState.NOT_READY: "not_ready",
    CellState.STAGED: "staged",
    CellState.PENDING: "stopped",
    CellState.RUNNING: "stopped",
    CellState.REJECTED: "file_rejected",
}


@dataclass(frozen=True)
class Trouble:
    """Something that stays until it is fixed. `shop` is empty where it concerns the whole partition."""

    topic: str
    reason: Reason
    shop: str
    name: str
    dt: str = ""
    #: The cell's; None where it concerns the whole partition.
    state: CellState | None = None
    #: Where troubles of several are put together.
    dataset: str = ""

    @property
    def kind(self) -> str:
        """What it needs of a person: the name of a title and a todo among the texts."""
        if self.state is None:
            return "refresh_failed"
        own = kind_of(self.reason.code)
        return own if own == "doubtful" else _KINDS.get(self.state) or own

    @property
    def key(self) -> str:
        """Equal as long as a person would say that nothing has changed."""
        return f"{self.topic}|{self.kind}|{self.shop}"


@dataclass(frozen=True)
class Cause:
    """Troubles that a person sees as one. None is without troubles."""

    kind: str
    troubles: tuple[Trouble, ...]

    @property
    def topic(self) -> str:
        """That of all of them."""
        return self.troubles[0].topic

    @property
    def reason(self) -> Reason:
        """That of the first of them."""
        return self.troubles[0].reason

    @property
    def shops(self) -> dict[str, list[Trouble]]:
        """By shop id."""
        found: dict[str, list[Trouble]] = {}
        for trouble in self.troubles:
            found.setdefault(trouble.shop, []).append(trouble)
        return found


def trouble_of(state: CellState, reason: Reason, *, shop: str, name: str, dt: str, dataset: str = "") -> Trouble:
    """What a cell's state and reason mean to a person.

    Args:
        shop: the id.
        name: what people call the shop.
    """
    return Trouble(_TOPICS.get(state, state.value), reason, shop, name, dt, state, dataset)


def causes_of(troubles: Iterable[Trouble]) -> list[Cause]:
    """The most urgent first, those of a kind side by side; within a cause the order is as it was."""
    kinds: dict[tuple[int, str], dict[tuple[Hashable, ...], list[Trouble]]] = {}
    for trouble in troubles:
        of_kind = kinds.setdefault((TOPICS.index(trouble.topic), trouble.kind), {})
        of_kind.setdefault(essence_of(trouble.reason), []).append(trouble)
    # Sorted by the topic alone: kinds of one topic stay in the order in which they were met.
    order = sorted(kinds.items(), key=lambda pair: pair[0][0])
    return [Cause(kind, tuple(members)) for (_, kind), causes in order for members in causes.values()]
