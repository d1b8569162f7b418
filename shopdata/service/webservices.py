"""scrapyd's webservices, with what they lack: names are checked, and nobody waits while an egg is looked into."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from scrapyd.exceptions import RunnerError
from scrapyd.webservice import Cancel as ScrapydCancel
from scrapyd.webservice import ListJobs as ScrapydListJobs
from scrapyd.webservice import ListSpiders as ScrapydListSpiders
from scrapyd.webservice import Schedule as ScrapydSchedule
from scrapyd.webservice import Status as ScrapydStatus
from scrapyd.webservice import WsResource, spider_list
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.web import error, http

from shopdata.exceptions import ArgumentError, ShopdataError, StoreError
from shopdata.service.later import answer_later
from shopdata.service.names import check_job, checked_form, checked_name, quoted
from shopdata.service.options import PROJECT
from shopdata.texts import one_line

logger = logging.getLogger(__name__)

#: `scrapy list` takes two or three seconds; an egg that waits for something when it is imported would take for ever.
_LIST_SECONDS = 60
#: More than a schedule of years would queue; every look of the poller reads all of them.
_MOST_WAITING = 1000
_MOST_WAITING_BYTES = 4 * 1024**2
#: What a crawl may get: to end well, to end now, and what stands for these on Windows.
_SIGNALS = ("INT", "TERM", "KILL", "BREAK", "2", "15", "9", "21")
#: Parameters that name something, wherever they come.
_NAMES = ("project", "spider", "version", "_version", "jobid")


def check_names(page: str, arguments: Mapping[bytes, list[bytes]]) -> None:
    """Sees that what a webservice of scrapyd's is told to act on could be the name of a file. Raises ArgumentError."""
    names = (*_NAMES, "job") if page in ("cancel.json", "status.json") else _NAMES
    for name in names:
        for value in arguments.get(name.encode(), ()):
            checked_name(name, _text(name, value))


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


class QueuePage(LaterPage):
    """A page of scrapyd's that shows what waits: a far queue is looked at before, in a thread."""

    method = b"GET"

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        await look_at_queues(self.root)
        return dict(self.render_GET(txrequest))


async def look_at_queues(root: Any) -> None:
    """From here on, what a far queue says in the reactor's thread is what there is now. Raises LedgerError."""
    for queue in list(root.poller.queues.values()):
        if queue.is_far:
            await deferToThread(queue.look)


class ScheduleService(LaterPage, ScrapydSchedule):  # type: ignore[misc]
    """schedule.json that takes nothing which could not be started."""

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        given = checked_form(
            {
                _text("a name", name): [_text(quoted(name.decode(errors="replace")), value) for value in values]
                for name, values in txrequest.args.items()
                if name != b"setting"
            }
        )
        project, spider, job = (given.pop(name, None) for name in ("project", "spider", "jobid"))
        version = given.pop("_version", None)
        if project is not None and spider is not None:
            _check_priority(given.pop("priority", "0"))
            settings = dict(_setting(_text("setting", value)) for value in txrequest.args.get(b"setting", ()))
            check_job(project, spider, job or "job", given, settings)
            queue = self.root.poller.queues.get(project)
            if queue is not None:
                await look_at_queues(self.root)
                self._check_queue(queue, project, job)
                version = await version_at_hand(self.root, project, version)
                if version is not None:
                    txrequest.args[b"_version"] = [version.encode()]
                await listed(self.root, project, version)
                if project == PROJECT:
                    await deferToThread(self.root.inside.arguments.check, spider, given)
            if queue is not None and queue.is_far:
                return dict(await deferToThread(ScrapydSchedule.render_POST, self, txrequest))
        return dict(ScrapydSchedule.render_POST(self, txrequest))

    def _check_queue(self, queue: Any, project: str, job: str | None) -> None:
        waiting = queue.list()
        if len(waiting) >= _MOST_WAITING or queue.size_bytes() > _MOST_WAITING_BYTES:
            raise ArgumentError(
                "too many runs wait",
                where=project,
                found=str(len(waiting)),
                expected=f"fewer than {_MOST_WAITING}, of at most {_MOST_WAITING_BYTES >> 20} MB in all",
                todo="Cancel some of them, or wait.",
            )
        ids = {message["_job"] for message in (*waiting, *queue.held())}
        ids |= {process.job for process in self.root.launcher.processes.values()}
        if job is not None and job in ids:
            raise ArgumentError(
                "a run of this id waits or goes on", where="jobid", found=job, todo="Give it another id."
            )


