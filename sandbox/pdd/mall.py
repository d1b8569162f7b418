"""A shop as Pinduoduo numbers it: the mall, and the user who signs in to it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sandbox.world import SandboxShop


@dataclass(frozen=True, slots=True)
class Mall:
    """What the back office says of itself."""

    mall_id: int
    user_id: int
    name: str
    username: str


def mall_of(seed: int, shop: SandboxShop, *, is_other: bool = False) -> Mall:
    """The mall of a shop, or that of another one which fault `wrong_shop` opens instead."""
    name = f"另一家{shop.number}号旗舰店" if is_other else shop.name
    random = Random(f"{seed}/{shop.id}/mall/{is_other}")
    # docs/portals.md 5.4 [C 2]: mall_id has 9 digits.
    return Mall(random.randrange(10**8, 10**9), random.randrange(10**7, 10**8), name, shop.username)
