"""What is not the same on nodes that share a ledger: configuration, and the versions of packages."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from shopdata.config import config_digests, config_source, installed_packages
from shopdata.ledger.nodes import NONE, Node
from shopdata.periods import SHANGHAI
from shopdata.service.schedule_file import signature_of
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_MOST_NAMED = 12


class Differences:
    """Tells the other nodes what this one is like, and the log in what they are not like this one."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: object = None
        self._told: dict[str, str] = {}

    def look(self) -> None:
        """Blocks: reads the configuration where it has changed, and asks the ledger. Raises LedgerError, DiskError."""
        nodes, node = self._workspace.ledger.nodes, self._workspace.staging.node
        seen = signature_of(config_source())
        if seen != self._seen:
            nodes.describe(node, **described(self._workspace.secret_key or ""))
            self._seen = seen
        found = {one.name: one for one in nodes.all()}
        differing = dict(differing_nodes(found[node], found.values()))
        for name in sorted(self._told.keys() | differing.keys()):
            text = differing.get(name, "")
            if text and text != self._told.get(name):
                logger.warning("configuration of node %s is not the same as here: %s", name, text)
            elif not text:
                logger.info("configuration of node %s: no difference any more", name)
        self._told = differing


def described(secret_key: str) -> dict[str, Any]:
    """What this machine is like, for `Nodes.describe`."""
    return {"config_parts": config_digests(secret_key), "packages": _packages()}


def differences_from_here(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """The nodes whose service is up and that differ from this machine as it is now, each with what differs.

    Raises:
        LedgerError, DiskError: they can't be seen.
    """
    now = datetime.now(SHANGHAI)
    own = Node(
        name=workspace.staging.node,
        beat_at=now,
        address="",
        version="",
        seats=0,
        service_beat_at=None,
        state=NONE,
        **described(workspace.secret_key or ""),
    )
    yield from differing_nodes(own, workspace.ledger.nodes.all())


def differing_nodes(own: Node, nodes: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """The nodes whose service is up and that differ from this one, each with what differs."""
    for other in nodes:
        found = own.differences(other) if other.is_up and other.name != own.name else []
        if found:
            rest = len(found) - _MOST_NAMED
            yield other.name, ", ".join([*found[:_MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])])


@functools.cache
def _packages() -> dict[str, str]:
    # What is installed while a service runs is not what it has imported.
    return installed_packages()
