"""The squares of a grid as HTML: a page has thousands, most of them alike, and a template would draw each anew."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from shopdata.ledger.checked_files import DoubtState
from shopdata.reasons import Reason
from shopdata.service.board import charts, states
from shopdata.service.board.grid import Square
from shopdata.service.board.notes import tip
from shopdata.service.board.visit import Visit, quoted

#: Those whose rows are in the lake, or on their way.
_WITH_ROWS = frozenset({*states.DONE, "staged"})
#: States in which the rows are what one looks for, and not the state.
_COUNTED = ("published", "staged")


class Squares:
    """Draws those of one page."""

    def __init__(self, visit: Visit) -> None:
        self._texts = visit.texts
        self._cells, self._trends = escape(visit.link("cell")), escape(visit.link("trends"))
        self._history = escape(visit.texts("trends.history"))
        #: What stands around link and rows, by what else is to be seen of a square.
        self._faces: dict[tuple[str, str, bool, Reason, bool], tuple[str, str, str]] = {}

    def row(self, squares: Iterable[Square | None]) -> Markup:
        """The cells of a table's row, empty where a shop does not have a dataset."""
        # What stands in it is escaped piece by piece.
        return Markup("".join(map(self._draw, squares)))  # noqa: S704

    def past(self, dataset: str, shop: str, name: str, squares: Iterable[Square | None] = ()) -> Markup:
        """A shop's name as a link to its history; with squares, the newest first, their rows as a line beside it."""
        address = f"{self._trends}/{quoted(dataset)}/{quoted(shop)}"
        line = _sparkline(squares)
        return Markup(  # noqa: S704
            f'<a class="past" href="{address}" title="{self._history}"><bdi>{escape(name)}</bdi>{line}</a>'
        )

    def _draw(self, square: Square | None) -> str:
        if square is None:
            return '<td class="void"></td>'
        rows = square.rows if square.state in _COUNTED else None
        # A file that was published at once, with something to know, looks like others but for its mark.
        is_noted = square.doubt == DoubtState.NOTED and square.state != states.DOUBTFUL
        seen = (square.state, square.kind, rows is not None, square.reason, is_noted)
        face = self._faces.get(seen)
        if face is None:
            face = self._faces[seen] = self._face(*seen)
        before, between, behind = face
        link = f"{self._cells}/{quoted(square.dataset)}/{quoted(square.dt)}/{quoted(square.shop)}"
        return f"{before}{link}{between}{'' if rows is None else f'{rows:,}'}{behind}"

    def _face(self, state: str, kind: str, is_counted: bool, reason: Reason, is_noted: bool) -> tuple[str, str, str]:
        hot = f' class="hot hot-{escape(state)}"' if kind == "trouble" else ""
        title = f' title="{escape(tip(self._texts, state, reason))}"' if reason else ""
        mark = ""
        if is_noted:
            said = escape(self._texts("cell.doubt.noted"))
            title, mark = f' title="{said}"', f'<span class="noted"><span class="hidden">{said}</span></span>'
        word = escape(self._texts(f"state.{state}.word"))
        if is_counted:
            between, behind = '<span class="n">', f'</span><span class="w">{word}</span>'
        else:
            between, behind = f'<span class="w only">{word}', "</span>"
        return f'<td{hot}><a class="c s s-{escape(state)}" href="', f'"{title}>{between}', f"{behind}{mark}</a></td>"


def _sparkline(squares: Iterable[Square | None]) -> str:
    shown = list(squares)[::-1]
    if not shown:
        return ""
    values = [square.rows if square is not None and square.state in _WITH_ROWS else None for square in shown]
    return charts.sparkline(values, [square is not None and square.state == states.DOUBTFUL for square in shown])
