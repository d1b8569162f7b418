"""The puzzle of a login page: where its gap is, and whether a hand has dragged the piece there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sandbox.faults import Fault, FaultBoard

#: How far from the gap it may be let go.
TOLERANCE_PIXELS = 8
_IS_JUDGED = " path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What a portal takes for a hand that drags; the numbers are made up. [A]"""

    fewest_moves: int = 15
    shortest_ms: float = 300
    longest_ms: float = 8_000
    longest_step_pixels: float = 60

    def has_drawn(self, path: Any) -> bool:
        """Says whether a path `[[milliseconds, x, is trusted], …]` is long and steady enough, and no script's."""
        try:
            times = [float(time) for time, _, _ in path]
            places = [float(x) for _, x, _ in path]
            is_trusted = all(trusted is True for _, _, trusted in path)
        except (TypeError, ValueError):
            return False
        if len(times) < self.fewest_moves or not is_trusted or times != sorted(times):
            return False
        is_jumping = any(abs(later - earlier) > self.longest_step_pixels for earlier, later in pairwise(places))
        return not is_jumping and self.shortest_ms <= times[-1] - times[0] <= self.longest_ms


def wanted_slider(faults: FaultBoard, shop_id: str, first: int) -> str | None:
    """A new puzzle, if this sign-in gets one: what a ticket stands for that is issued for it.

    Args:
        first: how far to the left the gap may be.
    """
    for fault, judged in ((Fault.CAPTCHA, ""), (Fault.CAPTCHA_PATH, _IS_JUDGED)):
        if faults.take(shop_id, fault):
            return f"{first + secrets.randbelow(150)}{judged}"
    return None


def next_slider(puzzle: str, first: int) -> str:
    """Another one of the same kind."""
    return f"{first + secrets.randbelow(150)}{_IS_JUDGED if puzzle.endswith(_IS_JUDGED) else ''}"


def gap_of(puzzle: str) -> int:
    """Where the gap is."""
    return int(puzzle.removesuffix(_IS_JUDGED))


def is_solved(puzzle: str, place: object, path: Any, hand: Hand) -> bool:
    """Says whether the piece was let go over the gap and, where that is judged, dragged there by a hand."""
    if type(place) is not int or abs(place - gap_of(puzzle)) > TOLERANCE_PIXELS:
        return False
    return not puzzle.endswith(_IS_JUDGED) or hand.has_drawn(path)
