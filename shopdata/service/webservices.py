"""scrapyd's webservices, with what they lack: names are checked, and nobody waits while an egg is looked into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scrapyd.webservice import Cancel as ScrapydCancel
from scrapyd.webservice import ListJobs as ScrapydListJobs
from scrapyd.webservice import ListSpiders as ScrapydListSpiders
from scrapyd.webservice import Schedule as ScrapydSchedule
from scrapyd.webservice import Status as ScrapydStatus
from twisted.internet.threads import deferToThread
from twisted.web import error, http

from shopdata.exceptions import ArgumentError
from shopdata.service.answers import LaterPage
from shopdata.service.names import check_job, checked_form, checked_name, quoted
from shopdata.service.options import PROJECT
from shopdata.service.spider_lists import listed, version_at_hand

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
