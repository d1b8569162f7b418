"""How often the rule for row counts is right, on made-up shops: precision, recall, and messages for nothing.

    python -m benchmarks.checks [--worlds 5] [--shops 60] [--drop 0.6] [--rise 1.9]
    python -m benchmarks.checks --cost 1000000

A *question* is a doubtful answer, for which the portal is asked again; it is false where nothing was wrong. A fault is
*severe* where half or less is left of 20 rows or more. *Messages* are counted in worlds without faults: what a second
answer confirms is told once, until the shop is plausible again. `few` are five shops: too few to tell a day by.

With `--cost`, what `checks_cost` measures: one large file.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from benchmarks.checks_cost import print_cost
from benchmarks.shop_years import Kind, World, world
from shopdata.checks.row_counts import Limits, Past, Ratio, Verdict, common_ratio, judge, past_of, ratio_of
from shopdata.checks.seasons import is_in_season
from shopdata.periods import Period

KINDS: tuple[Kind, ...] = ("flow", "staff", "stock")


@dataclass
class Score:
    """What came of some worlds."""

    cells: int = 0
    #: Doubtful answers, and those of them that were right.
    questions: int = 0
    false_questions: int = 0
    #: By kind of fault, and `severe`: how many there were, and how many were asked about. Only those that were judged.
    faults: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    #: Messages about shops of which nothing was wrong, once until they recover.
    messages: int = 0
    shop_months: float = 0

    @property
    def precision(self) -> float:
        """Of questions."""
        return 1 - self.false_questions / self.questions if self.questions else 1.0

    @property
    def false_per_1000(self) -> float:
        """False questions of a thousand cells."""
        return 1000 * self.false_questions / self.cells

    @property
    def messages_per_shop_month(self) -> float:
        return self.messages / self.shop_months if self.shop_months else 0.0

    def recall(self, kind: str) -> float:
        """Of the faults of a kind, or `severe`."""
        return self.found[kind] / self.faults[kind] if self.faults[kind] else 1.0


def scored(worlds: Iterable[World], limits: Limits) -> Score:
    """Runs the rule through all days of some worlds."""
    score = Score()
    for each in worlds:
        _run(each, limits, score)
    return score


def _run(each: World, limits: Limits, score: Score) -> None:
    shops = each.rows.shape[0]
    accepted: list[dict[date, int]] = [{} for _ in range(shops)]
    was_told = [False] * shops
    for number, day in each.days():
        period = Period(day, day)
        there = [shop for shop in range(shops) if each.rows[shop, number] >= 0]
        pasts = {shop: past_of(accepted[shop], period, "day") for shop in there}
        counts = {shop: int(each.rows[shop, number]) for shop in there}
        counts |= {shop: fault.rows for shop in there if (fault := each.faults.get((shop, number))) is not None}
        verdicts = dict(_judged(counts, pasts, limits, is_season=is_in_season(period)))
        for shop in there:
            fault = each.faults.get((shop, number))
            verdict, true = verdicts[shop], int(each.rows[shop, number])
            score.cells += 1
            score.shop_months += 1 / 30.4
            if fault is not None and verdict is not Verdict.LEARNING:
                is_severe = fault.rows <= true / 2 and true >= 20
                for kind in (fault.kind, *(["severe"] if is_severe else [])):
                    score.faults[kind] += 1
                    score.found[kind] += verdict.is_doubtful
            score.questions += verdict.is_doubtful
            score.false_questions += verdict.is_doubtful and fault is None
            score.messages += verdict.is_doubtful and fault is None and not was_told[shop]
            was_told[shop] = verdict.is_doubtful
            is_healed = fault is not None and verdict.is_doubtful and fault.heals
            accepted[shop][day] = true if is_healed else counts[shop]


def _judged(
    counts: dict[int, int], pasts: dict[int, Past], limits: Limits, *, is_season: bool
) -> Iterable[tuple[int, Verdict]]:
    ratios: dict[int, Ratio] = {s: ratio for s, rows in counts.items() if (ratio := ratio_of(rows, pasts[s]))}
    for shop, rows in counts.items():
        common = common_ratio([ratio for other, ratio in ratios.items() if other != shop])
        yield shop, judge(rows, pasts[shop], common, limits, is_season=is_season)


def main() -> None:
    """Prints a line for each kind of report, with many shops and with few."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=5, help="of each kind")
    parser.add_argument("--shops", type=int, default=60)
    parser.add_argument("--drop", type=float, default=0.6)
    parser.add_argument("--rise", type=float)
    parser.add_argument("--cost", type=int, metavar="ROWS", help="what one large file costs, and no shops")
    options = parser.parse_args()
    if options.cost:
        print_cost(options.cost)
        return
    limits = Limits(drop=options.drop, rise=options.rise)
    print("            precision   recall: severe  empty  first page   cut   false questions   false messages")
    print("                                                                  of 1,000 cells    a shop and month     s")
    for shops, told in ((options.shops, ""), (5, " few")):
        rounds = options.worlds * max(1, options.shops // shops // 2)
        for kind in KINDS:
            begun = time.perf_counter()
            found = scored((world(kind, seed, shops) for seed in range(rounds)), limits)
            clean = scored((world(kind, seed, shops, with_faults=False) for seed in range(rounds)), limits)
            recalls = [found.recall(fault) for fault in ("severe", "empty", "first_page", "cut")]
            print(
                f"{kind + told:<11} {found.precision:>9.2f}   {recalls[0]:>14.2f} {recalls[1]:>6.2f}"
                f" {recalls[2]:>11.2f} {recalls[3]:>5.2f} {found.false_per_1000:>17.2f}"
                f" {clean.messages_per_shop_month:>19.3f}"
                f" {time.perf_counter() - begun:>5.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
