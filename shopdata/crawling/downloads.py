"""How a request leaves: to the browser, to the page that signs it, or over a wire that Scrapy's own client writes to.

Scrapy holds an answer whole in memory, and unpacks it only after our middlewares have read it. Requests keep all that
Scrapy does for them: proxies, time-outs, our session and pace. Certificates are believed as in the rest of the program.
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any, cast

from OpenSSL import crypto
from scrapy import Request
from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.core.downloader.handlers.http11 import _ScrapyAgent
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
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
from shopdata.crawling.wire import GarbledAnswerError, Wire
from shopdata.exceptions import OddAnswerError, PortalError
from shopdata.network import current_network
from shopdata.network.authorities import public_authorities
from shopdata.workspace import Workspace

#: What is unpacked at once, without a thread.
_SMALL_BYTES = 1 << 17
#: Scrapy would ask for two more, which not every Python can unpack bit by bit.
_ENCODINGS = "gzip, deflate"


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
