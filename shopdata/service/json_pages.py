"""JSON webservices beside scrapyd's own, in their form: `status` is `ok` or `error`, with HTTP 200 in both cases."""

from __future__ import annotations

import json
import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import Request

from shopdata.arguments import read_flag
from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.ledger import RunRecord
from shopdata.periods import Period
from shopdata.run_ids import run_of
from shopdata.service.control import CrawlJob, Due
from shopdata.service.inside import Inside
from shopdata.service.later import answer_later, send
from shopdata.service.names import checked_form, quoted
from shopdata.states import CellState
from shopdata.texts import did_you_mean

logger = logging.getLogger(__name__)

Arguments = Mapping[str, str]

#: What the service can be told, and how.
_MODES = {"stop": ("wait", "now", "leave"), "drain": ("wait", "now"), "undrain": ("wait",)}
#: Without an id, runs.json has so many.
_RUNS = 50
#: Without a `dt`, cells.json has so many of each dataset's newest periods: a ledger of years would not fit.
_PERIODS = 7


class JsonPage(Resource, ABC):
    """Answers in a thread: the ledger may be far away. Made by scrapyd, with its root."""

    isLeaf = True
    #: What GET and POST may be told.
    get_names: ClassVar[tuple[str, ...]] = ()
    post_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, root: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.root = root
        self.inside: Inside = root.inside

    @abstractmethod
    def get(self, arguments: Arguments) -> dict[str, Any]:
        """The answer to GET."""

    def post(self, arguments: Arguments) -> dict[str, Any]:
        """The answer to POST."""
        raise ArgumentError("this can only be read", where="POST", todo="Use GET.")

    def render_GET(self, request: Request) -> int:
        return self._answer(request, self.get, self.get_names)

    def render_POST(self, request: Request) -> int:
        return self._answer(request, self.post, self.post_names)

    def _answer(self, request: Request, make: Callable[[Arguments], dict[str, Any]], names: Sequence[str]) -> int:
        given = {
            name.decode(errors="replace"): [value.decode(errors="replace") for value in values]
            for name, values in (request.args or {}).items()
        }
        answer = deferToThread(lambda: make(checked_form(given, names))).addErrback(_as_error)
        return answer_later(request, answer, lambda content: self._send(request, content))

    def _send(self, request: Request, content: dict[str, Any]) -> None:
        answer = {"status": "ok"} | content | {"node_name": self.root.node_name}
        body = json.dumps(answer, ensure_ascii=False, default=_plain).encode() + b"\n"
        send(request, 200, body, "application/json; charset=utf-8")


class CronPage(JsonPage):
    """cron.json: GET lists the schedule; POST `action` = run, pause or resume, and `job`."""

    post_names = ("action", "job")

    def get(self, arguments: Arguments) -> dict[str, Any]:
        return {"problem": self.inside.schedule_problem(), "jobs": [_due(due) for due in self.inside.next_due()]}

    def post(self, arguments: Arguments) -> dict[str, Any]:
        action, job = _needed(arguments, "action"), _needed(arguments, "job")
        if action == "run":
            return {"jobid": self.inside.run_now(job)}
        if action == "pause":
            self.inside.pause(job)
        elif action == "resume":
            self.inside.resume(job)
        else:
            raise ArgumentError(
                "this action is not known",
                where="action",
                found=repr(action),
                expected="run, pause or resume",
                todo="Send one of these.",
            )
        return {}


