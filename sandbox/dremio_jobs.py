"""The jobs of the Dremio double: each look at one takes it a state further, until it ends as its fault says."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from sandbox.dremio_sql import SqlError

_STATES_BEFORE_THE_END = ("PENDING", "RUNNING")


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


@dataclass
class _Job:
    #: States that are still to come; the last one stays.
    states: list[str]
    row: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    reason: str = ""


class Jobs:
    """All of them, by their ids."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Job] = {}
        self._numbers = itertools.count(1)

    def submit(self, sql: str, run: Callable[[str], dict[str, Any]], faults: Collection[str]) -> str:
        """The id of a new job; `run` gives the one row of a statement, or raises SqlError."""
        job = _Job([*_STATES_BEFORE_THE_END, "COMPLETED"])
        try:
            job.row = run(sql)
        except SqlError as error:
            # A guess: the job fails, and not the question. For us it comes to the same.
            job.states, job.error = ["PENDING", "FAILED"], str(error)
        if "job_failed" in faults:
            job.states, job.error = ["RUNNING", "FAILED"], "DATA_READ ERROR: the bucket does not answer\nstack"
        elif "job_canceled" in faults:
            job.states, job.reason = ["RUNNING", "CANCELED"], "Query cancelled by user 'admin'"
        elif "job_stuck" in faults:
            job.states = ["RUNNING"]
        number = f"{uuid.UUID(int=next(self._numbers))}"
        self._jobs[number] = job
        return number

    def cancel(self, number: str) -> None:
        """Ends a job."""
        self._job(number).states = ["CANCELED"]

    def look(self, number: str) -> dict[str, Any]:
        """What `job/ID` answers."""
        job = self._job(number)
        state = job.states.pop(0) if len(job.states) > 1 else job.states[0]
        return {
            "jobState": state,
            "rowCount": 1 if state == "COMPLETED" else 0,
            "errorMessage": job.error if state == "FAILED" else "",
            "cancellationReason": job.reason if state == "CANCELED" else "",
            "queueName": "SMALL",
        }

    def results(self, number: str) -> dict[str, Any]:
        """What `job/ID/results` answers."""
        job = self._job(number)
        if job.states != ["COMPLETED"]:
            raise RefusedError(400, "Can not fetch details for a job that is in [RUNNING] state.")
        return {"rowCount": 1, "schema": [], "rows": [job.row]}

    def _job(self, number: str) -> _Job:
        try:
            return self._jobs[number]
        except KeyError:
            raise RefusedError(404, f"Could not find a job with id [{number}]") from None
