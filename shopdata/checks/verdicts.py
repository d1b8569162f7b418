"""All checks of one file: what it says about itself is held against what is known of its shop and of its day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from shopdata.checks.facts import Facts
from shopdata.checks.row_counts import Limits, Past, Ratio, Verdict, judge
from shopdata.config import Dataset
from shopdata.config.checks import Checks
from shopdata.periods import Period, weekday_of

#: A column counts as filled where it was so in this share of the rows, in so many periods before.
_FILLED_SHARE, FILLED_PERIODS = 0.9, 7
#: A share of fewer rows is chance.
_FEWEST_ROWS = 10
#: The most urgent last.
_ACTIONS = ("off", "warn", "ask_again", "hold")


@dataclass(frozen=True)
class Earlier:
    """A good file of the same shop, of an earlier period; `facts` is None where nobody looked."""

    dt: str
    rows: int
    facts: Facts | None = None


@dataclass(frozen=True)
class Known:
    """What a file is held against."""

    past: Past
    #: The shop's good files of the periods before, the newest first; at least `FILLED_PERIODS`, if there are so many.
    earlier: Sequence[Earlier] = ()
    #: What the other shops have today, and what share of them has any rows; None if they are too few to say.
    common: Ratio | None = None
    is_season: bool = False
    #: True for the first two weeks of a dataset.
    is_learning: bool = False
    #: True if the portal said how many rows there are, and so many came.
    is_counted: bool = False


@dataclass(frozen=True)
class Found:
    """What a check has found. `kind` is for programs, `text` an English sentence without its full stop."""

    check: str
    kind: str
    action: str
    text: str
    column: str = ""
    count: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` has made."""
        return cls(**kept)


@dataclass(frozen=True)
class Judgement:
    """What came of all checks of a file."""

    found: tuple[Found, ...]
    #: That of the row count: whether there is enough of a past to judge by, stands here.
    rows: Verdict

    @property
    def action(self) -> str:
        """The most urgent one."""
        return max((found.action for found in self.found), key=_ACTIONS.index, default="off")

    @property
    def is_stopping(self) -> bool:
        """True if the file is not to be published as it is."""
        return self.action in ("ask_again", "hold")

    @property
    def result(self) -> str:
        """`doubtful`, `learning` or `ok`."""
        if self.found:
            return "doubtful"
        return "learning" if self.rows is Verdict.LEARNING else "ok"


def limits_of(checks: Checks) -> Limits:
    """The rule's limits as the dataset's YAML has them."""
    rows, zero = checks.rows, checks.zero
    return Limits(
        drop=None if rows.action == "off" else rows.drop,
        rise=None if rows.action == "off" else rows.rise,
        at_least=rows.at_least,
        calendar=rows.calendar,
        zero_at_least=None if zero.action == "off" else zero.at_least,
    )


def judge_file(facts: Facts, dataset: Dataset, period: Period, known: Known) -> Judgement:
    """Runs all checks that are not off. What depends on the past finds nothing while the dataset is learned."""
    verdict = _row_verdict(facts, dataset, known)
    found = [*_of_rows(facts.rows, verdict, dataset, period, known)]
    if not known.is_learning:
        found += [*_of_same_file(facts, dataset.checks, known), *_of_filled(facts, dataset, known)]
    found += _of_contents(facts, dataset)
    return Judgement(tuple(found), verdict)


def _row_verdict(facts: Facts, dataset: Dataset, known: Known) -> Verdict:
    if known.is_learning:
        return Verdict.LEARNING
    if known.is_counted and facts.rows:
        # The portal's own total decides. That there is nothing is said by portals in trouble, too.
        return Verdict.OK
    limits = limits_of(dataset.checks)
    return judge(facts.rows, known.past, known.common, limits, is_season=known.is_season)


