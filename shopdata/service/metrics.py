"""/metrics in Prometheus' text form, measured from ledger, queue and disk at every scrape.

Behind the same user name and password as everything of scrapyd's site.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import Request

from shopdata.ledger import RunRecord
from shopdata.ledger.checked_files import COUNTED
from shopdata.ledger.nodes import DRAINING, LOST, OUTDATED, STOPPED, UP
from shopdata.run_ids import run_of
from shopdata.service.control import Disk
from shopdata.service.inside import Inside
from shopdata.service.later import answer_later, send
from shopdata.service.sign_ins.records import Records
from shopdata.states import CellState

logger = logging.getLogger(__name__)

#: Cells are counted over so many of each dataset's newest periods: older gaps are for `scrapy backfill`.
_PERIODS = 7
_RUNS = 200
#: Walking over the state directory takes longer than a scrape should.
_DISK_SECONDS = 300


class MetricsPage(Resource):
    """Made by scrapyd, with its root."""

    isLeaf = True

    def __init__(self, root: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._registry.register(ServiceMetrics(root.inside))

    def render_GET(self, request: Request) -> int:
        answer = deferToThread(generate_latest, self._registry)
        answer.addCallbacks(lambda body: (200, body, CONTENT_TYPE_LATEST), _failed)
        return answer_later(request, answer, lambda made: send(request, *made))


class ServiceMetrics(Collector):
    """What `docs/prometheus-alerts.yaml` and `docs/grafana-dashboard.json` go by."""

    def __init__(self, inside: Inside, clock: Callable[[], float] = time.monotonic) -> None:
        self._inside = inside
        self._clock = clock
        self._disk: tuple[float, Disk] | None = None

    def describe(self) -> list[Metric]:
        """Nothing: to register must not ask the ledger."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._cells()
        yield from self._checks()
        yield from self._runs()
        yield from self._traffic()
        yield from self._schedule()
        yield from self._machine()

    def _cells(self) -> Iterator[Metric]:
        cells = _gauge("cells", f"Cells of the newest {_PERIODS} periods", "dataset", "state")
        newest = _gauge("newest_period_cells", "Cells of the newest period", "dataset", "period", "state")
        success = _gauge("last_success_timestamp_seconds", "When the newest partition was published", "dataset")
        reading = self._inside.workspace.ledger.queries
        for dataset in self._inside.datasets:
            dts = reading.periods(dataset, "9999-12-31", _PERIODS)
            summaries = reading.summaries([(dataset, dt) for dt in dts])
            counts = Counter(cell.state for cell in summaries)
            newest_counts = Counter(cell.state for cell in summaries if cell.dt == dts[0])
            for state in CellState:
                cells.add_metric([dataset, state.value], counts[state])
                if dts:
                    newest.add_metric([dataset, dts[0], state.value], newest_counts[state])
            # However old it is: an alert must not end because nothing at all is published any more.
            partition = reading.newest_partition(dataset)
            if partition is not None:
                success.add_metric([dataset], partition.published_at.timestamp())
        yield from (cells, newest, success)

    def _checks(self) -> Iterator[Metric]:
        files = _gauge("checked_files", f"Files of the newest {_PERIODS} periods, checked", "dataset", "result")
        doubts = _gauge("doubts", f"Doubtful files of the newest {_PERIODS} periods", "dataset", "check", "state")
        ledger = self._inside.workspace.ledger
        for dataset in self._inside.datasets:
            dts = ledger.queries.periods(dataset, "9999-12-31", _PERIODS)
            results = Counter(result for dt in dts for result in ledger.checked.results(dataset, dt).values())
            for result in ("ok", "learning", "doubtful"):
                files.add_metric([dataset, result], results[result])
            counts = Counter(
                (str(check), doubt.state.value)
                for doubt in ledger.checked.doubts(dataset, dts)
                for check in {found["check"] for found in doubt.found}
            )
            for (check, state), count in sorted(counts.items()):
                doubts.add_metric([dataset, check, state], count)
        ever = _counter("checks", "What has come of checks so far", "dataset", "check", "result")
        for found in ledger.notifications.below(COUNTED):
            for name, count in sorted(found.state.items()):
                check, _, result = name.partition("|")
                ever.add_metric([found.topic.removeprefix(COUNTED), check, result], count)
        yield from (files, doubts, ever)

    def _runs(self) -> Iterator[Metric]:
        seconds = _gauge("run_seconds", "How long the last ended run took", "spider")
        is_complete = _gauge("run_complete", "1 if the last ended run published all it was asked for", "spider")
        ended = _gauge("run_ended_timestamp_seconds", "When the last ended run ended", "spider")
        last: dict[str, RunRecord] = {}
        for run in self._inside.workspace.ledger.runs(_RUNS):
            if run.finished_at is not None:
                last.setdefault(run.spider, run)
        for spider, run in sorted(last.items()):
            assert run.finished_at is not None
            seconds.add_metric([spider], (run.finished_at - run.started_at).total_seconds())
            is_complete.add_metric([spider], run.outcome == "complete")
            ended.add_metric([spider], run.finished_at.timestamp())
        yield from (seconds, is_complete, ended)

    def _traffic(self) -> Iterator[Metric]:
        requests = _counter("portal_requests", "Requests to portals, our own and a browser's", "spider", "by")
        logins = _counter("logins", "Sign-ins begun in the browser", "spider")
        refused = _counter("logins_refused", "Sign-ins whose credentials were refused", "spider")
        for spider, traffic in self._inside.workspace.ledger.traffic().items():
            requests.add_metric([spider, "shopdata"], traffic.requests)
            requests.add_metric([spider, "browser"], traffic.page_requests)
            logins.add_metric([spider], traffic.logins)
            refused.add_metric([spider], traffic.logins_refused)
        people = _counter("sign_ins", "Sign-ins from the board that have ended, as far as they are noted", "outcome")
        for outcome, count in Records(self._inside.options.sign_ins).outcomes().items():
            people.add_metric([outcome], count)
        yield from (requests, logins, refused, people)

    def _schedule(self) -> Iterator[Metric]:
        jobs = self._inside.jobs()
        queue = _gauge("queue", "Runs that wait, and that go on, on all machines of a ledger", "state")
        # A run of which members run and others wait goes on.
        runs = {run_of(job.id): job.state for state in ("pending", "running") for job in jobs if job.state == state}
        states = Counter(runs.values())
        queue.add_metric(["pending"], states["pending"])
        queue.add_metric(["running"], states["running"])
        nodes = _gauge("nodes", "Machines whose services share the ledger", "state")
        count = Counter(node.state for node in self._inside.workspace.ledger.nodes.all() if node.service_beat_at)
        for state in (UP, DRAINING, OUTDATED, STOPPED, LOST):
            nodes.add_metric([state], count[state])
        following = _gauge("job_next_timestamp_seconds", "When a job of schedule.yaml is due next", "job")
        paused = _gauge("job_paused", "1 if a job is paused", "job")
        for due in self._inside.next_due():
            paused.add_metric([due.job], due.is_paused)
            if due.next_at is not None:
                following.add_metric([due.job], due.next_at.timestamp())
        broken = _gauge("schedule_broken", "1 if the configuration that is there now can't be used")
        broken.add_metric([], bool(self._inside.schedule_problem()))
        yield from (queue, nodes, following, paused, broken)

    def _machine(self) -> Iterator[Metric]:
        started = _gauge("service_started_timestamp_seconds", "Since when the service is up")
        started.add_metric([], self._inside.started_at().timestamp())
        if self._disk is None or self._clock() - self._disk[0] > _DISK_SECONDS:
            self._disk = (self._clock(), self._inside.disk())
        disk = self._disk[1]
        used = _gauge("disk_used_bytes", "What lies in the state directory", "what")
        used.add_metric(["logs"], disk.logs)
        used.add_metric(["other"], disk.state - disk.logs)
        free = _gauge("disk_free_bytes", "What the state directory's file system has left")
        free.add_metric([], disk.free)
        total = _gauge("disk_size_bytes", "What it has in all")
        total.add_metric([], disk.total)
        yield from (started, used, free, total)


def _gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"shopdata_{name}", about, labels=labels)


def _counter(name: str, about: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"shopdata_{name}", about, labels=labels)


def _failed(failure: Failure) -> tuple[int, bytes, str]:
    # Half of the numbers would look like zeros.
    logger.error("metrics could not be measured: %s", failure.value)
    return 503, b"metrics could not be measured; service.log says why\n", "text/plain; charset=utf-8"
