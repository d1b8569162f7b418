"""On how many machines the run of a slot is to be at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from shopdata.config import Job
from shopdata.workspace import Workspace, is_shared

#: With fewer, to share a run takes longer than to do it.
_SHOPS_OF_A_MEMBER = 100


def crew_of(entry: Job, workspace: Workspace, dataset_of: Callable[[str, Mapping[str, object]], str]) -> list[str]:
    """The machines that are to be at work on the run of a slot, as nodes; "" is any. No more than there are.

    Those first that have signed in most of its shops: others leave these shops to them.
    """
    if not is_shared(workspace.database_url) or entry.spider is None:
        return [""]
    config = workspace.read_config()
    shops = config.shops_for(dataset_of(entry.runs, entry.args))
    up = [node.name for node in workspace.ledger.nodes.all() if node.is_up]
    known = workspace.ledger.homes.of_shops()
    staying = [shop for shop in shops if config.portal(shop.platform).roam != "any"]
    homes = Counter(home for shop in staying if (home := known.get(shop.file_stem)) in up)
    wanted = max(-(-len(shops) // _SHOPS_OF_A_MEMBER), len(homes)) if entry.crew == "auto" else entry.crew
    count = max(1, min(len(up), wanted))
    if not homes:
        return [""] * count
    return [*(name for name, _ in homes.most_common()), *(name for name in up if name not in homes)][:count]


def home_of(shop_ids: str | None, workspace: Workspace) -> str:
    """The node that has signed in all of these shops, `id,id`; "" where it is none, or not one."""
    if not shop_ids or not is_shared(workspace.database_url):
        return ""
    known, ids = workspace.ledger.homes.of_shops(), shop_ids.split(",")
    homes = {known.get(shop.file_stem, "") for shop in workspace.read_config().shops if shop.id in ids}
    return homes.pop() if len(homes) == 1 else ""
