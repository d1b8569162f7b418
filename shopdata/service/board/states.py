"""How urgent each state is to a person, and what stands for "nobody has asked yet"."""

from __future__ import annotations

from datetime import datetime

from shopdata.ledger.checked_files import DoubtState
from shopdata.states import CellState

#: Not a state of the ledger: the cell is expected and was never planned.
UNASKED = "unasked"
#: The same, long after its time.
OVERDUE = "overdue"
#: In work, says the ledger, and nobody has shown a sign of life for it: the run was killed.
STALLED = "stalled"
#: Published, and a check has found it odd, also when the portal was asked again.
DOUBTFUL = "doubtful"

#: A person should look, the most pressing first.
TROUBLES = (CellState.NEEDS_LOGIN.value, CellState.FAILED.value, CellState.REJECTED.value, STALLED, OVERDUE)
#: Not done, and it goes on by itself.
MOVING = tuple(state.value for state in (CellState.RUNNING, CellState.STAGED, CellState.NOT_READY, CellState.PENDING))
DONE = (*(state.value for state in CellState if state.is_done), DOUBTFUL)
#: In the order of a legend.
ALL = (*DONE, *MOVING, UNASKED, *TROUBLES)

KINDS = ("trouble", "moving", "done")


_KIND_OF = dict.fromkeys(DONE, "done") | dict.fromkeys(TROUBLES, "trouble")


def kind_of(state: str) -> str:
    """trouble, moving or done."""
    return _KIND_OF.get(state, "moving")


def shown(state: CellState, lease_until: datetime | None, now: datetime, doubt: str = "") -> str:
    """The state of a cell as pages tell it.

    Args:
        doubt: what became of a doubt about its file, a `DoubtState`.
    """
    if doubt == DoubtState.CONFIRMED and state.is_done:
        return DOUBTFUL
    is_stalled = state is CellState.RUNNING and (lease_until is None or lease_until < now)
    return STALLED if is_stalled else state.value
