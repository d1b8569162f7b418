"""One dataset over its last periods: which shops have which days, and the gaps between."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shopdata.alerts.names import dataset_name
from shopdata.config import Dataset, Shop
from shopdata.lake.completeness import expected_periods
from shopdata.ledger.queries import CellSummary
from shopdata.periods import Period, days, today
from shopdata.service.board import grid, states
from shopdata.service.board.addresses import checked_day
from shopdata.service.board.answers import Answer, PageNotFoundError, redirect
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.expected import Expected

#: How many periods fit a page, by kind.
COUNTS = {"day": 14, "week": 8, "month": 6}
_LENGTHS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}


def first(sources: Sources, visit: Visit) -> Answer:
    """Without a dataset: the first one that a shop has."""
    expected = sources.expected(today(visit.now))
    if not expected:
        # Where there is no shop yet, the front page says how one comes here.
        return redirect(visit.link())
    return redirect(visit.link("days", next(name for name in sources.config().datasets if name in expected)))


def page(sources: Sources, visit: Visit, dataset: str) -> RenderedPage:
    """`?end=` a day in the last period, `?show=` and `?q=` narrow the shops."""
    # Once for all that follows: each time it is looked whether it still stands.
    contract, config = sources.contract(dataset), sources.config()
    newest = sources.expected(today(visit.now)).get(dataset)
    if newest is None:
        raise PageNotFoundError
    end = checked_day(visit.query.get("end"), today(visit.now)).isoformat() if visit.query.get("end") else newest.dt
    periods = _periods(sources, dataset, contract, newest, min(end, newest.dt), visit.now)
    wanted = [(dataset, dt) for dt in periods]
    summaries = {(g.dt, g.shop): g for g in sources.workspace.ledger.queries.summaries(wanted)}
    partitions = sources.workspace.ledger.queries.partitions(wanted)
    shops = config.shops_for(dataset)
    strangers = sorted({shop for _, shop in summaries} - {shop.id for shop in shops})
    began = sources.workspace.ledger.queries.first_period(dataset)
    expected = [replace(newest, dt=dt) for dt in periods]
    squares = {
        shop.id: [_square(summaries, dataset, contract, newest, each, shop, began, visit) for each in expected]
        for shop in shops
    }
    for stranger in strangers:
        squares[stranger] = [
            None
            if (glance := summaries.get((dt, stranger))) is None
            else grid.square_of(glance, dataset, contract, newest, stranger, visit.now)
            for dt in periods
        ]
    rows = grid.rows_of(shops, squares, strangers)
    gaps = sorted({s.dt for shop in shops for s in squares[shop.id] if s and s.kind == "trouble" and s.dt != ""})
    return RenderedPage(
        "days",
        dataset_name(visit.texts, dataset, contract, is_whole=True),
        "days",
        {
            "dataset": dataset,
            "contract": contract,
            "datasets": [name for name in config.datasets if config.shops_for(name)],
            "contracts": config.datasets,
            "periods": periods,
            "partitions": {dt: partitions.get((dataset, dt)) for dt in periods},
            "rows": rows,
            "counts": grid.count_kinds(rows),
            "gaps": [] if contract.is_snapshot else gaps,
            "gap_cells": sum(s.kind == "trouble" for shop in shops for s in squares[shop.id] if s),
            "older": (Period.from_dt(periods[-1]).start - timedelta(days=1)).isoformat(),
            "newer": "" if periods[0] == newest.dt else _newer(periods[0], contract, newest),
            "filter": grid.Filter.of(visit, grid.SHOWN),
        },
    )


def _periods(sources: Sources, dataset: str, contract: Dataset, newest: Expected, end: str, now: datetime) -> list[str]:
    """Labels, the newest first: what the calendar has, and what else somebody asked for."""
    count = COUNTS[contract.period]
    last = Period.from_dt(end).end
    if contract.period == "day":
        return [day.isoformat() for day in days(last - timedelta(days=count - 1), last)][::-1]
    known = sources.workspace.ledger.queries.periods(dataset, end, count)
    first = last - count * _LENGTHS[contract.period]
    shops = sources.config().shops_for(dataset)
    calendar = expected_periods(contract, shops, first, last, known=map(Period.from_dt, known), now=now)
    found = {*known, *(period.dt for period in calendar)}
    if end >= newest.dt[:10]:
        found.add(newest.dt)
    return sorted(found, reverse=True)[:count]


def _square(
    summaries: dict[tuple[str, str], CellSummary],
    dataset: str,
    contract: Dataset,
    newest: Expected,
    expected: Expected,
    shop: Shop,
    began: str,
    visit: Visit,
) -> grid.Square | None:
    dt = expected.dt
    glance = summaries.get((dt, shop.id))
    if glance is None and not shop.has(Period.from_dt(dt)):
        return None
    if glance is None and (not began or dt < began):
        # From before the first run: nobody misses it.
        return grid.Square(dataset, dt, shop.id, states.UNASKED, kind="none")
    if glance is None and dt != newest.dt:
        return grid.Square(dataset, dt, shop.id, states.OVERDUE, kind="trouble")
    return grid.square_of(glance, dataset, contract, expected, shop.id, visit.now)


def _newer(dt: str, contract: Dataset, newest: Expected) -> str:
    """A day in the last period of the page after the one that begins with `dt`."""
    there = Period.from_dt(dt).end + COUNTS[contract.period] * _LENGTHS[contract.period]
    return min(there, Period.from_dt(newest.dt).end).isoformat()
