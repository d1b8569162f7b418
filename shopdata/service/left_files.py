"""Sends what crawls had to leave in this machine's outbox, while none runs here that would."""

from __future__ import annotations

import logging
from collections.abc import Callable

from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from shopdata.exceptions import ShopdataError
from shopdata.service.repeating import Repeating
from shopdata.store.outbox import Outbox
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 60


class LeftFiles(Repeating):
    """Looks at the start and every minute, in a thread, unless `is_busy`.

    A crawl looks by itself, when it begins and when it ends. But where machines share the work, the next one may run on
    another: a period waits for what lies here, and what the others have asked for again meanwhile lies here for good.
    """

    name = "left files"

    def __init__(self, is_busy: Callable[[], bool], workspace: Workspace) -> None:
        super().__init__({lambda: deferToThread(self.look): _LOOK_EVERY_SECONDS}, _log_failure)
        self._is_busy = is_busy
        self._workspace = workspace

    def look(self) -> None:
        """Sends what is there, unless a crawl is at work. Blocks; raises nothing that the next look may not meet."""
        workspace = self._workspace
        if self._is_busy() or not any(workspace.staging.outbox()):
            return
        try:
            # A new one each time: one that has met a store that was down asks it for nothing more.
            Outbox(workspace.staging, workspace.ledger, workspace.store).offer_all()
        except ShopdataError as error:
            logger.error("what lies in the outbox was not sent: %s", error)


def _log_failure(failure: Failure) -> None:
    logger.error("what lies in the outbox could not be looked at: %s", failure.value)
