"""One shop and dataset over its last periods: rows, size, how long it took, when it came and when it was revised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from shopdata.alerts.names import dataset_name
from shopdata.ledger.trends import PastCell
from shopdata.periods import Period
from shopdata.service.board import charts, grid, states
from shopdata.service.board.addresses import checked_id
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.charts import Column
from shopdata.service.board.past import PastReader
from shopdata.service.board.past_words import label_with
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.span import Span
from shopdata.service.board.visit import Visit

#: Of these the rows say all.
_PLAIN = ("published", "staged")


@dataclass(frozen=True)
class HistoryLine:
    """One period. `state` as pages call it; "" where nobody misses anything. `cell` is None if nobody has asked."""

    dt: str
    state: str
    cell: PastCell | None

    @property
    def rows(self) -> int | None:
        """Those of its good file."""
        return None if self.cell is None else self.cell.rows


def page(sources: Sources, visit: Visit, dataset: str, shop_id: str) -> RenderedPage:
    """`?end=` a day in the last period, `?span=long` three times as many."""
    contract, shop_id = sources.contract(dataset), checked_id(shop_id)
    reader = PastReader(sources, visit.now)
    span = Span.of(reader, visit, dataset)
    shop = sources.shop(shop_id)
    cells = {cell.dt: cell for cell in sources.workspace.ledger.trends.of_shop(dataset, shop_id, span.labels)}
    if not cells and (shop is None or shop.platform != contract.platform):
        raise PageNotFoundError
    config = sources.config()
    is_listed = shop is not None and shop in config.shops_for(dataset)
    lines = []
    for dt in span.labels:
        has_it = is_listed and shop is not None and shop.has(Period.from_dt(dt))
        state = _state(reader, visit, dataset, dt, cells.get(dt), has_it=has_it)
        lines.append(HistoryLine(dt, state, cells.get(dt)))
    name = shop.name if shop is not None else shop_id
    t = visit.texts
    whole = f"{name} · {dataset_name(t, dataset, contract, is_whole=True)}"
    return RenderedPage(
        "history",
        whole,
        "trends",
        {
            "dataset": dataset,
            "contract": contract,
            "contracts": config.datasets,
            "datasets": [known for known in reader.expected if shop is not None and shop in config.shops_for(known)],
            "shop": shop_id,
            "name": name,
            "is_listed": is_listed,
            "span": span,
            "lines": lines,
            "rows": _rows(visit, dataset, shop_id, lines, span, whole),
            "took": _took(visit, dataset, shop_id, lines, span, whole),
            "marks": list(dict.fromkeys(mark for line in reversed(lines) for mark in _marks(line))),
            "shape": charts.shape,
        },
    )


def _state(reader: PastReader, visit: Visit, dataset: str, dt: str, cell: PastCell | None, *, has_it: bool) -> str:
    if cell is not None:
        return states.shown(cell.state, cell.lease_until, visit.now, cell.doubt)
    began = reader.began(dataset)
    if not has_it or not began or dt < began:
        return ""
    newest = reader.expected[dataset]
    return states.OVERDUE if dt != newest.dt or grid.is_overdue(newest, visit.now) else states.UNASKED


def _marks(line: HistoryLine) -> tuple[str, ...]:
    return (line.state,) if line.state and line.state not in _PLAIN else ()


def _in_words(visit: Visit, line: HistoryLine) -> str:
    t, cell = visit.texts, line.cell
    said = [t(f"state.{line.state}.word")] if line.state else []
    if line.rows is not None:
        said.append(t("cell.rows", n=f"{line.rows:,}"))
    if cell is not None and cell.revised_at is not None:
        said.append(t("trends.revised", time=t.short(cell.revised_at)))
        if cell.rows_before is not None:
            said.append(t("trends.before", rows=f"{cell.rows_before:,}"))
    return label_with(t, line.dt, t("format.comma").join(said or [t("trends.no_file")]))


def _rows(visit: Visit, dataset: str, shop: str, lines: Sequence[HistoryLine], span: Span, whole: str) -> Markup:
    t = visit.texts
    columns = [
        Column(
            left,
            width,
            line.rows,
            visit.link("cell", dataset, line.dt, shop),
            _in_words(visit, line),
            marks=_marks(line),
            before=line.cell.rows_before if line.cell is not None else None,
        )
        for (left, width), line in zip(charts.spread(len(lines)), lines, strict=True)
    ]
    most = max((line.rows or 0 for line in lines), default=0)
    title, about = f"{whole} · {t('trends.chart.shop')}", t("trends.chart.shop.about")
    return charts.chart("rows", title, about, columns, charts.ONE_SHOP, span.days, t("cell.rows", n=f"{most:,}"))


def _took(visit: Visit, dataset: str, shop: str, lines: Sequence[HistoryLine], span: Span, whole: str) -> Markup | None:
    """None where nobody knows how long any of them took."""
    t = visit.texts
    seconds = [line.cell.seconds if line.cell is not None else None for line in lines]
    known = [one for one in seconds if one is not None]
    if not known:
        return None
    columns = [
        Column(
            left,
            width,
            one,
            visit.link("cell", dataset, line.dt, shop),
            label_with(t, line.dt, "–" if one is None else t.span(one)),
        )
        for (left, width), line, one in zip(charts.spread(len(lines)), lines, seconds, strict=True)
    ]
    title, about = f"{whole} · {t('trends.chart.waited')}", t("trends.chart.waited.about")
    return charts.chart("took", title, about, columns, charts.MINUTES, span.days, t.span(max(known)))
