"""Sends the file that a link leads to: whole, or as the faults of its way have it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import BinaryIO

from aiohttp import web

from sandbox.common_faults import common_fault_for
from sandbox.faults import Fault
from sandbox.html_pages import notice
from sandbox.portal import RECORD_DONE, Stage
from sandbox.world import SandboxShop
from sandbox.xlsx import StoppedError

CHUNK_BYTES = 256 * 1024

HUGE_BYTES = 2 << 30

DOWNLOAD_FAULTS = frozenset(
    {
        Fault.HTML_INSTEAD_OF_WORKBOOK,
        Fault.TRUNCATED_DOWNLOAD,
        Fault.TRUNCATED_WITHOUT_LENGTH,
        Fault.HUGE_DOWNLOAD,
    }
)
"""The faults that `Sender` knows."""


def access_denied() -> web.Response:
    """What a storage host says to a link that it did not sign, or that has run out."""
    return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="application/xml")


class Sender:
    """Sends the files of one kind of report from the call `download`."""

    def __init__(self, stage: Stage, content_type: str) -> None:
        self._stage = stage
        self._content_type = content_type

    async def answer(
        self,
        request: web.Request,
        shop: SandboxShop,
        day: dt.date,
        open_file: Callable[[], Awaitable[tuple[BinaryIO, int]]],
    ) -> web.StreamResponse:
        """Sends a shop's file, or what stands in its way. `open_file` tells its size in bytes, too."""
        if (obstacle := await common_fault_for(self._stage, shop, "download", day)) is not None:
            return obstacle
        if self._is_struck(shop, day, Fault.HTML_INSTEAD_OF_WORKBOOK):
            return notice()
        try:
            content, size = await open_file()
        except StoppedError:
            return web.Response(status=503)
        with content:
            return await self._answer(request, shop, day, content, size)

    async def _answer(
        self, request: web.Request, shop: SandboxShop, day: dt.date, content: BinaryIO, size: int
    ) -> web.StreamResponse:
        if self._is_struck(shop, day, Fault.TRUNCATED_DOWNLOAD):
            return await self._send_cut(request, content, size)
        if self._is_struck(shop, day, Fault.TRUNCATED_WITHOUT_LENGTH):
            return await self._send_cut_without_length(request, content, size)
        if self._is_struck(shop, day, Fault.HUGE_DOWNLOAD):
            return await self._send_without_end(request, content)

        # Noted before the last bytes leave: the client may look at the records before we get back to them.
        def note_download() -> None:
            request[RECORD_DONE](200)
            self._stage.records.count("downloads", shop.id)

        return await self._send(request, content, size, left=size, note_end=note_download)

    def _is_struck(self, shop: SandboxShop, day: dt.date, fault: Fault) -> bool:
        return self._stage.faults.take(shop.id, fault, day=day, at="download")

    async def _send(
        self, request: web.Request, content: BinaryIO, size: int, *, left: int, note_end: Callable[[], None]
    ) -> web.StreamResponse:
        """Announces `size` bytes and sends `left` of them."""
        response = web.StreamResponse(headers={"Content-Type": self._content_type})
        response.content_length = size
        await response.prepare(request)
        while left > 0:
            chunk = content.read(min(CHUNK_BYTES, left))
            left -= len(chunk)
            if left == 0:
                note_end()
            await response.write(chunk)
        return response

    async def _send_without_end(self, request: web.Request, content: BinaryIO) -> web.StreamResponse:
        """Begins like the file, and goes on until it has `HUGE_BYTES` or the client has had enough."""
        request[RECORD_DONE](200)
        response = web.StreamResponse(headers={"Content-Type": self._content_type})
        response.enable_chunked_encoding()
        await response.prepare(request)
        chunk = content.read(CHUNK_BYTES).ljust(CHUNK_BYTES, b"x")
        with suppress(ConnectionError):
            for _ in range(HUGE_BYTES // CHUNK_BYTES):
                await response.write(chunk)
        return response

    async def _send_cut(self, request: web.Request, content: BinaryIO, size: int) -> web.StreamResponse:
        """Announces the whole length, sends half of it, and ends the connection."""
        response = await self._send(request, content, size, left=size // 2, note_end=lambda: request[RECORD_DONE](200))
        if request.transport is not None:
            request.transport.close()
        return response

    async def _send_cut_without_length(self, request: web.Request, content: BinaryIO, size: int) -> web.StreamResponse:
        """Sends half a file in the way of HTTP/1.0: where it ends, only the closed connection tells."""
        assert request.transport is not None
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {self._content_type}\r\nConnection: close\r\n\r\n"
        request[RECORD_DONE](200)
        request.transport.write(head.encode() + content.read(size // 2))
        request.transport.close()
        return web.Response()
