"""JD's storage host: pre-signed downloads that need no cookies (docs/portals.md 4.3)."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import BinaryIO

from aiohttp import web

from sandbox.jd.jobs import JobBook, SandboxJob
from sandbox.jd.reports import FILE_FOLDER
from sandbox.jd.workbook import WorkbookShelf
from sandbox.links import LinkSigner
from sandbox.portal import Stage
from sandbox.sending import Sender, access_denied
from sandbox.world import SandboxShop

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class JdStorageHosts:
    """The handlers of the storage host and of the foreign host that a wrong link leads to."""

    def __init__(self, stage: Stage, jobs: JobBook, signer: LinkSigner, shelf: WorkbookShelf) -> None:
        self._stage = stage
        self._jobs = jobs
        self._signer = signer
        self._shelf = shelf
        self._sender = Sender(stage, XLSX_TYPE)

    def storage(self) -> web.Application:
        """The object storage that links lead to. docs/portals.md 4.3: the real host was not recorded."""
        app = web.Application()
        app.router.add_get(FILE_FOLDER + "{file_name}", self._download)
        return app

    def elsewhere(self) -> web.Application:
        """A host that is none of JD's: it would hand out the file to whoever follows the link."""
        return self.storage()

    def shop_of(self, request: web.Request) -> SandboxShop | None:
        """The shop whose file a link leads to."""
        job = self._jobs.by_file(request.path.rpartition("/")[2])
        return None if job is None else self._stage.world.shop(job.key.shop_id)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        job = self._jobs.by_file(request.match_info["file_name"])
        if job is None or not self._signer.is_good(request.path, request.query):
            return access_denied()
        if job.is_link_dead(self._signer.given_at(request.query, self._stage.options.link_seconds)):
            # docs/portals.md 8.13 [S] for 京准通: it may answer so for 3 to 10 seconds or longer.
            return web.Response(status=404)
        shop = self._stage.world.shop(job.key.shop_id)
        is_shared = has_shared_strings(self._stage, shop)
        return await self._sender.answer(
            request, shop, job.day, lambda: asyncio.to_thread(self._open, job, is_shared=is_shared)
        )

    def _open(self, job: SandboxJob, *, is_shared: bool) -> tuple[BinaryIO, int]:
        content, size = self._shelf.open(job.key, is_shared=is_shared)
        if not job.key.report.is_zipped:
            return content, size
        packed = io.BytesIO()
        with content, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            name = job.key.report.list_name(job.name, job.day)
            archive.writestr(zipfile.ZipInfo(name), content.read())
        packed.seek(0)
        return packed, len(packed.getvalue())


def has_shared_strings(stage: Stage, shop: SandboxShop) -> bool:
    """Says whether a shop's workbooks hold their text as shared strings."""
    chosen = stage.options.strings
    return shop.number % 2 == 1 if chosen == "mixed" else chosen == "shared"
