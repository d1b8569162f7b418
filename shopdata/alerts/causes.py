"""Troubles put together by their cause: the one rule of every list of reasons that a person reads.

First the kind (what is wrong, and what helps), then what more is known of it. What nobody has words for counts as one
where its sentences differ in nothing but shop and period.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from shopdata.alerts.reasons import kind_of
from shopdata.states import CellState

#: The states of a cell that are told under the name of another topic.
_TOPICS = dict.fromkeys((CellState.STAGED, CellState.PENDING, CellState.RUNNING), "unpublished")
#: The most urgent first.
TOPICS = ("needs_login", "rejected", "failed", "unpublished", "not_ready", "refresh")


@dataclass(frozen=True)
class Trouble:
    """Something that stays until it is fixed. `shop` is empty where it concerns the whole partition."""

    topic: str
    kind: str
    shop: str
    name: str
    detail: str = ""
    #: What the ledger says, for kinds that nobody has words for.
    reason: str = ""
    dt: str = ""
    #: The cell's; None where it concerns the whole partition.
    state: CellState | None = None
    #: Where troubles of several are put together.
    dataset: str = ""

    @property
    def key(self) -> str:
        """Equal as long as a person would say that nothing has changed."""
        return f"{self.topic}|{self.kind}|{self.shop}"


@dataclass(frozen=True)
class Cause:
    """Troubles that a person sees as one. None is without troubles."""

    kind: str
    #: A few words, or "".
    detail: str
    troubles: tuple[Trouble, ...]

    @property
    def topic(self) -> str:
        """That of all of them."""
        return self.troubles[0].topic

    @property
    def reason(self) -> str:
        """What the ledger says of the first of them."""
        return self.troubles[0].reason

    @property
    def shops(self) -> dict[str, list[Trouble]]:
        """By shop id."""
        found: dict[str, list[Trouble]] = {}
        for trouble in self.troubles:
            found.setdefault(trouble.shop, []).append(trouble)
        return found


def trouble_of(state: CellState, reason: str, *, shop: str, name: str, dt: str, dataset: str = "") -> Trouble:
    """What a cell's state and sentence mean to a person.

    Args:
        shop: the id.
        name: what people call the shop.
    """
    kind, detail = kind_of(state, reason)
    return Trouble(_TOPICS.get(state, state.value), kind, shop, name, detail, reason, dt, state, dataset)


def causes_of(troubles: Iterable[Trouble]) -> list[Cause]:
    """The most urgent first, those of a kind side by side; within a cause the order is as it was."""
    kinds: dict[tuple[int, str], dict[str, list[Trouble]]] = {}
    for trouble in troubles:
        of_kind = kinds.setdefault((TOPICS.index(trouble.topic), trouble.kind), {})
        says_nothing = not trouble.detail and trouble.kind in ("other", "bug")
        of_kind.setdefault(without_who(trouble) if says_nothing else trouble.detail, []).append(trouble)
    # Sorted by the topic alone: kinds of one topic stay in the order in which they were met.
    order = sorted(kinds.items(), key=lambda pair: pair[0][0])
    return [
        Cause(kind, members[0].detail, tuple(members)) for (_, kind), details in order for members in details.values()
    ]


# A page that is shown again and again asks for thousands of them.
@lru_cache(maxsize=20_000)
def without_who(trouble: Trouble) -> str:
    """The ledger's sentence without shop and period: equal where it says the same of another."""
    who = "|".join(re.escape(part) for part in (trouble.shop, trouble.name, trouble.dt) if part)
    # Only whole words: a shop may be called `a`.
    return re.sub(rf"(?<![\w-])(?:{who})(?![\w-])", "…", trouble.reason) if who else trouble.reason
