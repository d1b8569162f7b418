"""Starts crawls, remembers them beyond its own life, and finds those of an earlier service again."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from scrapyd.interfaces import IEnvironment, IPoller
from scrapyd.launcher import Launcher as ScrapydLauncher
from scrapyd.launcher import ScrapyProcessProtocol, get_crawl_args
from twisted.internet import reactor as twisted_reactor
from twisted.internet import task
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.threads import deferToThread

from shopdata.config import COMMANDS
from shopdata.exceptions import ArgumentError
from shopdata.ledger.holding import BEATS
from shopdata.ledger.owner import mark_of
from shopdata.periods import SHANGHAI
from shopdata.service.crawl_processes import ReattachedProcess, Started, logging_errors, naive, sentence_of
from shopdata.service.crawls import Crawl, Crawls, kill_tree
from shopdata.service.job_list import own_arguments
from shopdata.service.names import check_job, checked_name, quoted

logger = logging.getLogger(__name__)

#: Its type is that of whatever platform it is.
reactor: Any = twisted_reactor

_LOOK_EVERY_SECONDS = 0.5


class Launcher(ScrapydLauncher):  # type: ignore[misc]
    """scrapyd's launcher, with a memory."""

    def __init__(self, config: Any, app: Any) -> None:
        super().__init__(config, app)
        self.crawls = Crawls(Path(config.get("dbs_dir")).resolve().parent)
        #: True from the moment on that the service is to stop: ended crawls make no room for others.
        self.is_closed = False
        #: Crawls that are ended because the service stops; the next one starts them again.
        self.cut_off: set[str] = set()
        #: Those that were told to end because somebody has cancelled them on another machine.
        self._cancelled: set[str] = set()
        #: Ended jobs, and what the queue is still to be told of them: a method of it.
        self.unsettled: dict[tuple[str, str], str] = {}
        self._is_settling = False
        self._watch = task.LoopingCall(self._watch_reattached)
        self._beat = task.LoopingCall(self._renew)
        self._beat_seconds: float = config.inside.workspace.lease_seconds / BEATS

    def startService(self) -> None:
        """Reattaches the crawls that an earlier service left running; then opens the free slots."""
        for crawl in self.crawls.open():
            process = crawl.process()
            if process is not None:
                slot = len(self.processes)
                self.processes[slot] = ReattachedProcess(crawl, process)
                logger.warning("run %s of %s still runs since an earlier service: reattached", crawl.job, crawl.spider)
        super().startService()
        self._watch.start(_LOOK_EVERY_SECONDS, now=False)
        self._beat.start(self._beat_seconds, now=True)

    def stopService(self) -> None:
        """The crawls' processes are none of its business: whoever stops the service has seen to them."""
        for loop in (self._watch, self._beat):
            if loop.running:
                loop.stop()

    def running_keys(self) -> set[object]:
        """What must not be started now."""
        return {crawl.key for process in self.processes.values() if (crawl := self.crawls.get(process.job))}

    def lost(self) -> list[Crawl]:
        """Crawls whose process ended with nobody there: killed, or the machine went down. Reattached ones are not."""
        alive = {process.job for process in self.processes.values()}
        return [crawl for crawl in self.crawls.open() if crawl.job not in alive]

    def _get_message(self, slot: int) -> None:
        # ReattachedProcess crawls may be more than there are slots, or sit in some of them.
        if slot < self.max_proc and slot not in self.processes and not self.is_closed:
            super()._get_message(slot)

    def _spawn_process(self, message: dict[str, Any], slot: int) -> None:
        try:
            process = self._start(message, slot)
        except Exception as error:  # noqa: BLE001 - whatever it is
            # A full disk, no more processes, a word that no command line takes: the job is over, the slot is not.
            with logging_errors("why it could not be started could not be noted", str(message.get("_job"))):
                self._not_started(message, error)
            self._get_message(slot)
            return
        self.processes[slot] = process
        self._note_pid(process)

    def _start(self, message: dict[str, Any], slot: int) -> Started:
        """As scrapyd's; what the crawl prints goes to its log, so that it needs nobody who listens."""
        project, spider, job = message["_project"], message["_spider"], message["_job"]
        environment = self.app.getComponent(IEnvironment)
        own = _own_arguments(message)
        message.setdefault("settings", {})
        # An earlier version let everything into the queue.
        check_job(project, spider, job, own, message["settings"])
        if "_version" in message:
            checked_name("_version", str(message["_version"]))
        if self._is_running(job):
            raise ArgumentError("a run of this id goes on", where="jobid", found=job, todo="Give it another id.")
        message["settings"].update(environment.get_settings(message))
        # What it prints goes where its log is.
        env = environment.get_environment(message, slot) | {"PYTHONIOENCODING": "utf-8"}
        # A command takes what a crawl does.
        command = [] if spider in COMMANDS else ["crawl"]
        args = [sys.executable, "-m", self.runner, *command, *get_crawl_args(message)]
        earlier = self.crawls.get(job)
        tries = earlier.tries + 1 if earlier and earlier.ended_at is None else 1
        # Before it starts: if the service ends in between, the next one looks for it.
        self.crawls.put(_crawl_of(message, tries))
        # It may have been given back here before.
        self.cut_off.discard(job)
        log = message["settings"].get("LOG_FILE")
        process = Started(project, spider, job, env, args, output=Path(log) if log else None)
        process.deferred.addBoth(self._process_finished, slot)
        with contextlib.ExitStack() as files:
            plumbing: dict[str, Any] = {}
            if log and os.name != "nt":
                output = files.enter_context(Path(log).open("ab"))
                plumbing["childFDs"] = {0: files.enter_context(Path(os.devnull).open("rb")).fileno()} | dict.fromkeys(
                    (1, 2), output.fileno()
                )
            reactor.spawnProcess(process, sys.executable, args=args, env=env, **plumbing)
        return process

    def _note_pid(self, process: Started) -> None:
        """If it has ended already, its end is noted in a moment."""
        with logging_errors("its pid could not be noted", process.job):
            crawl, mark = self.crawls.get(process.job), mark_of(process.pid)
            if crawl is not None and mark:
                self.crawls.put(replace(crawl, pid=process.pid, mark=mark))

    def _not_started(self, message: Mapping[str, Any], error: Exception) -> None:
        """Ends a job that has no process: it is listed as finished, with its reason."""
        project, spider, job = message["_project"], _as_text(message["_spider"]), _as_text(message["_job"])
        reason = f"could not be started: {sentence_of(error)}"
        logger.error("run %s of %s %s", quoted(job), quoted(spider), reason)
        if self._is_running(job):
            return
        with logging_errors("its end could not be noted", job):
            self.crawls.put(replace(_crawl_of(message, 1), ended_at=datetime.now(SHANGHAI), reason=reason))
            self._tell_queue(project, job, "ended")
        with logging_errors("it could not be listed as finished", job):
            self._list_as_finished(project, spider, job, datetime.now(SHANGHAI))
        with contextlib.suppress(OSError, ValueError, ArgumentError):
            log = Path(self.app.getComponent(IEnvironment).logs_dir).joinpath(*map(_as_name, (project, spider, job)))
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.with_name(f"{log.name}.log").open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(SHANGHAI):%Y-%m-%d %H:%M:%S}+08:00 ERROR   run {job} of {spider} {reason}\n")

    def _is_running(self, job: str) -> bool:
        return any(process.job == job for process in self.processes.values())

    def _process_finished(self, result: Any, slot: int) -> None:
        process = self.processes.pop(slot)
        process.end_time = datetime.now()  # noqa: DTZ005 - scrapyd's own are naive
        with logging_errors("its end could not be noted", process.job):
            if process.job in self.cut_off:
                self._tell_queue(process.project, process.job, "give_back")
            else:
                self.crawls.end(process.job, process.exit_code)
                self._tell_queue(process.project, process.job, "ended")
        with logging_errors("it could not be listed as finished", process.job):
            self.finished.add(process)
        # Whatever could not be written: the slot is free.
        self._get_message(slot)

    def settle(self, crawl: Crawl) -> None:
        """Enters a lost crawl that had done its work into scrapyd's list of finished jobs."""
        self.crawls.end(crawl.job, None)
        self._tell_queue(crawl.project, crawl.job, "ended")
        self._list_as_finished(crawl.project, crawl.spider, crawl.job, crawl.started_at)

    def _list_as_finished(self, project: str, spider: str, job: str, started_at: datetime) -> None:
        process = ScrapyProcessProtocol(project, spider, job, env={}, args=[])
        process.start_time = naive(started_at)
        process.end_time = datetime.now()  # noqa: DTZ005 - scrapyd's own are naive
        self.finished.add(process)

    def end_all(self, *, hard: bool) -> None:
        """Ends every crawl: as Ctrl-C does, or with all that it started."""
        for process in list(self.processes.values()):
            self.cut_off.add(process.job)
            with logging_errors("it could not be ended", process.job):
                if hard:
                    kill_tree(process.pid)
                else:
                    with contextlib.suppress(ProcessExitedAlready, ProcessLookupError):
                        process.transport.signalProcess("INT" if os.name != "nt" else "KILL")

    def _queue_of(self, project: str) -> Any:
        return self.app.getComponent(IPoller).queues.get(project) or _NoQueue()

    def _tell_queue(self, project: str, job: str, what: str) -> None:
        """That a job has ended, or is given back; a far queue in a thread, again until it was told."""
        queue = self._queue_of(project)
        if not queue.is_far:
            getattr(queue, what)(job)
            return
        self.unsettled[project, job] = what
        self._settle()

    def _settle(self) -> None:
        if self._is_settling or not self.unsettled:
            return
        self._is_settling = True
        work = [(key, what, self._queue_of(key[0])) for key, what in self.unsettled.items()]

        def tell() -> list[tuple[tuple[str, str], str]]:
            told = []
            for key, what, queue in work:
                with logging_errors("its queue could not be told of its end; retrying", key[1]):
                    getattr(queue, what)(key[1])
                    told.append((key, what))
            return told

        deferToThread(tell).addCallback(self._settled)

    def _settled(self, told: list[tuple[tuple[str, str], str]]) -> None:
        self._is_settling = False
        for key, what in told:
            if self.unsettled.get(key) == what:
                del self.unsettled[key]
        if told:
            # What has ended meanwhile. Without an answer, the next sign of life tries again.
            self._settle()

    def _renew(self) -> Any:
        """Shows life for what is in work here, to services that share the queue."""
        self._settle()
        work = [
            (
                self._queue_of(project),
                [process.job for process in self.processes.values() if process.project == project],
            )
            for project in {process.project for process in self.processes.values()}
        ]

        def renew() -> list[str]:
            wanted: list[str] = []
            for queue, jobs in work:
                with logging_errors("its lease could not be renewed", ", ".join(jobs)):
                    wanted += queue.renew(jobs)
            return wanted

        # Not in the reactor's thread: the ledger's database may be far away.
        return deferToThread(renew).addCallback(self._end_cancelled) if work else None

    def _end_cancelled(self, jobs: Collection[str]) -> None:
        """Somebody wants their end on another machine's board. Once: a second time would be without its last steps."""
        for process in list(self.processes.values()):
            if process.job in jobs and process.job not in self._cancelled:
                self._cancelled.add(process.job)
                logger.info("run %s of %s is to end: cancelled on another machine", process.job, process.spider)
                with contextlib.suppress(ProcessExitedAlready, ProcessLookupError):
                    process.transport.signalProcess("INT" if os.name != "nt" else "KILL")
        self._cancelled &= {process.job for process in self.processes.values()}

    def _watch_reattached(self) -> None:
        for slot, process in list(self.processes.items()):
            # A timer of Twisted's ends at the first error.
            with logging_errors("it could not be looked after", process.job):
                if isinstance(process, ReattachedProcess) and not process.is_alive():
                    logger.info("run %s of %s, reattached, has ended", process.job, process.spider)
                    self._process_finished(None, slot)


class _NoQueue:
    """Of a project that is deployed no more."""

    is_far = False

    def ended(self, job: str) -> None: ...
    def give_back(self, job: str) -> None: ...
    def renew(self, jobs: list[str]) -> Collection[str]:
        return ()


def _own_arguments(message: Mapping[str, Any]) -> dict[str, str]:
    return {name: _as_text(value) for name, value in own_arguments(message).items()}


def _crawl_of(message: Mapping[str, Any], tries: int) -> Crawl:
    return Crawl(
        job=_as_text(message["_job"]),
        project=message["_project"],
        spider=_as_text(message["_spider"]),
        arguments=_own_arguments(message),
        version=str(message["_version"]) if "_version" in message else None,
        tries=tries,
        started_at=datetime.now(SHANGHAI),
    )


def _as_text(text: str) -> str:
    """What a database takes: halves of pairs are written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _as_name(text: str) -> str:
    return checked_name("a log", text)
