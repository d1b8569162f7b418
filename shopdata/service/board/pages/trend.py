"""One dataset over its last periods: rows of each, with what was missing, and how long the runs took."""

from __future__ import annotations

from markupsafe import Markup

from shopdata.alerts.names import dataset_name
from shopdata.service.board import charts, states
from shopdata.service.board.charts import Column
from shopdata.service.board.past import Past, PastReader
from shopdata.service.board.past_words import address_of, label_with, past_in_words, period_in_words, usual_rows
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.span import Span
from shopdata.service.board.visit import Visit


def page(sources: Sources, visit: Visit, dataset: str) -> RenderedPage:
    """`?end=` a day in the last period, `?span=long` three times as many."""
    contract = sources.contract(dataset)
    reader = PastReader(sources, visit.now)
    span = Span.of(reader, visit, dataset)
    past = reader.read({dataset: span.labels})[dataset]
    t = visit.texts
    name = dataset_name(t, dataset, contract, is_whole=True)
    return RenderedPage(
        "trend",
        name,
        "trends",
        {
            "dataset": dataset,
            "contract": contract,
            "datasets": [known for known in sources.config().datasets if known in reader.expected],
            "contracts": sources.config().datasets,
            "span": span,
            "past": past,
            "told": [text for text in (past_in_words(t, past), usual_rows(t, past)) if text],
            "rows": _rows(visit, past, span, name),
            "minutes": _minutes(visit, past, span, name),
            "address": lambda period: address_of(visit, dataset, period),
            "shape": charts.shape,
        },
    )


def _rows(visit: Visit, past: Past, span: Span, name: str) -> Markup:
    t = visit.texts
    columns = [
        Column(
            left,
            width,
            period.rows,
            address_of(visit, past.dataset, period),
            period_in_words(t, period),
            period.gaps,
            period.open,
            period.total,
            (states.DOUBTFUL,) if period.doubtful else (),
        )
        for (left, width), period in zip(charts.spread(len(past.periods)), past.periods, strict=True)
    ]
    most = max((period.rows or 0 for period in past.periods), default=0)
    title = f"{name} · {t('trends.chart.rows')}"
    return charts.chart(
        "rows", title, t("trends.chart.rows.about"), columns, charts.LARGE, span.days, t("cell.rows", n=f"{most:,}")
    )


def _minutes(visit: Visit, past: Past, span: Span, name: str) -> Markup | None:
    """None where nobody knows how long any of the runs took."""
    known = [period.seconds for period in past.periods if period.seconds is not None]
    if not known:
        return None
    t = visit.texts
    columns = []
    for (left, width), period in zip(charts.spread(len(past.periods)), past.periods, strict=True):
        run_id = period.published.run_id if period.published is not None else ""
        seconds = period.seconds
        words = t("trends.took", period=t.period(period.dt), span=t.span(seconds)) if seconds is not None else ""
        words = words or label_with(t, period.dt, "–")
        columns.append(Column(left, width, seconds, visit.link("runs", run_id) if run_id else "", words))
    title = f"{name} · {t('trends.chart.minutes')}"
    about = t("trends.chart.minutes.about")
    return charts.chart("minutes", title, about, columns, charts.MINUTES, span.days, t.span(max(known)))
