"""From which machine each shop is asked: the node that has signed it in, as long as that takes part in the work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads
from shopdata.ledger.nodes import Nodes
from shopdata.ledger.records import CellKey
from shopdata.ledger.schema import CellRow, QueueRow, SessionRow, SlotRow
from shopdata.run_ids import run_of
from shopdata.states import CellState

_SESSION = ".session"
#: In a message of the queue: the node that is to have it, if it is up.
FOR_NODE = "_for"


class Homes(DatabasePart):
    """Homes of shops, and who is at work for a run."""

    @reads
    def of_shops(self, session: Session) -> dict[str, str]:
        """The node that has signed in, by PLATFORM_SHOP; without what nobody knows it of."""
        rows = session.execute(select(SessionRow.name, SessionRow.home).where(SessionRow.home != ""))
        return {name.removesuffix(_SESSION): home for name, home in rows if name.endswith(_SESSION)}

    def at_work(self, job: str) -> frozenset[str]:
        """The nodes that are up, and have a job of the same run: in work, or it waits for them."""
        up = frozenset(node.name for node in Nodes(self._database).all() if node.is_up)
        return up & self._with_members(run_of(job))

    @reads
    def _with_members(self, session: Session, run: str) -> frozenset[str]:
        own = or_(QueueRow.job == run, QueueRow.job.startswith(f"{run}.", autoescape=True))
        rows = session.execute(select(QueueRow.holder, QueueRow.message).where(own))
        return frozenset(str(holder or message.get(FOR_NODE) or "") for holder, message in rows)

    @reads
    def decided_at(self, session: Session, job: str) -> datetime | None:
        """When the slot of a job's run was decided; None where it is of none."""
        return session.scalars(select(SlotRow.decided_at).where(SlotRow.run_id == run_of(job))).first()

    @reads
    def tries(self, session: Session, dataset: str, dts: Collection[str]) -> dict[CellKey, int | None]:
        """How often each cell of these periods was asked for until that came to an end; None where it has not."""
        columns = (CellRow.dataset, CellRow.dt, CellRow.shop, CellRow.state, CellRow.attempts)
        rows = session.execute(select(*columns).where(CellRow.dataset == dataset, CellRow.dt.in_(dts)))
        open_ = (CellState.PENDING, CellState.RUNNING)
        return {CellKey(*row[:3]): None if row[3] in open_ else row[4] for row in rows}
