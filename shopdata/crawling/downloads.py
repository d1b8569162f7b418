"""What comes over the line: onto the disk while it comes, cut at a limit, unpacked with a limit.

Scrapy holds an answer whole in memory, and unpacks it only after our middlewares have read it. Requests keep all that
Scrapy does for them: proxies, time-outs, our session and pace. Certificates are believed as in the rest of the program.
"""

from __future__ import annotations

import asyncio
import functools
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from OpenSSL import crypto
from scrapy import Request
from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.core.downloader.handlers.http11 import _ScrapyAgent
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, ResponseDataLossError
from scrapy.http import Response
from scrapy.responsetypes import responsetypes
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.asyncio import run_in_thread
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.misc import build_from_crawler
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates

from shopdata.crawling.portal_errors import place_of
from shopdata.crawling.signed_page import SignedPage
from shopdata.exceptions import OddAnswerError, PortalError
from shopdata.files import as_disk_error, nameless
from shopdata.network import current_network
from shopdata.network.authorities import public_authorities
from shopdata.workspace import Workspace

#: What is unpacked at once, without a thread.
_SMALL_BYTES = 1 << 17
_BLOCK_BYTES = 1 << 18
#: Scrapy would ask for two more, which not every Python can unpack bit by bit.
_ENCODINGS = "gzip, deflate"


class GarbledAnswerError(DownloadFailedError):
    """Raised for an answer whose packing can't be undone."""


class Wire:
    """The bytes of one answer as they came, headers apart.

    Put into `meta["shopdata_wire"]` of a request, it takes the answer's bytes; with `is_file` the response has no body,
    and `unpacked` gives it piece by piece.
    """

    def __init__(self, folder: Path, most_bytes: int, *, is_file: bool = False) -> None:
        self.most_bytes = most_bytes
        self.is_file = is_file
        self.size = 0
        self.encodings: list[str] = []
        self._folder = folder
        self._error: OSError | None = None
        self._file = nameless(self, folder)

    def close(self) -> None:
        """Lets the bytes go."""
        with suppress(OSError):
            self._file.close()

    def restart(self) -> None:
        """For the same question asked again."""
        self.size, self.encodings, self._error = 0, [], None
        self._file.seek(0)
        self._file.truncate()

    def write(self, data: bytes) -> None:
        """Takes the next bytes. An error of the disk is told by `check`: who calls here is inside the reactor."""
        try:
            if self._error is None and not self._file.closed:
                self._file.write(data)
                self.size += len(data)
        except OSError as error:
            self._error = error

    def check(self) -> None:
        """Raises DiskError if the disk did not take all of it."""
        with as_disk_error(self._folder / "answer"):
            if self._error is not None:
                raise self._error

    def raw(self, most_bytes: int | None = None) -> Iterator[bytes]:
        """The bytes as they came, at most so many."""
        left = self.size if most_bytes is None else min(most_bytes, self.size)
        place = 0
        while left > 0:
            self._file.seek(place)
            piece = self._file.read(min(left, _BLOCK_BYTES))
            if not piece:
                return
            place, left = place + len(piece), left - len(piece)
            yield piece

    def unpacked(self) -> Iterator[bytes]:
        """The bytes as they are meant.

        Raises:
            DownloadCancelledError: they are more than `most_bytes`.
            ResponseDataLossError: they end too early.
            GarbledAnswerError: they are packed in another way than they say, or than was asked for.
        """
        size = 0
        for piece in _inflated(self.raw(), ", ".join(self.encodings)) if self.encodings else self.raw():
            size += len(piece)
            if size > self.most_bytes:
                raise DownloadCancelledError(f"more than {self.most_bytes} bytes")
            yield piece

    def whole(self) -> bytes:
        """All of `unpacked`; never twice in memory."""
        with io.BytesIO() as body:
            body.writelines(self.unpacked())
            return body.getvalue()

    # What Scrapy's reader wants of its buffer.

    def getvalue(self) -> bytes:
        """Nothing: it is not in memory."""
        return b""

    def truncate(self, _size: int) -> None:
        """Nothing: what came before the limit is kept, so that somebody can look at it."""


