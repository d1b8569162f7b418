"""What `scrapy status` prints: a sentence, a line for each dataset, and each reason once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from shopdata.actions.status_snapshot import StatusSnapshot, lacking
from shopdata.alerts.causes import Cause, causes_of
from shopdata.alerts.in_words import shop_label, state_and_reason, what_of
from shopdata.periods import Period
from shopdata.service.board import states
from shopdata.service.board.pages.today import DatasetLine
from shopdata.states import MARKS, CellState
from shopdata.wording import Texts

#: So many columns a terminal needs for whole labels.
_WIDE = 80
#: More reasons than a person reads at once.
_MOST_CAUSES = 12
#: So many columns a reason is moved in.
_INDENT = 3
_LINE_MARKS = {
    "complete": ("✓", "green"),
    "unrefreshed": ("◔", "yellow"),
    "running": ("…", "cyan"),
    "lacking": ("✗", "red"),
    "waiting": ("·", "dim"),
}
_FOR_A_PERSON = (CellState.NEEDS_LOGIN, CellState.REJECTED, CellState.FAILED)
_NOT_ASKED = (states.UNASKED, states.OVERDUE)
_MARK_OF_TOPIC = {
    "unpublished": MARKS[CellState.STAGED],
    "refresh": ("◔", "yellow"),
}


def who_needs_somebody(t: Texts, snapshot: StatusSnapshot) -> str:
    """How many shops wait for a person, or "" if none does."""
    count = len({trouble.shop for trouble in snapshot.troubles() if trouble.state in _FOR_A_PERSON})
    return t("status.attention", n=count) if count else ""


def dataset_lines(t: Texts, lines: Sequence[DatasetLine], width: int, today: date) -> Iterator[Text]:
    """A line for each dataset and the period that is meant; what does not fit behind it stands below it.

    Args:
        width: columns of the terminal.
        today: the day that times are seen from.
    """
    rows = [(t("head.dataset"), t("head.period"), t("head.shops"), t("head.rows"))]
    for line in lines:
        dt = line.expected.dt
        period = dt if width >= _WIDE and "_" not in dt else t.period(dt)
        count = f"{line.partition.rows:,}" if line.partition is not None else "–"
        rows.append((line.dataset, period, f"{line.done}/{line.total}", count))
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    texts = ["  ".join(map(_aligned, row, widths, "<<>>")) for row in rows]
    yield Text(f"   {texts[0]}", "bold")
    for line, text in zip(lines, texts[1:], strict=True):
        mark, style = _LINE_MARKS[line.state]
        said = t("format.listed").join(filter(None, _said(t, line, today)))
        is_fit = _INDENT + cell_len(text) + 2 + cell_len(said) <= width
        yield Text.assemble((mark, style), f"  {text}", (f"  {said}" if is_fit else f"\n     {said}", style))


def _aligned(text: str, width: int, side: str) -> str:
    blanks = " " * (width - cell_len(text))
    return text + blanks if side == "<" else blanks + text


def _said(t: Texts, line: DatasetLine, today: date) -> Iterator[str]:
    """What stands behind the numbers."""
    due_at = line.expected.due_at
    due = t.due(due_at, today) if due_at is not None else ""
    asked = [(state, count) for state, count in line.troubles if state not in _NOT_ASKED]
    if line.state == "complete":
        yield t("state.published.word")
    elif line.state == "unrefreshed":
        yield t("status.published_unrefreshed")
    yield from (t("status.in_state", n=count, state=t(f"state.{state}.word")) for state, count in asked)
    count = sum(line.counts[state] for state in _NOT_ASKED)
    if line.state == "waiting":
        yield t("status.due", time=due) if due else ""
    elif count:
        not_asked = t("state.unasked.word")
        what = not_asked if count == line.total else t("status.in_state", n=count, state=not_asked)
        yield t("status.was_due", what=what, time=due) if due else what


def earlier_lines(
    t: Texts, snapshot: StatusSnapshot, periods: dict[str, list[Period]], shop: str | None
) -> Iterator[str]:
    """What earlier periods lack, one line for each dataset; what is whole is counted."""
    whole = 0
    for name, own in periods.items():
        lacks = lacking(snapshot, name, own, shop)
        whole += len(own) - len(lacks)
        if lacks:
            count = sum(lacks.values())
            what = t("status.files_missing", n=count) if count else t("status.unrefreshed")
            yield t("status.earlier", dataset=name, periods=t.labels(lacks), what=what)
    if whole:
        yield t("status.earlier_whole", n=whole)


def reasons(t: Texts, snapshot: StatusSnapshot) -> Iterator[RenderableType]:
    """Each reason once: which shops, where, and what the ledger says."""
    causes = causes_of(snapshot.troubles())
    for cause in causes[:_MOST_CAUSES]:
        yield _head(t, cause)
        yield Padding(Text(_where(t, cause), "dim"), (0, 0, 0, _INDENT))
        # Text, not markup: a reason quotes what a portal said.
        yield Padding(Text(what_of(t, cause)), (0, 0, 0, _INDENT))
    if len(causes) > _MOST_CAUSES:
        yield Text(t("status.more_reasons", n=len(causes) - _MOST_CAUSES))


def each_reason(t: Texts, snapshot: StatusSnapshot) -> Iterator[RenderableType]:
    """A line for each cell that has something to say."""
    for cell in sorted(snapshot.cells, key=lambda cell: (cell.dt, cell.shop), reverse=True):
        if cell.reason:
            mark, _ = MARKS[cell.state]
            what = state_and_reason(t, cell.state, cell.reason.text)
            yield Text(t("status.cell", mark=mark, dataset=cell.dataset, dt=cell.dt, shop=cell.shop, what=what))


def _head(t: Texts, cause: Cause) -> Text:
    state = cause.troubles[0].state
    mark, style = MARKS[state] if state is not None else _MARK_OF_TOPIC[cause.topic]
    count = len(cause.shops)
    names = t.shops([shop_label(shop, troubles[0].name) for shop, troubles in cause.shops.items()])
    return Text(f"{mark} {t('status.shops', n=count, names=names) if count > 1 else names}", style)


def _where(t: Texts, cause: Cause) -> str:
    datasets: dict[str, set[str]] = {}
    for trouble in cause.troubles:
        datasets.setdefault(trouble.dataset, set()).add(trouble.dt)
    return t("format.between_groups").join(f"{name} {t.labels(dts)}" for name, dts in datasets.items())
