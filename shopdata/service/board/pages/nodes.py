"""Machines whose services share the ledger: which of them work, on how much, and in what one differs from this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shopdata.ledger.nodes import NONE, OUTDATED, Node
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit

#: One that was silent for longer is not coming back, and one without a service is no concern of this page then.
_SHOWN_FOR = timedelta(days=30)
_SHOWN_WITHOUT_SERVICE = timedelta(days=1)


@dataclass(frozen=True)
class NodeLine:
    """One machine, or rather one state directory on it."""

    node: Node
    is_here: bool
    #: How many crawls of the queue it has in work.
    running: int
    #: What is not the same here: files of the configuration, packages with both versions.
    differences: tuple[str, ...]
    is_other_version: bool


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """This one first, then the others by name."""
    ledger, here = sources.workspace.ledger, sources.workspace.staging.node
    silent = ledger.nodes.silent_for()
    nodes = [node for node in ledger.nodes.all() if _is_shown(node, silent[node.name])]
    if not any(node.service_beat_at is not None for node in nodes):
        raise PageNotFoundError
    own = next((node for node in nodes if node.name == here), None)
    loads = ledger.queue.loads()
    lines = [
        NodeLine(
            node=node,
            is_here=node.name == here,
            running=loads.get(node.name, 0),
            differences=tuple(own.differences(node)) if own is not None else (),
            is_other_version=own is not None and node.version != own.version and "" not in (node.version, own.version),
        )
        for node in sorted(nodes, key=lambda node: (node.name != here, node.name))
    ]
    return RenderedPage(
        "nodes",
        visit.texts("menu.nodes"),
        "nodes",
        {
            "lines": lines,
            "up": sum(node.is_up for node in nodes),
            "is_draining": sources.control.is_draining(),
            "is_outdated": own is not None and own.state == OUTDATED,
        },
    )


def _is_shown(node: Node, silent: timedelta) -> bool:
    return silent < (_SHOWN_WITHOUT_SERVICE if node.state == NONE else _SHOWN_FOR)
