"""What a run's cells are at, as far as somebody watches: states, steps, how many are done, how long it may take."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shopdata.states import CellState
from shopdata.wording import Texts

Key = tuple[str, str]
#: A person looks at these first.
_TROUBLES = frozenset({CellState.NEEDS_LOGIN, CellState.FAILED, CellState.REJECTED})
_HERE = frozenset({CellState.STAGED, CellState.PUBLISHED, CellState.EMPTY})


@dataclass(slots=True)
class _Cell:
    state: CellState
    #: A step, a count of rows, or a reason.
    text: str
    #: Of the last change, in seconds of `time.monotonic`.
    at: float
    #: False if it is settled without that anything was asked.
    was_asked: bool = False


class Seen:
    """Keys are (dt, shop id); all times are seconds of `time.monotonic`."""

    def __init__(self, todo: Iterable[Key], now: float) -> None:
        self._started = now
        self._cells: dict[Key, _Cell] = {}
        self.expect(todo, now)
        #: What a shop is at, and with it the cell that it is asked for.
        self._shops: dict[str, str] = {}

    def expect(self, todo: Iterable[Key], now: float) -> None:
        """These are to be asked too."""
        self._cells.update({key: _Cell(CellState.PENDING, "", now) for key in todo})

    @property
    def keys(self) -> Collection[Key]:
        return self._cells.keys()

    @property
    def left(self) -> int:
        """How many are not settled."""
        return sum(cell.state in (CellState.PENDING, CellState.RUNNING) for cell in self._cells.values())

    def seconds(self, now: float) -> float:
        """Since the run began."""
        return now - self._started

    # -- what happens -----------------------------------------------------------------------------------------------

    def shop_stepped(self, shop: str, step: str) -> None:
        """The shop is at something that no single cell is; "" if it is not any more."""
        if step:
            self._shops[shop] = step
        else:
            self._shops.pop(shop, None)

    def stepped(self, key: Key, step: str, now: float) -> None:
        self._cells[key] = _Cell(CellState.RUNNING, step, now, was_asked=True)

    def settled(self, key: Key, state: CellState, text: str, now: float) -> None:
        before = self._cells.get(key)
        self._cells[key] = _Cell(state, text, now, was_asked=before is not None and before.was_asked)

    def published(self, dt: str, shops: Collection[str], now: float) -> None:
        """The period is in the lake, with these shops."""
        for (own, shop), cell in self._cells.items():
            if own == dt and shop in shops and cell.state is CellState.STAGED:
                cell.state, cell.at = CellState.PUBLISHED, now

    # -- what is to be seen -----------------------------------------------------------------------------------------

    def in_order(self) -> list[tuple[Key, CellState, str]]:
        """All cells, the earliest period first."""
        return [(key, cell.state, cell.text) for key, cell in sorted(self._cells.items(), key=lambda pair: pair[0])]

    def pressing_first(self) -> list[tuple[Key, CellState, str]]:
        """Shops at work first, then what somebody must fix, then what was settled last, then what is to come."""
        shown: list[tuple[tuple[int, float], Key, CellState, str]] = []
        at_work = {shop for (_, shop), cell in self._cells.items() if cell.state is CellState.RUNNING}
        for key, cell in sorted(self._cells.items(), key=lambda pair: pair[0]):
            state, text, shop = cell.state, cell.text, key[1]
            if state is CellState.RUNNING:
                text = self._shops.get(shop, text)
            elif state is CellState.PENDING and shop in self._shops and shop not in at_work:
                # Its first cell waits for the shop.
                state, text = CellState.RUNNING, self._shops[shop]
                at_work.add(shop)
            rank = (
                0 if state is CellState.RUNNING else 1 if state in _TROUBLES else 3 if state is CellState.PENDING else 2
            )
            shown.append(((rank, -cell.at), key, state, text))
        shown.sort(key=lambda entry: entry[0])
        return [(key, state, text) for _, key, state, text in shown]

    def so_far(self, t: Texts, now: float) -> str:
        """`3/5 done, 1 failed, 1 not ready, 40 s, about 30 s left`."""
        states = [cell.state for cell in self._cells.values()]
        parts = [t("crawl.done", done=sum(state in _HERE for state in states), total=len(states))]
        parts += [t("crawl.failed", n=count)] if (count := sum(state in _TROUBLES for state in states)) else []
        parts += [t("crawl.not_ready", n=count)] if (count := states.count(CellState.NOT_READY)) else []
        parts.append(t.span(self.seconds(now)))
        if left := self.left:
            # What came to its end without a question tells nothing about how long questions take.
            asked = sum(
                c.was_asked and c.state not in (CellState.PENDING, CellState.RUNNING) for c in self._cells.values()
            )
            if asked:
                parts.append(t("crawl.left", span=t.span(self.seconds(now) * left / asked)))
        elif CellState.STAGED in states:
            parts.append(t("crawl.merging"))
        return t("format.listed").join(parts)
