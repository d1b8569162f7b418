"""What a run does before it says that something is published already: it looks into the bucket."""

from __future__ import annotations

from shopdata.lake.standing import Standing
from shopdata.plan import Plan
from shopdata.workspace import Workspace


def look_into_bucket(plan: Plan, workspace: Workspace) -> bool:
    """What the bucket lost is not called published any more; what only the bucket knows is not asked for again.

    Returns:
        False if the store failed, so that nobody can say what it holds.
    """
    standing = Standing(plan.dataset, workspace.config, workspace.ledger, workspace.staging, workspace.store)
    for period in plan.periods:
        standing.look(period.dt)
    return not standing.unseen
