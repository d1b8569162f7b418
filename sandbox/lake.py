"""What stands in for the lake beside the portals: an object store and a Dremio double."""

from __future__ import annotations

from contextlib import ExitStack

from sandbox.dremio import DremioDouble
from sandbox.store import SeaweedStore


def start_lake(stack: ExitStack) -> dict[str, str]:
    """Starts both, to be ended by `stack`; returns the variables that lead to them.

    Raises:
        StoreError: the object store's package is missing, or it does not come up.
    """
    store = stack.enter_context(SeaweedStore())
    return store.environment() | stack.enter_context(DremioDouble(lake=store.settings())).environment()