def _inflated(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise GarbledAnswerError(encoding)
    inflater: Any = None
    try:
        for piece in pieces:
            while piece:
                if inflater is None or inflater.eof:
                    # Several may stand one behind the other. Some servers leave out the frame of "deflate".
                    is_framed = encoding != "deflate" or piece[0] & 0x0F == 8
                    inflater = zlib.decompressobj(47 if is_framed else -15)
                yield inflater.decompress(piece, _BLOCK_BYTES)
                piece = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    except zlib.error as error:
        raise GarbledAnswerError(f"{encoding}: {error}") from None
    if inflater is not None and not inflater.eof:
        raise ResponseDataLossError(f"{encoding} without its end")


class _Agent(_ScrapyAgent):
    """Scrapy's, but for where the bytes go."""

    def __init__(self, wire: Wire, **options: Any) -> None:
        super().__init__(**options)
        self._wire = wire

    def _cb_bodyready(self, txresponse: Any, request: Request) -> Any:
        deliver = txresponse.deliverBody

        def deliver_to_disk(reader: Any) -> None:
            reader._bodybuf = self._wire
            deliver(reader)

        txresponse.deliverBody = deliver_to_disk
        return super()._cb_bodyready(txresponse, request)


class _TrustingContextFactory(_ScrapyClientContextFactory):
    """Believes whom the rest of the program believes. Scrapy 2.19 asks OpenSSL's default paths, which are empty on some
    systems and know nothing of REQUESTS_CA_BUNDLE.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._creators: dict[bytes, Any] = {}

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """What checks the certificate of one host; kept, as Twisted's `HostnameCachingHTTPSPolicy` does, since some
        hundred authorities are put into each."""
        if hostname not in self._creators:
            self._creators[hostname] = optionsForClientTLS(
                hostname.decode("ascii"),
                trustRoot=_trust_root(current_network().authorities),
                extraCertificateOptions=self._get_cert_options_kwargs(),
            )
        return self._creators[hostname]


@functools.lru_cache(maxsize=1)
def _trust_root(authorities: tuple[bytes, ...]) -> Any:
    ders = dict.fromkeys((*authorities, *public_authorities()))
    return trustRootFromCertificates([Certificate.load(der, crypto.FILETYPE_ASN1) for der in ders])


class DownloadHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """Pages go to the browser, signed calls to their page; all else that shops ask for comes by a `Wire`, which a
    request may bring with it.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # The setting for it is deprecated, and warns in every run.
        self._contextFactory = build_from_crawler(_TrustingContextFactory, crawler)
        self._unpacking = asyncio.Lock()

    async def download_request(self, request: Request) -> Response:
        """Raises what Scrapy's handlers raise.

        Raises:
            OddAnswerError: it is larger than the wire takes, or can't be unpacked.
            PortalError: it did not come whole.
            DiskError: the disk did not take it.
        """
        if "shopdata_shop" not in request.meta or request.meta.get("playwright"):
            return cast("Response", await super().download_request(request))
        wire: Wire = request.meta.get("shopdata_wire") or self._wire_for(request.meta["shopdata_shop"])
        page: SignedPage | None = request.meta.get("shopdata_page")
        if page is not None:
            wire.restart()
            response = await page.send(request)
            wire.write(response.body)
            return response
        try:
            return await self._through(wire, request)
        except DownloadCancelledError:
            key = "max_file_bytes" if wire.is_file else "max_answer_bytes"
            raise OddAnswerError.too_large(place_of(request), wire.most_bytes, key) from None
        except GarbledAnswerError as error:
            raise OddAnswerError(
                "the portal's answer can't be unpacked",
                where=place_of(request),
                found=f"Content-Encoding {error}",
                expected="bytes that are packed so",
                todo="The next run asks again; if it stays, look which proxy or filter lies between.",
            ) from None

    def _wire_for(self, shop_id: str) -> Wire:
        workspace = Workspace.of(self._crawler)
        portal = workspace.config.portal(next(s.platform for s in workspace.config.shops if s.id == shop_id))
        return Wire(workspace.staging.half_way(), portal.max_answer_bytes)

    async def _through(self, wire: Wire, request: Request) -> Response:
        """The answer, whole; its bytes are on the wire, and of a file only there."""
        wire.restart()
        request.headers.setdefault("Accept-Encoding", "identity" if wire.is_file else _ENCODINGS)
        agent = _Agent(
            wire,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=wire.most_bytes,
            warnsize=0,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        with wrap_twisted_exceptions():
            response = await maybe_deferred_to_future(agent.download_request(request))
        wire.check()
        told = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
        wire.encodings = [name for part in told.split(",") if (name := part.strip()) not in ("", "identity")]
        # Scrapy only marks an answer that ended early without a Content-Length.
        if "partial" in response.flags or "dataloss" in response.flags:
            raise PortalError(
                "the answer was cut short",
                code="answer_cut_short",
                params={"bytes": wire.size},
                where=place_of(request),
                found=f"{wire.size} bytes",
                todo="Nothing to do now: the next run asks again.",
            )
        if wire.is_file:
            if wire.encodings:
                # Whether it can be unpacked is known before it is believed.
                await run_in_thread(sum, map(len, wire.unpacked()))
            return response
        response.headers.pop("Content-Encoding", None)
        if wire.size < _SMALL_BYTES and not wire.encodings:
            return _filled(response, b"".join(wire.unpacked()))
        # One at a time: what is unpacked is in memory, and was read by the time that the next one is.
        async with self._unpacking:
            return _filled(response, await run_in_thread(wire.whole))


def _filled(response: Response, body: bytes) -> Response:
    """The response with its body, of the class that Scrapy has for such a one."""
    kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
    return response.replace(body=body, cls=kind)
