"""Made-up shops over sixteen months: how many rows their reports have each day, and which answers were faulty.

Three kinds of reports: `flow` (chats, reviews: weekdays, growth, noise, promotions and holidays), `staff` (2 to 40 rows
that change when somebody comes or leaves) and `stock` (nearly the same each day, with steps).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["flow", "staff", "stock"]
Counts = npt.NDArray[np.int64]

FIRST_DAY = date(2025, 1, 6)
DAYS = 480
#: What share of all answers is faulty, and what share of these is right when it is asked for once more.
FAULTY, HEALS = 0.005, 0.7
_KINDS_OF_FAULTS = ("empty", "first_page", "cut", "doubled")
_SHARES_OF_FAULTS = (0.35, 0.30, 0.25, 0.10)


@dataclass(frozen=True)
class Fault:
    """A faulty answer: what kind it is, how many rows it has, and whether a second one would be right."""

    kind: str
    rows: int
    heals: bool


@dataclass(frozen=True)
class World:
    """Shops x days: `rows` is what is true, -1 where the shop was not there yet; `faults` by (shop, day)."""

    kind: Kind
    rows: Counts
    faults: dict[tuple[int, int], Fault]

    def days(self) -> Iterator[tuple[int, date]]:
        """The number of each day, and its date."""
        for number in range(self.rows.shape[1]):
            yield number, FIRST_DAY + timedelta(days=number)


def world(kind: Kind, seed: int, shops: int = 60, days: int = DAYS, *, with_faults: bool = True) -> World:
    """The same one for the same seed; without faults the shops are the same."""
    random = np.random.default_rng([seed, ("flow", "staff", "stock").index(kind)])
    rows = np.stack([_one_shop(kind, days, random) for _ in range(shops)])
    faults = dict(_faults_in(rows, random)) if with_faults else {}
    return World(kind, rows, faults)


def _one_shop(kind: Kind, days: int, random: np.random.Generator) -> Counts:
    makers = {"flow": _flow, "staff": _staff, "stock": _stock}
    rows = makers[kind](days, random)
    if random.random() < 0.02:
        # It dies away: the hardest case, because nothing is wrong with its files.
        begin = int(random.integers(days // 3, days - 40))
        fade = np.ones(days)
        fade[begin:] = np.exp(-np.arange(days - begin) / random.uniform(10, 40))
        rows = np.floor(rows * fade).astype(np.int64)
    if random.random() < 0.3:
        rows[: int(random.integers(20, days // 2))] = -1
    return rows


def _flow(days: int, random: np.random.Generator) -> Counts:
    level = np.exp(random.uniform(np.log(15), np.log(3000)))
    weekend = random.uniform(0.33, 1.1)
    growth = random.normal(0, 0.4) / 365
    noise = random.uniform(0.05, 0.30)
    eager = random.uniform(0.3, 1.0)
    expected = np.empty(days)
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        factor = weekend if day.weekday() >= 5 else 1.0
        expected[number] = level * factor * np.exp(growth * number) * _season(day) ** eager
    expected *= np.exp(random.normal(0, noise, days))
    return random.poisson(expected).astype(np.int64)


def _season(day: date) -> float:
    """What a day of the trading year does to a shop that takes part in all of it."""
    month_day = (day.month, day.day)
    if (6, 1) <= month_day <= (6, 20):
        return 4.0 if day.day == 18 else 1.4 + 0.08 * day.day if day.day < 18 else 1.8
    if (6, 21) <= month_day <= (6, 26):
        return 0.75
    if (10, 1) <= month_day <= (10, 7):
        return 0.6
    if (10, 24) <= month_day <= (11, 13):
        return 4.0 if month_day in ((11, 1), (11, 11)) else 2.0
    if (11, 14) <= month_day <= (11, 20):
        return 0.75
    if month_day == (12, 12):
        return 2.0
    for first in (date(2025, 1, 29), date(2026, 2, 17)):
        since = (day - first).days
        if -4 <= since <= 8:
            return 0.35
        if -7 <= since <= 14:
            return 0.65
    return 1.0


def _staff(days: int, random: np.random.Generator) -> Counts:
    count = float(random.integers(2, 41))
    rows = np.empty(days, np.int64)
    for number in range(days):
        if random.random() < 0.03:
            count = min(max(count + random.integers(-2, 3), 2), 60)
        away = 0.8 if (FIRST_DAY + timedelta(days=number)).weekday() >= 5 else 0.95
        rows[number] = random.binomial(int(count), away)
    return rows


def _stock(days: int, random: np.random.Generator) -> Counts:
    level = np.exp(random.uniform(np.log(30), np.log(8000)))
    rows = np.empty(days, np.int64)
    for number in range(days):
        if random.random() < 0.01:
            level *= np.exp(random.normal(0, 0.12))
        rows[number] = round(level * np.exp(random.normal(0, 0.01)))
    return rows


def _faults_in(rows: Counts, random: np.random.Generator) -> Iterator[tuple[tuple[int, int], Fault]]:
    for shop, day in np.argwhere(random.random(rows.shape) < FAULTY):
        true = int(rows[shop, day])
        kind = str(random.choice(_KINDS_OF_FAULTS, p=_SHARES_OF_FAULTS))
        wrong = {
            "empty": 0,
            "first_page": min(true, int(random.choice([10, 20, 50, 100]))),
            "cut": int(true * random.uniform(0.2, 0.7)),
            "doubled": 2 * true,
        }[kind]
        heals = bool(random.random() < HEALS)
        if true > 0 and wrong != true:
            yield (int(shop), int(day)), Fault(kind, wrong, heals)
