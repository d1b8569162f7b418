"""On how many machines the run of a slot is to be at work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shopdata.config import Job
from shopdata.workspace import Workspace, is_shared

#: With fewer, to share a run takes longer than to do it.
_SHOPS_OF_A_MEMBER = 100


def crew_of(entry: Job, workspace: Workspace, dataset_of: Callable[[str, Mapping[str, object]], str]) -> int:
    """On how many machines the run of a slot is to be at work: on no more than there are."""
    if not is_shared(workspace.database_url) or entry.spider is None:
        return 1
    wanted = entry.crew
    if wanted == "auto":
        shops = workspace.read_config().shops_for(dataset_of(entry.runs, entry.args))
        wanted = -(-len(shops) // _SHOPS_OF_A_MEMBER)
    return max(1, min(sum(node.is_up for node in workspace.ledger.nodes.all()), wanted))
