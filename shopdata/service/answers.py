"""What a webservice answers in scrapyd's form: at once or when it is known, a refusal, an error."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from scrapyd.webservice import WsResource
from twisted.internet.defer import Deferred
from twisted.web import error, http

from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.service.later import answer_later
from shopdata.service.names import quoted
from shopdata.texts import one_line

logger = logging.getLogger(__name__)


class Refusal(WsResource):  # type: ignore[misc]
    """An answer in scrapyd's form in place of the page that was asked for."""

    isLeaf = True

    def __init__(self, root: Any, problem: Exception) -> None:
        super().__init__(root)
        self._problem = problem

    def render(self, txrequest: Any) -> Any:
        return answer_now(self, txrequest, as_error(self._problem))


class NotAllowed(Refusal):
    """The answer to a method that a page does not have; scrapyd's own takes it for a mistake in the program."""

    def __init__(self, root: Any, page: str, method: bytes, allowed: Sequence[str]) -> None:
        problem = ArgumentError(
            "this page does not take the method",
            where=page,
            found=quoted(method.decode("ascii", "replace")),
            expected=" or ".join(allowed),
            todo="Use one of these.",
        )
        super().__init__(root, problem)
        self._allowed = allowed

    def render(self, txrequest: Any) -> Any:
        txrequest.setResponseCode(http.NOT_ALLOWED)
        txrequest.setHeader("Allow", ", ".join(self._allowed))
        return super().render(txrequest)


def methods_of(page: Any) -> tuple[str, ...]:
    """What a webservice, scrapyd's or ours, can be asked with; nothing of what is none."""
    own = [name for name in ("GET", "POST", "OPTIONS") if hasattr(page, f"render_{name}")]
    return ("HEAD", *own) if "GET" in own else tuple(own)


class LaterPage(WsResource):  # type: ignore[misc]
    """A webservice whose answer may take its time."""

    method = b"POST"

    @abstractmethod
    async def answer(self, txrequest: Any) -> dict[str, Any]:
        """Runs in the reactor's thread; what takes long is left to another one. Any error becomes the answer."""

    def render(self, txrequest: Any) -> Any:
        if txrequest.method != self.method:
            return super().render(txrequest)
        work = Deferred.fromCoroutine(self.answer(txrequest))
        work.addCallbacks(lambda data: {"status": "ok"} | data, lambda failure: as_error(failure.value))
        return answer_later(txrequest, work, lambda data: self._send(txrequest, data))

    def _send(self, txrequest: Any, data: dict[str, Any]) -> None:
        txrequest.write(answer_now(self, txrequest, data))
        txrequest.finish()


def answer_now(page: WsResource, txrequest: Any, data: dict[str, Any]) -> bytes:
    """The bytes of an answer in scrapyd's form; its headers are set."""
    content: bytes = page.json_encoder.encode(data | {"node_name": page.root.node_name}).encode() + b"\n"
    txrequest.setHeader("Content-Type", "application/json")
    txrequest.setHeader("Content-Length", str(len(content)))
    return content


def as_error(problem: BaseException) -> dict[str, Any]:
    """What scrapyd says of an error; our own speak for themselves."""
    if isinstance(problem, ShopdataError):
        text = str(problem)
    elif isinstance(problem, error.Error):
        text = (problem.message or b"").decode(errors="replace")
        # As scrapyd's own pages are told by `daemon.py`.
        logger.info("refused: %s", one_line(text))
    else:
        logger.error("a webservice failed: %s: %s", type(problem).__name__, str(problem)[-500:])
        text = f"{type(problem).__name__}: {problem}"
    return {"status": "error", "message": text}
