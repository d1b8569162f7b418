"""The sheets of a comparison's report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from shopdata.actions.shadow_view import how_lines, verdict_lines, why_of
from shopdata.shadow.beside import Outcome, ShopDay
from shopdata.shadow.comparing import How
from shopdata.shadow.days import Verdict
from shopdata.shadow.report import Row
from shopdata.wording import Texts

#: Differences that are told one by one, of all shops and days; the rest is counted.
MOST_TOLD = 50_000


def report_tables(
    t: Texts, name: str, outcome: Outcome, how: How, verdict: Verdict
) -> Sequence[tuple[Row, Iterable[Row]]]:
    """Head and rows of each sheet, in their order."""
    about: list[Row] = [[line] for line in (*verdict_lines(t, name, verdict), *how_lines(t, outcome, how))]
    return [
        (_overview_head(t), (_overview(t, one) for one in outcome.shop_days)),
        (_differences_head(t), _differences(t, outcome)),
        ([t(f"shadow.{key}") for key in ("file", "why", "is_passed_over")], _files(t, outcome)),
        ([name], about),
    ]


def _overview_head(t: Texts) -> Row:
    keys = (
        *("shop_id", "result", "rows_theirs", "rows_ours", "only_theirs", "only_ours", "cells", "columns_that_differ"),
        *("spelled", "masked", "columns_theirs", "columns_ours", "no_data", "double", "keys", "labels", "file"),
        *("saved_at", "collected_at", "published_at", "lead_minutes"),
    )
    return [t("head.period"), t("head.shop"), *(t(f"shadow.{key}") for key in keys)]


def _overview(t: Texts, one: ShopDay) -> Row:
    done = one.compared
    row: list[str | int | float | None] = [one.dt, one.name, one.shop, t(f"shadow.result.{one.result}")]
    if done is None:
        row += [None] * 13
    else:
        listed = t("format.listed").join
        row += [done.rows_theirs, done.rows_ours, done.only_theirs, done.only_ours, sum(done.cells.values())]
        row += [_counted(t, done.cells), sum(done.spelled.values()), done.masked]
        row += [listed(done.columns_theirs), listed(done.columns_ours), done.no_data, done.double]
        row += [listed(done.keys) or t("shadow.whole_rows")]
    minutes = None if one.lead_seconds is None else round(one.lead_seconds / 60)
    moments = (one.saved_at, one.collected_at, one.published_at)
    return [*row, t("format.listed").join(one.labels), one.file, *map(t.moment, moments), minutes]


def _counted(t: Texts, counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    return t("format.listed").join(t("shadow.count", name=name, n=count) for name, count in ordered)


def _differences_head(t: Texts) -> Row:
    keys = ("shop_id", "kind", "row", "column", "theirs", "ours")
    return [t("head.period"), t("head.shop"), *(t(f"shadow.{key}") for key in keys)]


def _differences(t: Texts, outcome: Outcome) -> Iterator[Row]:
    """Those of each shop and day that are told, and how many are not."""
    room = MOST_TOLD
    for one in outcome.compared:
        assert one.compared is not None
        told = one.compared.told[:room]
        room -= len(told)
        for found in told:
            kind = t(f"shadow.kind.{found.kind}")
            yield [one.dt, one.name, one.shop, kind, found.row, found.column, found.theirs, found.ours]
        if (more := one.compared.differing - len(told)) > 0:
            yield [one.dt, one.name, one.shop, t("shadow.more", n=more)]


def _files(t: Texts, outcome: Outcome) -> Iterator[Row]:
    for odd in sorted(outcome.odd, key=lambda odd: odd.is_passed_over):
        yield [odd.name, why_of(t, odd), "✓" if odd.is_passed_over else ""]
