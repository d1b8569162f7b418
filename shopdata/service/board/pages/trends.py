"""All datasets over thirty days, with the gaps of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from shopdata.periods import Period, days, today
from shopdata.service.board import charts, states
from shopdata.service.board.addresses import checked_day
from shopdata.service.board.charts import Column
from shopdata.service.board.past import WINDOW_DAYS, Past, PastPeriod, PastReader
from shopdata.service.board.past_words import address_of, past_in_words, period_in_words
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """`?end=` is the last of the days."""
    newest = today(visit.now)
    last = checked_day(visit.query.get("end"), newest)
    first = last - timedelta(days=WINDOW_DAYS - 1)
    reader = PastReader(sources, visit.now)
    datasets = [name for name in sources.config().datasets if name in reader.expected]
    pasts = list(reader.read({name: reader.labels_between(name, first, last) for name in datasets}).values())
    places = [Column(left, width, None, "", "") for left, width in charts.spread(WINDOW_DAYS)]
    return RenderedPage(
        "trends",
        visit.texts("menu.trends"),
        "trends",
        {
            "sentence": _sentence(visit, pasts, first, last),
            "rows": [(past, past_in_words(visit.texts, past), _chart(visit, past, first)) for past in pasts],
            "axis": charts.axis(places, list(days(first, last))),
            "figures": _figures(pasts),
            "contracts": sources.config().datasets,
            "address": lambda dataset, period: address_of(visit, dataset, period),
            "first": first.isoformat(),
            "last": last.isoformat(),
            "older": (first - timedelta(days=1)).isoformat(),
            "newer": "" if last == newest else min(last + timedelta(days=WINDOW_DAYS), newest).isoformat(),
            "shape": charts.shape,
        },
    )


def _sentence(visit: Visit, pasts: Sequence[Past], first: date, last: date) -> str:
    t = visit.texts
    if not pasts:
        return t("sentence.nothing")
    between = {"first": t.period(first.isoformat()), "last": t.period(last.isoformat()), "total": len(pasts)}
    if not (with_gaps := [past for past in pasts if past.gaps]):
        return t("trends.whole", **between)
    return t("trends.with_gaps", **between, n=len(with_gaps), cells=sum(past.gaps for past in with_gaps))


def _chart(visit: Visit, past: Past, first: date) -> object:
    """A column lies below the days that its period covers."""
    columns = []
    for period in past.periods:
        its = Period.from_dt(period.dt)
        left, right = max((its.start - first).days, 0), min((its.end - first).days + 1, WINDOW_DAYS)
        marks = (states.DOUBTFUL,) if period.doubtful else ()
        columns.append(
            Column(
                100 * left / WINDOW_DAYS,
                100 * (right - left) / WINDOW_DAYS,
                period.rows,
                address_of(visit, past.dataset, period),
                period_in_words(visit.texts, period),
                period.gaps,
                period.open,
                period.total,
                marks,
            )
        )
    t = visit.texts
    days_of = [Period.from_dt(period.dt).end if past.contract.period == "day" else None for period in past.periods]
    return charts.chart(
        past.dataset, t("trends.chart.rows"), t("trends.chart.rows.about"), columns, charts.SMALL, days_of
    )


def _figures(pasts: Sequence[Past]) -> list[tuple[str, list[PastPeriod | None]]]:
    """The same figures as a table: a line for each period, the newest first, with what each dataset has there."""
    dts = {dt for past in pasts for dt in past.by_dt}
    return [(dt, [past.by_dt.get(dt) for past in pasts]) for dt in sorted(dts, key=_end_of, reverse=True)]


def _end_of(dt: str) -> tuple[date, str]:
    return Period.from_dt(dt).end, dt
