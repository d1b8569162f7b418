"""What a person's hand did, as their browser sends it: checked before it goes on."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from shopdata.sessions.live.hand import KEYS

MOST_INPUT_BYTES = 64 << 10
_MOST_POINTS = 300
_LONGEST_TEXT = 200
_FARTHEST = 10_000
#: How many numbers follow time and kind.
_NUMBERS = {"move": 2, "down": 2, "up": 2, "wheel": 4}


class OddInputError(ValueError):
    """Raised for what no page of ours sends; a clause, with nothing of what was sent."""


@dataclass(frozen=True)
class Input:
    """A batch of points. They are numbered from 0 each time that a page is loaded."""

    number: int
    points: tuple[list[Any], ...]

    @property
    def keys(self) -> int:
        """How often something was typed."""
        return sum(point[1] in ("text", "key") for point in self.points)


def read_input(body: bytes) -> Input:
    """Reads `{"seq": number, "points": [[t, kind, …], …]}`.

    Raises:
        OddInputError: it is something else.
    """
    if len(body) > MOST_INPUT_BYTES:
        raise OddInputError("it is too long")
    try:
        given = json.loads(body)
        number, points = given["seq"], given["points"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OddInputError("it is no batch of points") from None
    if type(number) is not int or number < 0 or not isinstance(points, list) or len(points) > _MOST_POINTS:
        raise OddInputError("it is no batch of points")
    if not all(map(_is_point, points)):
        raise OddInputError("a point is none")
    return Input(number, tuple(points))


def _is_point(point: Any) -> bool:
    if not isinstance(point, list) or len(point) < 3 or not _is_number(point[0], 1e12) or not isinstance(point[1], str):
        return False
    kind, values = point[1], point[2:]
    if kind in _NUMBERS:
        return len(values) == _NUMBERS[kind] and all(_is_number(value, _FARTHEST) for value in values)
    if len(values) != 1 or not isinstance(values[0], str):
        return False
    return values[0] in KEYS if kind == "key" else kind == "text" and 0 < len(values[0]) <= _LONGEST_TEXT


def _is_number(value: Any, most: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= most
