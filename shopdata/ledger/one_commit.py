"""What several threads write at the same time becomes one transaction, with one wait for the disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

Result = TypeVar("Result")
Work = Callable[[Session], Any]


@dataclass(eq=False)
class _Write:
    work: Work
    #: What it returned, or raised.
    outcome: tuple[Any, Exception | None] | None = None


class OneCommit:
    """For SQLite, which has one writer: those who wait while another writes are written together, by the first of them.

    Each write is whole or not there, whatever becomes of the others, and durable before its caller goes on.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = threading.Lock()
        self._waiting: deque[_Write] = deque()

    def write(self, work: Callable[[Session], Result]) -> Result:
        """What `work` returned; it may be called again where nothing of it was kept. Raises what it has raised."""
        own = _Write(work)
        self._waiting.append(own)
        with self._writing:
            # Nearly always another has done it. One that was interrupted has left it, and out of those that wait.
            if own.outcome is None:
                others = [self._waiting.popleft() for _ in range(len(self._waiting))]
                self._commit([own, *(write for write in others if write is not own)])
        assert own.outcome is not None
        result, error = own.outcome
        if error is not None:
            raise error
        return cast("Result", result)

    def _commit(self, writes: Sequence[_Write]) -> None:
        if len(writes) > 1:
            # After some errors SQLite takes all of it back: whose they are, is seen where each is alone.
            with suppress(SQLAlchemyError):
                with self._engine.begin() as connection:
                    joined = (Session(connection, join_transaction_mode="create_savepoint") for _ in writes)
                    outcomes = [_run(session, write.work) for session, write in zip(joined, writes, strict=True)]
                for write, outcome in zip(writes, outcomes, strict=True):
                    write.outcome = outcome
                return
        for write in writes:
            try:
                write.outcome = _run(Session(self._engine), write.work)
            except SQLAlchemyError as error:
                write.outcome = None, error


def _run(session: Session, work: Work) -> tuple[Any, Exception | None]:
    """Raises what the database says against it; what else is raised is the work's own affair."""
    try:
        with session, session.begin():
            return work(session), None
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - raised where it was asked for
        return None, error
