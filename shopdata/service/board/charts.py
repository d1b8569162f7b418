"""Columns of periods as SVG, drawn here: each is a link that says its figures, and no figure stands in colour alone.

Across, all is in percent, so that letters keep their size on a telephone; down, in pixels. Rows go up from a line,
shops that are missing go down from it, hatched; a triangle that points down is a doubt, a dashed box a period of which
nothing is there, an open box what is still in work, a line across a column what was there before it was revised.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from markupsafe import Markup, escape

from shopdata.service.board import states

#: Shapes around the origin, ten pixels wide: those of `board.css`.
_SHAPES = {
    states.DOUBTFUL: "M-5-4H5L0 5z",
    "needs_login": "M0-5 5 0 0 5-5 0z",
    "failed": "M-3.2-5-5-3.2-1.8 0-5 3.2-3.2 5 0 1.8 3.2 5 5 3.2 1.8 0 5-3.2 3.2-5 0-1.8z",
    "rejected": "M0-4.6 5 4.6H-5z",
    "not_ready": "M-4.5-5H4.5L.8 0 4.5 5H-4.5L-.8 0z",
    states.STALLED: "M-5-5H5V5H-5zM0-3.7V3.7H3.7V-3.7z",
}
#: Those that are drawn as a line.
_OPEN = {
    "empty": "M0-4A4 4 0 1 0 0 4 4 4 0 1 0 0-4",
    states.OVERDUE: "M-4-4H4V4H-4z",
    "running": "M0-4A4 4 0 1 0 0 4 4 4 0 1 0 0-4",
}
#: What has no shape of its own is a dash.
_DASH = "M-4-1H4V1H-4z"
#: Columns are no wider than if there were so many.
_FEWEST = 12
#: Below more columns than these there is no room for figures.
_MOST_FIGURES = 45
#: Of a column's width.
_FILLED = 0.78
#: Fewer pixels can't be seen.
_LEAST, _LEAST_BELOW = 2.0, 3.0


@dataclass(frozen=True)
class Column:
    """One period. `left` and `width` in percent of the chart; `value` None where there is nothing to show."""

    left: float
    width: float
    value: float | None
    address: str
    title: str
    #: Shops that are missing, and such as are not there yet, of so many.
    lacking: int = 0
    open: int = 0
    total: int = 0
    #: Shapes above it, by the state that each stands for.
    marks: tuple[str, ...] = ()
    #: What it was before it was revised.
    before: float | None = None


@dataclass(frozen=True)
class Look:
    """How tall the parts of a chart are, in pixels; `below` is for what is missing: full where all shops
    are, 0 where nothing can be."""

    above: int
    rows: int
    below: int = 0
    labels: int = 0
    #: A class of style sheets, for what the columns are.
    kind: str = "rows"
    #: True where the greatest value is written at its height, and how many are missing below.
    has_figures: bool = True

    @property
    def line(self) -> int:
        """Where columns stand."""
        return self.above + self.rows

    @property
    def height(self) -> int:
        """All of it."""
        return self.line + self.below + self.labels


LARGE = Look(above=20, rows=120, below=40, labels=18)
ONE_SHOP = Look(above=30, rows=110, labels=18)
SMALL = Look(above=12, rows=36, below=12, has_figures=False)
MINUTES = Look(above=14, rows=56, labels=18, kind="minutes")


def spread(count: int) -> list[tuple[float, float]]:
    """Left and width of so many columns that share a chart, in percent; few of them leave room."""
    places = max(count, _FEWEST)
    return [(100 * number / places, 100 / places) for number in range(count)]


def chart(
    name: str, title: str, description: str, columns: Sequence[Column], look: Look, days: Iterable[date | None] = (),
    most: str = "",
) -> Markup:  # fmt: skip
    """A chart.

    Args:
        name: what its title's id begins with.
        days: of each column, for the labels below; None has none.
        most: the greatest value, as people read it.
    """
    top = max((c.value for c in columns if c.value is not None), default=0) or 1
    top = max(top, max((c.before for c in columns if c.before is not None), default=0))
    parts = [
        f'<svg class="chart {look.kind}" role="group" aria-labelledby="{name}-t {name}-d" height="{look.height}">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
    ]
    days = list(days)
    for column, day in zip(columns, days, strict=False):
        if day is not None and day.weekday() >= 5:
            parts.append(f'<rect class="weekend" {_place(column, 1)} y="0" height="{look.line + look.below}"/>')
    parts.append(f'<line class="rule" x1="0" x2="100%" y1="{look.above}" y2="{look.above}"/>')
    parts += [_column(column, look, top, len(columns)) for column in columns]
    parts.append(f'<line class="foot-line" x1="0" x2="100%" y1="{look.line}" y2="{look.line}"/>')
    if look.has_figures and most:
        parts.append(f'<text class="most" x="2" y="{look.above - 4}">{escape(most)}</text>')
    if look.labels:
        parts += _labels(columns, days, look)
    parts.append("</svg>")
    # What stands in it is escaped piece by piece.
    return Markup("".join(parts))  # noqa: S704


def axis(columns: Sequence[Column], days: Sequence[date | None]) -> Markup:
    """Nothing but the labels, for charts that stand one below the other."""
    look = Look(above=0, rows=0, labels=14)
    labels = "".join(_labels(columns, days, look))
    return Markup(f'<svg class="chart axis" aria-hidden="true" height="{look.height}">{labels}</svg>')  # noqa: S704


def shape(state: str) -> Markup:
    """The shape of a state, for a legend."""
    return Markup(f'<svg class="key" aria-hidden="true" viewBox="-6 -6 12 12">{_mark(state)}</svg>')  # noqa: S704


def sparkline(values: Sequence[int | None], doubtful: Sequence[bool]) -> Markup:
    """The rows of a shop's periods, the earliest first: one line, broken where there is nothing, a dot for what stands
    alone, a triangle for a doubt, a short dash at the foot for what is missing."""
    top = max((value for value in values if value is not None), default=0) or 1
    path, off, doubt = [], [], []
    step = "M"
    for number, value in enumerate(values):
        if value is None:
            off.append(f"M{1 + 5 * number} 19h4")
            step = "M"
            continue
        y = 16 - 13 * value // top
        # A point that nothing follows is to be seen too.
        is_alone = step == "M" and (number + 1 == len(values) or values[number + 1] is None)
        path.append(f"{step}{3 + 5 * number} {y}{'h.1' if is_alone else ''}")
        step = "L"
        if doubtful[number]:
            doubt.append(f"M{5 * number} {max(y - 6, 0)}h6l-3 5z")
    others = "".join(f'<path class="{name}" d="{"".join(d)}"/>' for name, d in (("off", off), ("doubt", doubt)) if d)
    return Markup(  # noqa: S704
        f'<svg class="spark" aria-hidden="true" viewBox="0 0 {1 + 5 * len(values)} 20">'
        f'<path d="{"".join(path)}"/>{others}</svg>'
    )


def _place(column: Column, share: float = _FILLED) -> str:
    left = column.left + column.width * (1 - share) / 2
    return f'x="{left:.2f}%" width="{column.width * share:.2f}%"'


def _column(column: Column, look: Look, top: float, among: int) -> str:
    begin, end = (f'<a href="{escape(column.address)}">', "</a>") if column.address else ("<g>", "</g>")
    parts = [
        f"{begin}<title>{escape(column.title)}</title>"
        f'<rect class="hit" {_place(column, 1)} y="0" height="{look.line + look.below}"/>'
    ]
    y = float(look.line)
    if column.value is None:
        if column.lacking:
            parts.append(f'<rect class="nothing" {_place(column)} y="{look.line - 10}" height="9"/>')
        y -= 10 if column.lacking else 3
    else:
        height = max(look.rows * column.value / top, _LEAST if column.value else 0)
        y -= height
        parts.append(f'<rect class="bar" {_place(column)} y="{y:.1f}" height="{height:.1f}"/>')
    if column.before is not None:
        line = look.line - look.rows * column.before / top
        parts.append(f'<rect class="before" {_place(column, 1)} y="{line - 1:.1f}" height="2"/>')
        y = min(y, line)
    deep = float(look.line) + 1
    for count, kind in ((column.lacking, "lacking"), (column.open, "open")):
        if count and look.below:
            room = look.below - 2 - (12 if look.has_figures else 0)
            # Of 500 shops a single one that is missing is to be seen.
            height = max(room * count / max(column.total, count), _LEAST_BELOW)
            parts.append(f'<rect class="{kind}" {_place(column)} y="{deep:.1f}" height="{height:.1f}"/>')
            deep += height
    middle = column.left + column.width / 2
    if column.lacking and look.below and look.has_figures and among <= _MOST_FIGURES:
        wide = " wide" if column.lacking >= 10 and among > _FEWEST else ""
        parts.append(f'<text class="count{wide}" x="{middle:.2f}%" y="{deep + 10:.1f}">{column.lacking}</text>')
    for number, state in enumerate(column.marks):
        at = max(y - 7 - 11 * number, 6)
        parts.append(f'<svg x="{middle:.2f}%" y="{at:.1f}" overflow="visible">{_mark(state)}</svg>')
    return "".join([*parts, end])


def _mark(state: str) -> str:
    name = escape(state)
    if state in _OPEN:
        return f'<path class="mark hollow m-{name}" d="{_OPEN[state]}"/>'
    return f'<path class="mark m-{name}" d="{_SHAPES.get(state, _DASH)}"/>'


def _labels(columns: Sequence[Column], days: Sequence[date | None], look: Look) -> list[str]:
    """Every Monday of days, else as many as fit; every second one is left out where it is narrow."""
    dated = [(column, day) for column, day in zip(columns, days, strict=False) if day is not None]
    is_daily = all(b[1] - a[1] == timedelta(days=1) for a, b in pairwise(dated))
    chosen = [pair for pair in dated if pair[1].weekday() == 0] if is_daily else dated[:: max(1, len(dated) // 7)]
    y = look.height - 4
    found = []
    for number, (column, day) in enumerate(reversed(chosen)):
        at = column.left + column.width / 2
        edge = " first" if at < 5 else " last" if at > 95 else ""
        odd = " odd" if number % 2 else ""
        found.append(f'<text class="label{edge}{odd}" x="{at:.2f}%" y="{y}">{day:%m-%d}</text>')
    return found
