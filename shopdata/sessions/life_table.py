"""How long sessions live, from some that have ended and some of which only a least length is known.

Kaplan and Meier's estimator: lives that were cut short (they go on, or were ended by something else than their age)
count for as long as they are known to have lasted. Nothing is asked, read or kept here. Lengths are seconds.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

#: One in five is dead by then: whoever waits longer is surprised too often.
SHARE = 0.2
#: Of the normal distribution: the span holds the true length in about eight cases of ten.
_Z = 1.2816


@dataclass(frozen=True)
class Lived:
    """One life: its length if `has_ended`, else the length that it has had at least."""

    seconds: float
    has_ended: bool


@dataclass(frozen=True)
class Quantile:
    """The length that one in five does not reach, and the span that it is likely to lie in."""

    seconds: float
    low: float
    high: float


def quantile(lives: Iterable[Lived], *, after: float = 0, share: float = SHARE) -> Quantile | None:
    """The length by which this share has ended, of those that have lasted longer than `after`.

    Returns:
        None where too few have ended for that: of none is known that it ended after `after`, or fewer than the share.
    """
    known = [life for life in lives if life.seconds > after]
    ends: dict[float, int] = {}
    for life in known:
        if life.has_ended:
            ends[life.seconds] = ends.get(life.seconds, 0) + 1
    lengths = sorted(life.seconds for life in known)
    alive, variance = 1.0, 0.0
    found: float | None = None
    low: float | None = None
    high: float | None = None
    for seconds, count in sorted(ends.items()):
        at_risk = len(lengths) - bisect_left(lengths, seconds)
        alive *= 1 - count / at_risk
        # Greenwood's; where nobody is left there is no doubt any more.
        variance += count / (at_risk * (at_risk - count)) if at_risk > count else math.inf
        least, most = _doubt(alive, variance)
        low = seconds if low is None and least <= 1 - share else low
        found = seconds if found is None and alive <= 1 - share + 1e-9 else found
        if most <= 1 - share:
            # The others have come before it.
            high = seconds
            break
    if found is None or low is None:
        return None
    longest = lengths[-1]
    return Quantile(found, min(low, found), max(found, longest if high is None else high))


def _doubt(alive: float, variance: float) -> tuple[float, float]:
    """The span that the true share of those alive is likely to lie in, by the logarithm of its logarithm."""
    if alive <= 0:
        return 0.0, 0.0
    width = _Z * math.sqrt(variance) / abs(math.log(alive))
    return alive ** math.exp(width), alive ** math.exp(-width)
