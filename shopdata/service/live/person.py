"""Who does a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """Who sits before the board."""

    user: str
    #: Of this browser of theirs.
    nonce: str = field(repr=False)
    address: str = ""
    agent: str = ""

    def is_same(self, user: str, nonce: str) -> bool:
        """True for the same browser of the same user."""
        return (self.user, self.nonce) == (user, nonce)
