"""This service as the others see it that share its ledger: that it is there, whether it takes crawls, that it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from shopdata.ledger.homes import FOR_NODE
from shopdata.ledger.nodes import DRAINING, STOPPED, UP
from shopdata.service.differences import Differences
from shopdata.service.draining import Draining
from shopdata.service.in_reactor import in_reactor
from shopdata.service.options import ServiceOptions
from shopdata.workspace import Workspace, is_shared


class ThisNode:
    """Methods are for worker threads.

    Args:
        address: where the service is.
        version: says which egg crawls run from; called in the reactor's thread.
    """

    def __init__(
        self,
        options: ServiceOptions,
        workspace: Workspace,
        address: str,
        *,
        launcher: Any,
        poller: Any,
        version: Callable[[], str],
    ) -> None:
        self._workspace = workspace
        self._address = address
        self._launcher = launcher
        self._newest_version = version
        self._version = ""
        self._differences = Differences(workspace)
        #: The services that take crawls, as of the last look.
        self._up: frozenset[str] = frozenset()
        #: A look at life that is under way must not take the last word back.
        self._one_word = threading.Lock()
        self._has_ended = False
        self._draining = Draining(options.draining_file, launcher, poller)
        #: Takes up crawls that were cut off; the clock does.
        self.go_on: Callable[[], None] = lambda: None
        #: What is to be done before the end, besides saying so.
        self.before_the_end: Callable[[], None] = lambda: None

    @property
    def is_draining(self) -> bool:
        """True if it takes no crawl, because a person wants it so. Does not block."""
        return self._draining.is_on

    def show_life(self) -> None:
        """Tells the others that it is there."""
        if is_shared(self._workspace.database_url):
            self._version = in_reactor(self._newest_version)[:50]
            self._tell(DRAINING if self._launcher.is_closed or self.is_draining else UP)
            self._differences.look()
            self._up = frozenset(node.name for node in self._workspace.ledger.nodes.all() if node.is_up)

    def may_start(self, _project: str, message: dict[str, Any]) -> bool:
        """Whether a job is for this one: no other is named in it that takes crawls."""
        wanted = message.get(FOR_NODE)
        return not wanted or wanted == self._workspace.staging.node or wanted not in self._up

    def last_word(self) -> None:
        """Tells the others that it ends; the reactor may be about to stop."""
        if is_shared(self._workspace.database_url):
            self._tell(STOPPED)
            self.before_the_end()

    def drain(self, *, is_now: bool) -> None:
        """Takes no crawl from now on; what runs goes on, or is ended and given back."""
        in_reactor(partial(self._draining.begin, is_now=is_now))
        self.show_life()

    def undrain(self) -> None:
        """Takes crawls again, and those that were ended here and are nobody's."""
        if self.is_draining:
            self.go_on()
            in_reactor(self._draining.end)
            self.show_life()

    def _tell(self, state: str) -> None:
        with self._one_word:
            if self._has_ended:
                return
            self._workspace.ledger.nodes.beat_service(
                self._workspace.staging.node,
                address=self._address,
                version=self._version,
                seats=self._launcher.max_proc,
                state=state,
            )
            self._has_ended = state == STOPPED
