"""What a person may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Each includes those before it."""

    #: Pages, states as JSON, metrics.
    SEE = "see"
    #: What a morning needs: collect, ask again, pause, sign a shop in.
    ACT = "act"
    #: Code, settings, users.
    ADMINISTER = "administer"

    def includes(self, other: Role) -> bool:
        """True if whoever has this role may do what the other one may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Visitor:
    """Who asks, as far as the door knows."""

    name: str = ""
    #: None for somebody who has not signed in.
    role: Role | None = None
    #: True for a browser that has signed in by the page, and can sign out.
    has_session: bool = False

    def may(self, role: Role | None) -> bool:
        """True if they have this role or one above it; of None, everybody."""
        return role is None or (self.role is not None and self.role.includes(role))


#: A stranger.
NOBODY = Visitor()
