"""What `scrapy shadow` prints: a table of shops and days, the first differences, odd files, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.text import Text

from shopdata.actions.printing import print_line, print_table
from shopdata.shadow.beside import Outcome, ShopDay
from shopdata.shadow.comparing import Compared, Difference, How, Kind
from shopdata.shadow.days import Result, Verdict
from shopdata.shadow.theirs import Odd
from shopdata.texts import one_line
from shopdata.wording import Texts
from shopdata.wording.why import detail_of, kind_of, title_of

#: Shops and days that are shown, where all are the same; differences of each; characters of a value.
_MOST_SHOWN, _MOST_LINES, _MOST_CHARACTERS = 40, 5, 60
_COLOURS = {Result.SAME: "green", Result.DIFFERENT: "red", Result.ONLY_THEIRS: "red"}


def show(t: Texts, outcome: Outcome, how: How) -> None:
    """Everything but the verdict."""
    _show_table(t, outcome.shop_days)
    for one in outcome.compared:
        _show_differences(t, one)
    for odd in outcome.odd:
        if not odd.is_passed_over:
            print_line(t("shadow.odd", file=one_line(odd.name), why=why_of(t, odd)))
    passed = Counter(odd.why for odd in outcome.odd if odd.is_passed_over and odd.why)
    for why, count in passed.items():
        print_line(t("shadow.passed_over", n=count, why=t(why)))
    for line in how_lines(t, outcome, how):
        print_line(line)


def _show_table(t: Texts, found: Sequence[ShopDay]) -> None:
    shown = [one for one in found if one.result is not Result.SAME] if len(found) > _MOST_SHOWN else found
    keys = ("rows_theirs", "rows_ours", "only_theirs", "only_ours", "cells", "spelled", "lead")
    heads = [t("head.period"), t("head.shop"), *(t(f"shadow.{key}") for key in keys), t("shadow.result")]
    rows: list[Sequence[str | Text]] = [
        [one.dt, one.name, *_counts(one.compared), lead_of(t, one.lead_seconds), _result(t, one.result)]
        for one in shown
    ]
    if rows:
        print_table(heads, rows, right=range(2, 8))
    if len(shown) < len(found):
        print_line(t("shadow.same_not_shown", n=len(found) - len(shown)))


def _counts(done: Compared | None) -> list[str]:
    if done is None:
        return [""] * 6
    numbers = (done.rows_theirs, done.rows_ours, done.only_theirs, done.only_ours)
    return [f"{n:,}" for n in (*numbers, sum(done.cells.values()), sum(done.spelled.values()))]


def _result(t: Texts, result: Result) -> Text:
    return Text(t(f"shadow.result.{result}"), _COLOURS.get(result, "yellow"))


def lead_of(t: Texts, seconds: int | None) -> str:
    """How much earlier or later ours was there; "" where nobody knows."""
    if seconds is None:
        return ""
    key = "shadow.earlier" if seconds >= 0 else "shadow.later"
    return t(key, time=t.length(abs(seconds)))


def _show_differences(t: Texts, one: ShopDay) -> None:
    assert one.compared is not None
    told = spread(one.compared.told)
    for difference in told[:_MOST_LINES]:
        print_line(t("shadow.line", dt=one.dt, shop=one.name, what=difference_line(t, difference)))
    if (more := one.compared.differing - min(len(told), _MOST_LINES)) > 0:
        print_line(t("shadow.more_lines", dt=one.dt, shop=one.name, n=more))


def spread(told: Sequence[Difference]) -> list[Difference]:
    """The first of each kind and column before the second of any."""
    seen: Counter[tuple[str, str]] = Counter()
    ranked = []
    for number, difference in enumerate(told):
        about = (difference.kind, difference.column)
        ranked.append((seen[about], number, difference))
        seen[about] += 1
    return [difference for _, _, difference in sorted(ranked, key=lambda entry: entry[:2])]


def difference_line(t: Texts, difference: Difference) -> str:
    """What differs where, in a line."""
    if difference.kind is Kind.COLUMN:
        return t("shadow.line.column", column=difference.column)
    row = _short(difference.row)
    if difference.kind in (Kind.ONLY_OURS, Kind.ONLY_THEIRS):
        return t("shadow.line.row", kind=t(f"shadow.kind.{difference.kind}"), row=row)
    values = {name: _short(value) or t("shadow.blank") for name, value in _values(difference)}
    return t("shadow.line.cell", row=row, column=difference.column, **values)


def _values(difference: Difference) -> Iterator[tuple[str, str | None]]:
    yield "ours", difference.ours
    yield "theirs", difference.theirs


def _short(text: str | None) -> str:
    return one_line(text or "", _MOST_CHARACTERS)


def why_of(t: Texts, odd: Odd) -> str:
    """Why a file is not compared, in the reader's language first."""
    if odd.why:
        return t("shadow.why.told", why=t(odd.why), what=one_line(odd.what)) if odd.what else t(odd.why)
    assert odd.reason is not None
    title = detail_of(t, odd.reason) or title_of(t, kind_of(odd.reason.code))
    return t("shadow.why.sentence", title=title, sentence=odd.reason.text)


def how_lines(t: Texts, outcome: Outcome, how: How) -> Iterator[str]:
    """What was compared how, and what was left out."""
    done = [one.compared for one in outcome.compared if one.compared is not None]
    if not done:
        return
    spelled = sum(sum(one.spelled.values()) for one in done)
    yield t("shadow.spelling_counted" if how.is_exact else "shadow.spelling_not_counted", n=f"{spelled:,}")
    if masked := sum(one.masked for one in done):
        yield t("shadow.masked_line", n=f"{masked:,}")
    if not all(one.keys for one in done):
        yield t("shadow.no_keys")
    if columns := list(dict.fromkeys(name for one in done for name in one.columns_ours)):
        yield t("shadow.columns_ours_line", columns=t.shops(columns))
    if how.ignored:
        yield t("shadow.ignored", columns=t("format.listed").join(sorted(how.ignored)))
    if no_data := sum(one.no_data for one in done):
        yield t("shadow.no_data_line", n=no_data)
    leads = sorted(one.lead_seconds for one in outcome.compared if one.lead_seconds is not None)
    if leads:
        late = sum(lead < 0 for lead in leads)
        middle = lead_of(t, leads[len(leads) // 2])
        yield t("shadow.leads", middle=middle, early=len(leads) - late, late=late)


def show_verdict(t: Texts, name: str, verdict: Verdict) -> None:
    """Whether the dataset can be switched over."""
    for line in verdict_lines(t, name, verdict):
        print_line(line)


def verdict_lines(t: Texts, name: str, verdict: Verdict) -> Iterator[str]:
    """The verdict, and the evidence."""
    count = len(verdict.clean)
    if verdict.is_enough:
        yield t("shadow.enough", dataset=name, n=count, labels=t.labels(verdict.clean))
    else:
        yield t("shadow.not_yet", dataset=name, n=count, needed=verdict.needed)
    if count:
        numbers = {"rows": f"{verdict.rows:,}", "spelled": f"{verdict.spelled:,}", "odd": verdict.odd}
        yield t("shadow.evidence", shops=len(verdict.shops), files=verdict.files, **numbers)
    if verdict.broken:
        yield t("shadow.broken", dt=verdict.broken)
    if count and verdict.unproven:
        yield t("shadow.unproven", shops=t.shops(verdict.unproven))
    if verdict.not_compared:
        yield t("shadow.not_compared", labels=t.labels(verdict.not_compared))
    if verdict.stale:
        yield t("shadow.stale", labels=t.labels(verdict.stale))
