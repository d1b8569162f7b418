"""addversion.json that does not keep a broken egg, and not every egg there ever was.

scrapyd's own keeps what it could not list the spiders of, and as the newest version: every later run would fail by it.
"""

from __future__ import annotations

import zipfile
from contextlib import nullcontext, suppress
from io import BytesIO
from typing import Any

from scrapyd.webservice import AddVersion as ScrapydAddVersion
from scrapyd.webservice import spider_list
from twisted.internet.defer import DeferredLock

from shopdata.exceptions import ArgumentError
from shopdata.service.answers import LaterPage
from shopdata.service.shared_eggs import synced
from shopdata.service.spider_lists import listed

#: An egg is 64 MB at most (`door/site.py`).
_MOST_PROJECTS = 10
_KEEP_VERSIONS = 10
#: While something runs none is removed: a crawl loads modules from its egg for as long as it runs.
_MOST_VERSIONS = 20


class AddVersion(LaterPage, ScrapydAddVersion):  # type: ignore[misc]
    """As scrapyd's; if it fails, what was there before is there again."""

    def __init__(self, root: Any) -> None:
        super().__init__(root)
        #: One after the other: what is put back must be what was there.
        self._lock = DeferredLock()

    async def answer(self, txrequest: Any) -> dict[str, Any]:
        project, version, egg = (_needed(txrequest.args, name) for name in ("project", "version", "egg"))
        if not zipfile.is_zipfile(BytesIO(egg)):
            raise ArgumentError(
                "not a ZIP file", where="egg", todo="Send one; with curl that is egg=@PATH, not egg=PATH."
            )
        await self._lock.acquire()
        try:
            return await self._add(project.decode(), version.decode(), egg)
        finally:
            self._lock.release()

    async def _add(self, project: str, version: str, egg: bytes) -> dict[str, Any]:
        self._make_room(project, version)
        before, eggs = self._stored(project, version), self.root.inside.eggs
        # Other services get to know of it once it is of use.
        with eggs.bucket.adding(project, version) if eggs else nullcontext():
            try:
                self.root.eggstorage.put(BytesIO(egg), project, version)
                self.root.update_projects()
                spiders = await listed(self.root, project, version, is_new=True)
            except Exception:
                self._put_back(project, version, before)
                raise
        found = {"project": project, "version": version, "spiders": len(spiders)}
        return found | await synced(self.root)

    def _make_room(self, project: str, version: str) -> None:
        storage = self.root.eggstorage
        projects = storage.list_projects()
        if project not in projects and len(projects) >= _MOST_PROJECTS:
            raise ArgumentError(
                "there are too many projects", found=str(len(projects)), todo="Remove one with delproject.json first."
            )
        others = [known for known in storage.list(project) if known != version]
        if not self.root.launcher.processes:
            for old in others[: -(_KEEP_VERSIONS - 1)]:
                # Windows does not let go of a file that somebody reads.
                with suppress(PermissionError):
                    storage.delete(project, old)
                    spider_list.delete(project, old)
        elif len(others) >= _MOST_VERSIONS:
            raise ArgumentError(
                "there are too many versions, and a run goes on that may need one of them",
                where=project,
                found=str(len(others)),
                todo="Wait for its end, or remove some with delversion.json.",
            )

    def _stored(self, project: str, version: str) -> bytes | None:
        with suppress(Exception):
            _, egg = self.root.eggstorage.get(project, version)
            if egg is not None:
                with egg:
                    content: bytes = egg.read()
                    return content
        return None

    def _put_back(self, project: str, version: str, before: bytes | None) -> None:
        with suppress(Exception):
            if before is None:
                self.root.eggstorage.delete(project, version)
            else:
                self.root.eggstorage.put(BytesIO(before), project, version)
        spider_list.delete(project, version)
        self.root.update_projects()


def _needed(arguments: dict[bytes, list[bytes]], name: str) -> bytes:
    if name.encode() not in arguments:
        raise ArgumentError(f"{name!r} parameter is required", todo="Send it.")
    return arguments[name.encode()][0]
