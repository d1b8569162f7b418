"""The process of a browser that is used from the board, as its parent sees it."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.internet import reactor as twisted_reactor
from twisted.internet.protocol import ProcessProtocol

from shopdata.service.crawls import kill_tree
from shopdata.service.options import OF_THE_SERVICE
from shopdata.sessions.live.wire import Kind, OddPieceError, Unpacker

logger = logging.getLogger(__name__)

#: Its type is that of whatever platform it is.
reactor: Any = twisted_reactor

#: It closes its browser; then it is killed.
END_SECONDS = 15
_MOST_LOGGED = 500


class LiveProcess(ProcessProtocol):
    """Started when it is made.

    Args:
        name: what logs call it.
        module, arguments: what it runs.
        on_piece: gets what it sends.
        on_end: called once, with its exit code; None if a signal ended it.
    """

    # Without the methods of a process' own in Twisted's types.
    transport: Any

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        on_piece: Callable[[Kind, bytes], None],
        on_end: Callable[[int | None], None],
    ) -> None:
        self._name = name
        self._on_piece = on_piece
        self._on_end = on_end
        self._unpacker = Unpacker()
        self._killing: Any = None
        command = [sys.executable, "-m", module, *arguments]
        self._process = reactor.spawnProcess(self, sys.executable, args=command, env=_environment())
        self.pid: int = self._process.pid

    def send(self, command: Mapping[str, Any]) -> None:
        """One thing to do."""
        if self._process.pid is not None:
            self.transport.write(json.dumps(command, ensure_ascii=False).encode() + b"\n")

    def end(self) -> None:
        """Ends it: by the end of its pipe, and if that is not enough, by force."""
        if self._killing is None and self._process.pid is not None:
            self.transport.closeStdin()
            self._killing = reactor.callLater(END_SECONDS, kill_tree, self.pid)

    def kill(self) -> None:
        """Ends it at once, with its browser."""
        kill_tree(self.pid)

    # -- called by Twisted ------------------------------------------------------------------------------------------

    def outReceived(self, data: bytes) -> None:
        try:
            for kind, content in self._unpacker.feed(data):
                self._on_piece(kind, content)
        except (OddPieceError, ValueError, KeyError) as error:
            logger.error("%s: it sends what is none of ours: %s", self._name, type(error).__name__)
            self.kill()

    def errReceived(self, data: bytes) -> None:
        for line in data.decode("utf-8", "replace").splitlines():
            logger.warning("%s: %s", self._name, line[:_MOST_LOGGED])

    def processEnded(self, reason: Any) -> None:
        if self._killing is not None and self._killing.active():
            self._killing.cancel()
        # A child that was killed may have left its browser.
        self._on_end(reason.value.exitCode)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SERVICE}
    # The service stands in a folder of its own, where the project is not found by itself.
    paths = [str(Path(__file__).parents[3]), *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}