class ListSpiders(LaterPage, ScrapydListSpiders):  # type: ignore[misc]
    """listspiders.json."""

    method = b"GET"

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        project, version = (txrequest.args.get(name, [None])[0] for name in (b"project", b"_version"))
        if project is not None and project.decode() in self.root.poller.queues:
            wanted = None if version is None else version.decode()
            await listed(self.root, project.decode(), await version_at_hand(self.root, project.decode(), wanted))
        return dict(ScrapydListSpiders.render_GET(self, txrequest))


class Cancel(LaterPage, ScrapydCancel):  # type: ignore[misc]
    """cancel.json that sends no signal by which a crawl would only stand still."""

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        for value in txrequest.args.get(b"signal", ()):
            wanted = _text("signal", value).upper().removeprefix("SIG")
            if wanted not in _SIGNALS:
                raise error.Error(http.OK, b"signal must be INT, TERM or KILL")
        await look_at_queues(self.root)
        project, job = (txrequest.args.get(name, [b""])[0].decode(errors="replace") for name in (b"project", b"job"))
        queue, before = self.root.poller.queues.get(project), None
        if queue is not None and queue.is_far:
            if await deferToThread(queue.remove, lambda message: message["_job"] == job):
                before = "pending"
            elif await deferToThread(queue.cancel, [job]):
                # On another machine.
                before = "running"
        found = dict(ScrapydCancel.render_POST(self, txrequest))
        return found | {"prevstate": found["prevstate"] or before}


class ListJobs(QueuePage, ScrapydListJobs):  # type: ignore[misc]
    """listjobs.json that says why a job has never begun."""

    def render_GET(self, txrequest: Any) -> dict[str, Any]:
        answer: dict[str, Any] = super().render_GET(txrequest)
        reasons = self.root.launcher.crawls.reasons()
        for job in answer["finished"]:
            if job["id"] in reasons:
                job["reason"] = reasons[job["id"]]
        return answer


class Status(QueuePage, ScrapydStatus):  # type: ignore[misc]
    """status.json that says why a job has never begun."""

    def render_GET(self, txrequest: Any) -> dict[str, Any]:
        job = txrequest.args.get(b"job", [b""])[0].decode(errors="replace")
        answer: dict[str, Any] = super().render_GET(txrequest)
        crawl = self.root.launcher.crawls.get(job)
        if answer["currstate"] == "finished" and crawl is not None and crawl.reason:
            answer["reason"] = crawl.reason
        return answer


async def version_at_hand(root: Any, project: str, version: str | None) -> str | None:
    """The version that is meant. Where services share eggs, one that others may have had first is fetched, and none
    is the newest as it is known here: every service that takes the job runs the same."""
    if root.inside.eggs is None:
        return version
    if version is not None:
        with suppress(StoreError):
            await deferToThread(root.inside.eggs.bucket.fetch, project, version)
        return version
    versions = root.eggstorage.list(project)
    return str(versions[-1]) if versions else None


async def listed(root: Any, project: str, version: str | None, *, is_new: bool = False) -> list[str]:
    """The spiders of an egg, asked in a thread and remembered where scrapyd looks for them.

    Raises:
        RunnerError: it could not be imported, or not within a minute.
    """
    known = spider_list.cache[project]
    if is_new or version not in known:
        spiders = await deferToThread(_list_spiders, root.runner, project, version)
        # As scrapyd's own: which version `None` stands for may have changed.
        spider_list.cache[project].pop(None, None)
        spider_list.cache[project][version] = spiders
    return list(spider_list.cache[project][version])


def _list_spiders(runner: str, project: str, version: str | None) -> list[str]:
    env = os.environ | {"PYTHONIOENCODING": "UTF-8", "SCRAPY_PROJECT": project}
    if version:
        env["SCRAPYD_EGG_VERSION"] = version
    args = [sys.executable, "-m", runner, "list", "-s", "LOG_STDOUT=0"]
    try:
        ran = subprocess.run(args, env=env, capture_output=True, timeout=_LIST_SECONDS, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        raise RunnerError(f"its spiders could not be listed within {_LIST_SECONDS} s") from None
    if ran.returncode:
        raise RunnerError((ran.stderr or ran.stdout).decode(errors="replace"))
    return ran.stdout.decode().splitlines()


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


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ArgumentError("this is not UTF-8", where=name, found=ascii(value[:60]), todo="Change it.") from None


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise ArgumentError(
            "a setting has a value", where="setting", found=quoted(text), expected="NAME=VALUE", todo="Add it."
        )
    return name, value


def _check_priority(text: str) -> None:
    try:
        is_good = abs(float(text)) <= 1e9
    except ValueError:
        is_good = False
    if not is_good:
        raise ArgumentError(
            "invalid priority", where="priority", found=quoted(text), expected="a number", todo="Change it."
        )