class CellsPage(JsonPage):
    """cells.json: GET the ledger's cells, narrowed by `dataset`, `dt` and `state`; POST asks again for some of them."""

    get_names = ("dataset", "dt", "state")
    post_names = ("dataset", "dt", "shops", "force")

    def get(self, arguments: Arguments) -> dict[str, Any]:
        ledger, wanted = self.inside.workspace.ledger, arguments.get("state")
        if wanted is not None and wanted not in tuple(CellState):
            raise ArgumentError(
                "there is no such state",
                found=quoted(wanted),
                expected=", ".join(CellState),
                todo=did_you_mean(wanted, CellState, "Fix it."),
            )
        if "dt" in arguments:
            Period.from_dt(arguments["dt"])
        cells = []
        for dataset in self.inside.datasets_named(arguments.get("dataset")):
            dts = [arguments["dt"]] if "dt" in arguments else ledger.queries.periods(dataset, "9999-12-31", _PERIODS)
            for dt in dts:
                found = [cell for cell in ledger.cells(dataset, dt) if wanted in (None, cell.state)]
                cells += [{**cell.as_json(), "run_id": cell.run_id, "run": run_of(cell.run_id or "")} for cell in found]
        return {"cells": cells}

    def post(self, arguments: Arguments) -> dict[str, Any]:
        dts = [dt for dt in _needed(arguments, "dt").split(",") if dt]
        shops = [shop for shop in arguments.get("shops", "").split(",") if shop]
        dataset, force = _needed(arguments, "dataset"), read_flag("force", arguments.get("force"))
        return {"jobids": self.inside.collect(dataset, dts, shops, force=force)}


class RunsPage(JsonPage):
    """runs.json: GET the latest runs of the ledger, or the `run` of this id, each with its members."""

    get_names = ("run",)

    def get(self, arguments: Arguments) -> dict[str, Any]:
        ledger = self.inside.workspace.ledger
        if "run" not in arguments:
            return {"runs": [_run(record) for record in ledger.runs(_RUNS)]}
        record = ledger.run(arguments["run"])
        if record is None:
            raise ArgumentError("there is no such run", found=quoted(arguments["run"]), todo="Fix its id.")
        return {"runs": [_run(record)]}


class ServicePage(JsonPage):
    """service.json: GET says how the service does; POST `action` = stop, drain or undrain.

    `mode` is wait or now; for stop also leave.
    """

    post_names = ("action", "mode")

    def get(self, arguments: Arguments) -> dict[str, Any]:
        jobs = self.inside.jobs()
        disk = self.inside.disk()
        return {
            "pid": os.getpid(),
            "started_at": self.inside.started_at(),
            "is_stopping": self.inside.launcher.is_closed,
            "is_draining": self.inside.is_draining(),
            "is_rehearsal": self.inside.options.now is not None,
            "now": self.inside.now(),
            "is_deployed": self.inside.is_deployed(),
            "problem": self.inside.schedule_problem(),
            "running": [_job(job) for job in jobs if job.state == "running"],
            "pending": [_job(job) for job in jobs if job.state == "pending"],
            "jobs": [_due(due) for due in self.inside.next_due()],
            "disk": vars(disk),
        }

    def post(self, arguments: Arguments) -> dict[str, Any]:
        action, mode = _needed(arguments, "action"), arguments.get("mode", "wait")
        if mode not in _MODES.get(action, ()):
            raise ArgumentError(
                "this action is not known",
                where="action",
                expected="stop, with mode wait, now or leave; drain, with mode wait or now; undrain",
                todo="Send one of these.",
            )
        if action == "stop":
            self.inside.stopping.begin_from_thread(mode)
        elif action == "drain":
            self.inside.node.drain(is_now=mode == "now")
        else:
            self.inside.node.undrain()
        return {}


def _needed(arguments: Arguments, name: str) -> str:
    if not arguments.get(name):
        raise ArgumentError(f"{name!r} parameter is required", todo="Send it.")
    return arguments[name]


def _as_error(failure: Failure) -> dict[str, Any]:
    if isinstance(failure.value, ShopdataError):
        return {"status": "error", "message": str(failure.value)}
    logger.error("unexpected error in a page:\n%s", failure.getTraceback())
    return {"status": "error", "message": f"an unexpected {type(failure.value).__name__}; service.log has more"}


def _plain(value: object) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)


def _due(due: Due) -> dict[str, Any]:
    return {**vars(due), "last_reasons": [reason.as_json() for reason in due.last_reasons]}


def _job(job: CrawlJob) -> dict[str, Any]:
    return {name: value for name, value in vars(job).items() if name != "log"} | {"run": run_of(job.id)}


def _run(record: RunRecord) -> dict[str, Any]:
    return {**vars(record), "members": [_run(member) for member in record.members]}
