"""scrapyd's eggs where services share a ledger: in this one's folder as ever, and in the bucket for all of them.

In the reactor's thread only the folder is looked at; what the bucket has, comes and goes by `EggSync`. Crawls look
into the folder alone: they find our package in their egg, and so can't need it to find that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from scrapyd.eggstorage import FilesystemEggStorage
from scrapyd.webservice import DeleteProject as ScrapydDeleteProject
from scrapyd.webservice import DeleteVersion as ScrapydDeleteVersion
from scrapyd.webservice import ListVersions as ScrapydListVersions
from twisted.internet import reactor as twisted_reactor
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from shopdata.exceptions import ShopdataError
from shopdata.service.answers import LaterPage
from shopdata.service.egg_bucket import EggBucket
from shopdata.service.repeating import Repeating

logger = logging.getLogger(__name__)

#: Its type is that of whatever platform it is.
reactor: Any = twisted_reactor

_SYNC_EVERY_SECONDS = 10
_ANSWER_SECONDS = 20
#: A version that could not be had is not asked for again so soon.
_LEAVE_SECONDS = 30.0
#: A quarter of the lease of a job.
_MOST_SECONDS = 30.0


class SharedEggs(FilesystemEggStorage):  # type: ignore[misc]
    """As scrapyd's; what is taken out here is soon gone everywhere."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._bucket: EggBucket = config.inside.eggs.bucket

    def delete(self, project: str, version: str | None = None) -> None:
        super().delete(project, version)
        self._bucket.removed(project, version)


class Eggs:
    """What this service and its poller do with the bucket's eggs; methods are for threads."""

    def __init__(self, bucket: EggBucket) -> None:
        self.bucket = bucket
        self._left: dict[tuple[str, str], float] = {}

    def may_start(self, project: str, message: dict[str, Any]) -> bool:
        """False for a job whose egg could not be had a moment ago."""
        return self._left.get((project, str(message.get("_version") or "")), 0) < time.monotonic()

    def prepare(self, project: str, message: dict[str, Any]) -> bool:
        """True if the egg that a job names is here now; one that is nowhere any more is replaced by the newest.

        Where the bucket can't be asked, another service may have it: False.
        """
        version, began = str(message.get("_version") or ""), time.monotonic()
        if not version:
            return True
        try:
            is_here = self.bucket.fetch(project, version)
        except ShopdataError as error:
            logger.warning("run %s waits: egg %s of %s is not here: %s", message["_job"], version, project, error)
            self._left[project, version] = time.monotonic() + _LEAVE_SECONDS
            return False
        if not is_here:
            logger.warning("run %s: egg %s of %s was removed; the newest runs", message["_job"], version, project)
            del message["_version"]
        # Nobody shows life for a job meanwhile, so that another service may have it by now; it is offered again.
        return time.monotonic() - began < _MOST_SECONDS


class EggSync(Repeating):
    """Brings folder and bucket together, every few seconds, in a thread.

    Args:
        versions_in_use: of crawls that run; None where one of them does not say it.
        update_projects: tells scrapyd's parts that a project has come or gone.
    """

    name = "egg sync"

    def __init__(
        self, eggs: Eggs, versions_in_use: Callable[[], set[str] | None], update_projects: Callable[[], object]
    ) -> None:
        super().__init__({self._sync: _SYNC_EVERY_SECONDS}, _log)
        self._eggs = eggs
        self._versions_in_use = versions_in_use
        self._update_projects = update_projects

    def _sync(self) -> Any:
        return deferToThread(self._eggs.bucket.sync, self._versions_in_use()).addCallback(self._synced)

    def _synced(self, is_changed: bool) -> None:
        if is_changed:
            self._update_projects()


def _log(failure: Failure) -> None:
    logger.error("eggs not brought together; retrying: %s", failure.getErrorMessage())


class ListVersions(LaterPage, ScrapydListVersions):  # type: ignore[misc]
    """listversions.json of all services, as it is now."""

    method = b"GET"

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        await synced(self.root)
        return dict(ScrapydListVersions.render_GET(self, txrequest))


class DeleteVersion(LaterPage, ScrapydDeleteVersion):  # type: ignore[misc]
    """delversion.json that has taken it out of the bucket, too, once it answers."""

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        answer = dict(ScrapydDeleteVersion.render_POST(self, txrequest))
        return answer | await synced(self.root)


class DeleteProject(LaterPage, ScrapydDeleteProject):  # type: ignore[misc]
    """delproject.json likewise."""

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        answer = dict(ScrapydDeleteProject.render_POST(self, txrequest))
        return answer | await synced(self.root)


async def synced(root: Any) -> dict[str, str]:
    """Brings folder and bucket together, where services share eggs; what belongs into an answer if that failed."""
    eggs: Eggs | None = root.inside.eggs
    if eggs is None:
        return {}
    # Whoever waits for the answer does so no longer than for other pages; the thread goes on.
    work = deferToThread(eggs.bucket.sync, root.inside.versions_in_use()).addTimeout(_ANSWER_SECONDS, reactor)
    try:
        if await work:
            root.update_projects()
        problem = eggs.bucket.problem()
    except DeferredTimeoutError:
        problem = "the bucket has not answered yet"
    return {"warning": f"this machine has it, the others get to know of it later: {problem}"} if problem else {}