def _of_rows(rows: int, verdict: Verdict, dataset: Dataset, period: Period, known: Known) -> Iterator[Found]:
    if not verdict.is_doubtful:
        return
    is_zero = verdict is Verdict.ZERO
    check, action = ("zero", dataset.checks.zero.action) if is_zero else ("rows", dataset.checks.rows.action)
    usual = round(known.past.usual)
    what = {Verdict.ZERO: "no row", Verdict.FEW: f"few rows: {rows}", Verdict.MANY: f"many rows: {rows}"}[verdict]
    days = known.past.recent if is_zero else known.past.same
    if is_zero:
        usual_text = f"the last {len(days)} had {_span(days)}"
    elif dataset.period == "day":
        usual_text = f"on {weekday_of(period.end).capitalize()}s {_span(days)} ({len(days)} of them)"
    else:
        usual_text = f"the last {len(days)} had {_span(days)}"
    text = f"{what}; {usual_text}"
    if known.common is not None and not is_zero:
        text += f", the other shops today {math.expm1(known.common.same):+.0%}"
    params = {"rows": rows, "usual": usual}
    yield Found(check, verdict.value, action, text, count=rows, params=params)


def _span(counts: Sequence[int]) -> str:
    return f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else f"{counts[0]}"


def _of_same_file(facts: Facts, checks: Checks, known: Known) -> Iterator[Found]:
    rule = checks.same_file
    before = known.earlier[0] if known.earlier else None
    if rule.action == "off" or facts.rows < rule.at_least or before is None or before.facts is None:
        return
    if before.facts.digest == facts.digest:
        text = f"all {facts.rows} rows are those of {before.dt}"
        yield Found("same_file", "same_file", rule.action, text, count=facts.rows, params={"before": before.dt})


def _of_filled(facts: Facts, dataset: Dataset, known: Known) -> Iterator[Found]:
    rule, before = dataset.checks.filled, known.earlier[:FILLED_PERIODS]
    if rule.action == "off" or facts.rows < _FEWEST_ROWS or len(before) < FILLED_PERIODS:
        return
    judged = [entry.facts for entry in before if entry.facts is not None and entry.rows]
    if len(judged) < FILLED_PERIODS:
        return
    names = {"all": tuple(facts.filled), "required": dataset.required}.get(str(rule.columns), rule.columns)
    for name in names:
        now = facts.filled.get(name, 0) / facts.rows
        usual = min(entry.filled.get(name, 0) / entry.rows for entry in judged)
        if usual >= _FILLED_SHARE and now < usual * (1 - rule.drop):
            text = f"column '{name}' is filled in {now:.0%} of the rows; in the last {len(judged)} files in {usual:.0%}"
            count = facts.rows - facts.filled.get(name, 0)
            yield Found("filled", "less_filled", rule.action, text, name, count, {"column": name})


def _of_contents(facts: Facts, dataset: Dataset) -> Iterator[Found]:
    """What needs no past."""
    checks, rows = dataset.checks, facts.rows
    if facts.double_keys and checks.keys.action != "off":
        text = f"{facts.double_keys} rows have a key that an earlier row has, such as {', '.join(facts.doubled)}"
        yield Found("keys", "double_keys", checks.keys.action, text, count=facts.double_keys)
    wanted = dataset.keys if checks.not_null.columns is None else checks.not_null.columns
    for name in wanted if checks.not_null.action != "off" else ():
        # A column that the file does not have at all is told as that.
        if (blank := rows - facts.filled.get(name, rows)) > 0:
            text = f"column '{name}' is blank in {blank} of {rows} rows"
            yield Found("not_null", "nulls", checks.not_null.action, text, name, blank, {"column": name})
    for name, count in facts.odd.items():
        if count:
            text = f"column '{name}' does not look like its pattern in {count} of {rows} rows"
            yield Found("pattern", "pattern", checks.pattern.action, text, name, count, {"column": name})
    for name, count in facts.outside.items():
        if count:
            text = f"column '{name}' is outside of its range in {count} of {rows} rows"
            yield Found("range", "range", checks.range.action, text, name, count, {"column": name})
