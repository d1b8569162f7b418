"""Answers that take their time: made in a thread, sent if somebody still waits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.http import Request
from twisted.web.server import NOT_DONE_YET

logger = logging.getLogger(__name__)

Made = TypeVar("Made")


def answer_later(
    request: Request, work: Deferred[Made], send: Callable[[Made], object], drop: Callable[[Made], object] | None = None
) -> int:
    """Sends what comes of the work; what a page's `render` returns.

    Args:
        drop: in place of `send`, where nobody waits any more.
    """
    gone: list[Failure] = []

    def made(answer: Made) -> Any:
        if not gone:
            return send(answer)
        return None if drop is None else drop(answer)

    request.notifyFinish().addErrback(gone.append)
    work.addCallback(made)
    work.addErrback(lambda failure: logger.error("an answer could not be sent: %s", failure.getErrorMessage()))
    return NOT_DONE_YET


def send(request: Request, status: int, body: bytes, content_type: str) -> None:
    """A whole answer."""
    request.setResponseCode(status)
    request.setHeader("Content-Type", content_type)
    request.setHeader("Content-Length", str(len(body)))
    request.write(body)
    request.finish()
