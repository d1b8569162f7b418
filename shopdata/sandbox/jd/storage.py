"""JD's storage host: pre-signed downloads that need no cookies (PORTALS 4.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import BinaryIO

from aiohttp import web

from shopdata.sandbox.faults import Fault
from shopdata.sandbox.jd.jobs import Job, JobBook
from shopdata.sandbox.jd.pages import page
from shopdata.sandbox.jd.reports import FILE_FOLDER, LinkSigner, obstacle_for
from shopdata.sandbox.jd.workbook import WorkbookShelf
from shopdata.sandbox.portal import RECORD_DONE, Stage
from shopdata.sandbox.world import Shop
from shopdata.sandbox.xlsx import Interrupted

CHUNK_BYTES = 256 * 1024
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class JdStorageHosts:
    """The handlers of the storage host and of the foreign host that a wrong link leads to."""

    def __init__(self, stage: Stage, jobs: JobBook, signer: LinkSigner, shelf: WorkbookShelf) -> None:
        self._stage = stage
        self._jobs = jobs
        self._signer = signer
        self._shelf = shelf

    def storage(self) -> web.Application:
        """The object storage that links lead to. PORTALS 4.3: the real host was not recorded for this report."""
        app = web.Application()
        app.router.add_get(FILE_FOLDER + "{file_name}", self._download)
        return app

    def elsewhere(self) -> web.Application:
        """A host that is none of JD's: it would hand out the file to whoever follows the link."""
        return self.storage()

    def shop_of(self, request: web.Request) -> Shop | None:
        """The shop whose file a link leads to."""
        job = self._jobs.by_file(request.path.rpartition("/")[2])
        return None if job is None else self._stage.world.shop(job.key.shop_id)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        job = self._jobs.by_file(request.match_info["file_name"])
        expires, signature = request.query.get("Expires", ""), request.query.get("Signature", "")
        if job is None or not self._signer.is_good(request.path, expires, signature):
            return web.Response(
                status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="application/xml"
            )
        shop = self._stage.world.shop(job.key.shop_id)
        if (obstacle := await obstacle_for(self._stage, shop, "download", job.day)) is not None:
            return obstacle
        if self._is_struck(job, Fault.HTML_INSTEAD_OF_WORKBOOK):
            return page("notice.html")
        is_shared = has_shared_strings(self._stage, shop)
        try:
            content, size = await asyncio.to_thread(self._shelf.open, job.key, is_shared=is_shared)
        except Interrupted:
            return web.Response(status=503)
        with content:
            if self._is_struck(job, Fault.TRUNCATED_DOWNLOAD):
                return await _send(request, content, size, is_cut=True, before_end=lambda: request[RECORD_DONE](200))
            if self._is_struck(job, Fault.TRUNCATED_WITHOUT_LENGTH):
                return await _send_without_length(request, content, size)

            def note_download() -> None:
                request[RECORD_DONE](200)
                self._stage.records.count("downloads", shop.id)

            return await _send(request, content, size, is_cut=False, before_end=note_download)

    def _is_struck(self, job: Job, fault: Fault) -> bool:
        return self._stage.faults.take(job.key.shop_id, fault, day=job.day, at="download")


def has_shared_strings(stage: Stage, shop: Shop) -> bool:
    """Says whether a shop's workbooks hold their text as shared strings."""
    chosen = stage.options.strings
    return shop.number % 2 == 1 if chosen == "mixed" else chosen == "shared"


async def _send(
    request: web.Request, content: BinaryIO, size: int, *, is_cut: bool, before_end: Callable[[], None]
) -> web.StreamResponse:
    """Sends a file with its length; a cut one ends half-way, and the connection with it.

    `before_end` is called before the last bytes leave: the client may look at the records before we get back to them.
    """
    left = size // 2 if is_cut else size
    response = web.StreamResponse(headers={"Content-Type": XLSX_TYPE})
    response.content_length = size
    await response.prepare(request)
    while left > 0:
        chunk = content.read(min(CHUNK_BYTES, left))
        left -= len(chunk)
        if left == 0:
            before_end()
        await response.write(chunk)
    if is_cut and request.transport is not None:
        request.transport.close()
    return response


async def _send_without_length(request: web.Request, content: BinaryIO, size: int) -> web.StreamResponse:
    """Sends half a file in the way of HTTP/1.0: where it ends, only the closed connection tells."""
    assert request.transport is not None
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {XLSX_TYPE}\r\nConnection: close\r\n\r\n"
    request[RECORD_DONE](200)
    request.transport.write(head.encode() + content.read(size // 2))
    request.transport.close()
    return web.Response()
