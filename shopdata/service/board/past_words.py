"""What became of periods, in words: of one for its column, of all of them for a sentence."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from shopdata.periods import Period
from shopdata.service.board.past import Past, PastPeriod
from shopdata.service.board.visit import Visit
from shopdata.wording import Texts


def period_in_words(t: Texts, period: PastPeriod) -> str:
    """11-23 周一：26,340 行，3 家店；缺 4 家店（待登录 1、失败 3）."""
    known = period.published
    said = [
        t("trends.unpublished") if known is None else t("trends.rows_of", rows=f"{known.rows:,}", shops=known.published)
    ]
    if period.gaps:
        said.append(t("trends.lacking", n=period.gaps, states=states_in_words(t, period.lacking)))
    return label_with(t, period.dt, t("format.and_then").join([*said, *_others(t, period.doubtful, period.open)]))


def label_with(t: Texts, dt: str, what: str) -> str:
    """A period, and what is to be said of it."""
    return t("trends.column", period=" ".join(filter(None, (t.period(dt), t.weekday(dt)))), what=what)


def states_in_words(t: Texts, counts: Mapping[str, int]) -> str:
    """待登录 1、失败 3."""
    told = [t("line.bit", state=t(f"state.{state}.word"), n=n) for state, n in counts.items()]
    return t("format.listed").join(told)


def past_in_words(t: Texts, past: Past) -> str:
    """4 期有缺口，缺 10 份；存疑 1 份."""
    if not past.periods:
        return t("trends.nothing_here")
    with_gaps = past.with_gaps
    gaps = t("trends.gaps", periods=len(with_gaps), cells=past.gaps) if with_gaps else t("trends.no_gaps")
    return t("format.and_then").join([gaps, *_others(t, past.doubtful, past.open)])


def usual_rows(t: Texts, past: Past) -> str:
    """How many rows a period has; "" where too few are published to say so."""
    rows = [period.rows for period in past.periods if period.rows is not None]
    return t("trends.usual", rows=f"{round(statistics.median(rows)):,}") if len(rows) > 2 else ""


def address_of(visit: Visit, dataset: str, period: PastPeriod) -> str:
    """Where the shops of a period are to be seen: those that are missing, else what is published."""
    if period.gaps or period.published is None:
        end = Period.from_dt(period.dt).end.isoformat()
        return visit.link("days", dataset, end=end, show="trouble" if period.gaps else None)
    return visit.link("partition", dataset, period.dt)


def _others(t: Texts, doubtful: int, still_open: int) -> list[str]:
    said = [t("trends.doubtful", n=doubtful)] if doubtful else []
    return [*said, t("trends.open", n=still_open)] if still_open else said
