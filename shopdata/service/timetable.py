"""What schedule.yaml asks for: when each entry runs next, what is wrong with it, whether somebody has paused it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from shopdata.arguments import check_names
from shopdata.config import Job
from shopdata.exceptions import ArgumentError
from shopdata.ledger.slots import PAUSED, WATCHED
from shopdata.service.arguments import SpiderArguments
from shopdata.service.control import Due
from shopdata.service.due import delay_of, next_slot
from shopdata.service.schedule_file import ScheduleFile
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class Timetable:
    """The entries of a schedule that may change at any time, and their marks in the ledger.

    Args:
        owner: who sets marks, as the ledger names services.
        now: what the slots go by.
    """

    def __init__(
        self,
        file: ScheduleFile,
        workspace: Workspace,
        arguments: SpiderArguments,
        *,
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        self._file = file
        self._workspace = workspace
        self._arguments = arguments
        self._owner = owner
        self._now = now

    def next_due(self) -> list[Due]:
        """Every entry, in the file's order."""
        return [self._due(entry) for entry in self._file.schedule.jobs]

    def entry(self, job: str) -> Job:
        """That of this name. Raises ArgumentError."""
        for entry in self._file.schedule.jobs:
            if entry.name == job:
                return entry
        names = ", ".join(entry.name for entry in self._file.schedule.jobs)
        raise ArgumentError(
            f"schedule.yaml has no job {job!r}",
            expected=f"one of {names}" if names else "",
            todo="Fix the name, or add the job.",
        )

    def problem(self) -> str:
        """What is wrong with the file that is there now, and what goes on in spite of it; "" if nothing is."""
        if self._file.problem:
            return f"The last good schedule goes on; what is there now can't be used. {self._file.problem}"
        return " ".join(
            f"schedule.yaml: job {entry.name!r} can't run: {problem} The other jobs go on."
            for entry in self._file.schedule.jobs
            if (problem := self._problem_of(entry))
        )

    def pause(self, job: str) -> None:
        """From now on its slots are passed over. Raises ArgumentError."""
        entry = self.entry(job)
        if not self._due(entry).is_paused:
            self._workspace.ledger.slots.mark(job, PAUSED, self._now(), "paused by a person", self._owner)
            logger.info("%s: paused", job)

    def resume(self, job: str) -> None:
        """From now on it runs again; what it has missed is not caught up. Raises ArgumentError."""
        entry = self.entry(job)
        if self._due(entry).is_paused:
            self._workspace.ledger.slots.mark(job, WATCHED, self._now(), watched_note(entry), self._owner)
            logger.info("%s: resumed", job)

    def _due(self, entry: Job) -> Due:
        slots = self._workspace.ledger.slots
        mark, last = slots.last_mark(entry.name), slots.last_slot(entry.name)
        is_paused = mark is not None and mark.state == PAUSED
        following = None
        if entry.enabled and not is_paused:
            now = self._now()
            following = next_slot(entry, now)
            # A slot whose delay is not over yet is still to come.
            earlier = next_slot(entry, now - entry.spread) if entry.spread else None
            if earlier and earlier < now < earlier + delay_of(entry, earlier) and (not last or last.due_at < earlier):
                following = earlier
        return Due(
            job=entry.name,
            spider=entry.runs,
            arguments=entry.args,
            dataset=self._arguments.dataset_of(entry.runs, entry.args),
            cron=entry.cron,
            is_enabled=entry.enabled,
            is_paused=is_paused,
            next_at=following + delay_of(entry, following) if following else None,
            last_at=last.due_at if last else None,
            last_state=last.state if last else "",
            last_note=last.note if last else "",
            last_reasons=last.reasons if last else (),
        )

    def _problem_of(self, entry: Job) -> str:
        if not self._arguments.is_known(entry.runs):
            todo = "Fix its name, or run `scrapy service restart` if it is new."
            return f"there is no spider {entry.runs!r}. {todo}"
        try:
            check_names(entry.runs, entry.args)
            config, dataset = self._file.config, self._arguments.dataset_of(entry.runs, entry.args)
            # Of a dataset that no shop has, nothing is expected.
            if config is not None and (not dataset or config.shops_for(dataset)):
                self._arguments.check(entry.runs, entry.args, config)
        except ArgumentError as problem:
            return str(problem)
        return ""


def watched_note(entry: Job) -> str:
    """What the mark of a job holds: with another cron line, or enabled again, it is watched from then on."""
    return entry.cron if entry.enabled else "not enabled"
