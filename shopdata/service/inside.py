"""The service from inside: does what `control.py` promises."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from scrapy.spiderloader import SpiderLoaderProtocol
from scrapyd.interfaces import IEggStorage

from shopdata.alerts.workbooks import WorkbookMails
from shopdata.config import Job
from shopdata.exceptions import ArgumentError
from shopdata.lake.resources import Resources
from shopdata.periods import SHANGHAI
from shopdata.run_ids import member_ids, new_run_id, run_of
from shopdata.service.arguments import SpiderArguments
from shopdata.service.control import CrawlJob, Disk, Due, LogCopy
from shopdata.service.crawls import Crawl
from shopdata.service.disk import measure
from shopdata.service.due import Busy
from shopdata.service.egg_bucket import EggBucket
from shopdata.service.in_reactor import in_reactor
from shopdata.service.job_list import list_jobs, log_of
from shopdata.service.log_copies import fetch_copy
from shopdata.service.members import crew_of, home_of
from shopdata.service.names import check_job
from shopdata.service.options import PROJECT, ServiceOptions
from shopdata.service.recordings.recordings import Recordings
from shopdata.service.run_queue import RunQueue
from shopdata.service.schedule_file import ScheduleFile
from shopdata.service.shared_eggs import Eggs
from shopdata.service.sign_ins.missing import ask_for_missing
from shopdata.service.sign_ins.sign_ins import SignIns
from shopdata.service.stopping import Stopping
from shopdata.service.this_node import ThisNode
from shopdata.service.timetable import Timetable
from shopdata.workspace import Workspace, is_shared

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class Inside:
    """Jobs, schedule and disk of the running service. Methods without underscore are for worker threads."""

    def __init__(
        self, options: ServiceOptions, workspace: Workspace, schedule: ScheduleFile, spiders: SpiderLoaderProtocol
    ) -> None:
        self.options = options
        self.workspace = workspace
        self.schedule_file = schedule
        #: Which service this is, in a ledger that several share.
        self.owner = f"{socket.gethostname()}:{options.port}"
        #: What schedule and slots go by.
        self.now: Callable[[], datetime] = lambda: datetime.now(SHANGHAI)
        self.arguments = SpiderArguments(spiders, workspace.read_config)
        self.timetable = Timetable(schedule, workspace, self.arguments, owner=self.owner, now=lambda: self.now())
        self._datasets = self.arguments.datasets
        #: The names of all datasets that a spider collects.
        self.datasets = tuple(sorted(self._datasets))
        self.sign_ins = SignIns(options, partial(ask_for_missing, self))
        self.recordings = Recordings(options)
        #: Those of all services; None where none shares a ledger with this one.
        self.eggs: Eggs | None = None
        if is_shared(workspace.database_url):
            bucket = EggBucket(options.folder / "eggs", lambda: workspace.store, workspace.secret_key or "")
            self.eggs = Eggs(bucket)
        self._started_at = datetime.now(SHANGHAI)
        self._app: Any = None
        self.queue: RunQueue
        self.launcher: Any = None
        self.poller: Any = None
        self.stopping: Stopping
        self.node: ThisNode

    def connect(self, app: Any, launcher: Any, poller: Any) -> None:
        """Called once, when scrapyd has made its parts."""
        self._app, self.launcher, self.poller = app, launcher, poller
        # Every service that takes a part in a run takes it of the same egg.
        version = self._newest_version if self.eggs is not None else str
        self.queue = RunQueue(app, launcher, poller, version)
        self.node = ThisNode(
            self.options, self.workspace, self.owner, launcher=launcher, poller=poller, version=self._newest_version
        )
        self.stopping = Stopping(launcher, poller, self.node.last_word)

    # -- jobs -------------------------------------------------------------------------------------------------------

    def jobs(self) -> list[CrawlJob]:
        self.queue.look()
        return in_reactor(self._jobs)

    def _jobs(self) -> list[CrawlJob]:
        return list_jobs(self.poller, self.launcher, self.options.logs)

    def busy(self, spider: str, arguments: Mapping[str, str]) -> Busy:
        """Whether the same spider runs or waits with the same arguments."""
        return self.queue.busy(spider, arguments)

    def is_deployed(self) -> bool:
        """Whether there is an egg to run."""
        return self.queue.is_deployed()

    def is_known(self, run_id: str) -> bool:
        """Whether a run waits, runs or has ended here."""
        return any(job.id == run_id for job in self.jobs()) or self.launcher.crawls.get(run_id) is not None

    def enqueue(self, spider: str, arguments: Mapping[str, str], run_id: str, version: str | None = None) -> None:
        """Puts a run into the queue, of the newest egg if not of that of a version; nothing is checked."""
        self.queue.enqueue(spider, arguments, run_id, version)

    def enqueue_slot(self, entry: Job, run_id: str) -> None:
        """Puts the run of a slot into the queue: once, or for each of its members."""
        crew = crew_of(entry, self.workspace, self.dataset_of)
        for job, node in zip(member_ids(run_id, len(crew)), crew, strict=True):
            self.queue.enqueue(entry.runs, entry.args, job, node=node)

    def is_slot_known(self, run_id: str) -> bool:
        """Whether the run of a slot, or its first member, waits, runs or has ended here."""
        return any(self.is_known(job) for job in (run_id, *member_ids(run_id, 2)[:1]))

    def show_life(self) -> None:
        """Tells services that share the ledger that this one is there."""
        self.node.show_life()

    def _newest_version(self) -> str:
        """The egg that crawls run from."""
        versions = self._app.getComponent(IEggStorage).list(PROJECT)
        return str(versions[-1]) if versions else ""

    def versions_in_use(self) -> set[str] | None:
        """Of which eggs crawls run; None where nobody can tell. In the reactor's thread."""
        found = [self.launcher.crawls.get(process.job) for process in self.launcher.processes.values()]
        return None if any(one is None or not one.version for one in found) else {one.version for one in found}

    def settle(self, crawl: Crawl) -> None:
        """Enters a crawl that an earlier service started, and that is over, as finished."""
        in_reactor(self.launcher.settle, crawl)

    def schedule(self, spider: str, arguments: Mapping[str, str]) -> str:
        self.arguments.check_spider(spider)
        # At the door: a run that ends at once is seen by nobody who has asked for it.
        self.arguments.check(spider, arguments)
        return self._schedule(spider, arguments)

    def _schedule(self, spider: str, arguments: Mapping[str, str]) -> str:
        if not self.is_deployed():
            raise ArgumentError("nothing is deployed yet", where="scrapyd", todo="Run `scrapy service restart`.")
        busy = self.busy(spider, arguments)
        if busy.waiting or busy.running:
            return busy.waiting or busy.running
        run_id = new_run_id()
        check_job(PROJECT, spider, run_id, arguments, {})
        home = home_of(arguments.get("shops"), self.workspace)
        return self.queue.enqueue_alone(spider, arguments, run_id, home)

    def run_now(self, job: str) -> str:
        entry = self.timetable.entry(job)
        run_id = self.schedule(entry.runs, entry.args)
        logger.info("%s: run now, by a person: run %s", job, run_id)
        return run_id

    def datasets_named(self, name: str | None) -> tuple[str, ...]:
        """That of this name, or those of the spider of this name; all for none. Raises ArgumentError."""
        if name is None:
            return self.datasets
        found = [dataset for dataset, (spider, _) in self._datasets.items() if name in (dataset, spider)]
        # One that no spider collects any more is in the ledger still.
        if name in found or name in self.workspace.ledger.queries.datasets():
            return (name,)
        return tuple(found) or self._no_dataset(name)

    def _no_dataset(self, name: str) -> NoReturn:
        raise ArgumentError(
            f"there is no dataset {name!r}", expected=", ".join(sorted(self._datasets)), todo="Fix its name."
        )

    def collect(
        self, dataset: str, dts: Collection[str], shops: Collection[str] = (), *, force: bool = False
    ) -> list[str]:
        if not dts:
            return []
        spider, arguments = self._periods_of(dataset, dts)
        arguments |= {"shops": ",".join(shops)} if shops else {}
        arguments |= {"force": "1"} if force else {}
        return [self.schedule(spider, arguments)]

    def collect_together(self, dataset: str, dts: Collection[str], shop: str) -> str:
        """As `collect`, in the run that waits for the same periods of other shops, if there is one; the run's id."""
        spider, arguments = self._periods_of(dataset, dts)
        home = home_of(shop, self.workspace)
        return self.queue.join(spider, arguments, shop, home) or self.schedule(spider, arguments | {"shops": shop})

    def _periods_of(self, dataset: str, dts: Collection[str]) -> tuple[str, dict[str, str]]:
        """The spider of a dataset, and what it is called with for these periods."""
        if dataset not in self._datasets:
            self._no_dataset(dataset)
        spider, kind = self._datasets[dataset]
        return spider, {"periods": ",".join(sorted(dts))} | ({"period": kind} if spider != dataset else {})

    def dataset_of(self, spider: str, arguments: Mapping[str, object]) -> str:
        return self.arguments.dataset_of(spider, arguments)

    def ask_again(self, now: datetime) -> list[str]:
        """Queues a run for each dataset that has cells which were not ready and are due again; returns their ids."""
        queued = []
        for dataset, (spider, kind) in self._datasets.items():
            if self.workspace.ledger.not_ready.due(dataset, now):
                arguments = {"due": "1"} | ({"period": kind} if spider != dataset else {})
                busy = self.busy(spider, arguments)
                if not (busy.running or busy.waiting):
                    queued.append(self._schedule(spider, arguments))
                    logger.info("%s: cells that were not ready are asked again: run %s", dataset, queued[-1])
        return queued

    def send_mails(self) -> str | None:
        """Queues a run of `scrapy mail` if a merged workbook is to be sent; returns its id."""
        config = self.schedule_file.config
        if config is None or not config.alerts.channels_with_workbooks:
            return None
        workspace = self.workspace
        lake = Resources(config, workspace.ledger, workspace.staging, workspace.store)
        mails = WorkbookMails(lake, workspace.group_texts, clock=self.now)
        busy = self.busy("mail", {})
        if busy.running or busy.waiting or next(mails.due(), None) is None:
            return None
        run_id = self._schedule("mail", {})
        logger.info("workbooks are due by mail: run %s", run_id)
        return run_id

    def cancel(self, run_id: str) -> bool:
        jobs = {job.id for job in self.jobs() if job.state != "finished" and run_id in (job.id, run_of(job.id))}
        return any([self.queue.cancel(jobs), in_reactor(self._interrupt, jobs)])

    def _interrupt(self, jobs: Collection[str]) -> bool:
        found = [process for process in self.launcher.processes.values() if process.job in jobs]
        for process in found:
            process.transport.signalProcess("INT")
        return bool(found)

    def log_path(self, run_id: str) -> Path | None:
        crawl = self.launcher.crawls.get(run_id)
        if crawl is not None:
            return log_of(self.options.logs, crawl.project, crawl.spider, crawl.job)
        return next((job.log for job in self.jobs() if job.id == run_id), None)

    def log_copy(self, run_id: str, spider: str) -> LogCopy | None:
        if not is_shared(self.workspace.database_url) or not spider:
            return None
        return fetch_copy(self.workspace.store, self.options.log_copies, spider, run_id)

    # -- schedule ---------------------------------------------------------------------------------------------------

    def next_due(self) -> list[Due]:
        return self.timetable.next_due()

    def schedule_problem(self) -> str:
        return self.timetable.problem()

    def pause(self, job: str) -> None:
        self.timetable.pause(job)

    def resume(self, job: str) -> None:
        self.timetable.resume(job)

    # -- the service ------------------------------------------------------------------------------------------------

    def disk(self) -> Disk:
        return measure(self.options)

    def started_at(self) -> datetime:
        return self._started_at

    def is_draining(self) -> bool:
        return self.node.is_draining
