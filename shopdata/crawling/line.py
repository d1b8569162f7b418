"""One question to a portal: what Scrapy says of a bad answer, as a sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.downloads import GarbledAnswerError, Wire
from shopdata.exceptions import OddAnswerError, PortalError

#: What Scrapy raises for a portal that is down, slow or cuts an answer short.
_FAILURES = {
    DownloadConnectionRefusedError: "the connection was refused",
    CannotResolveHostError: "the host name is not known",
    DownloadTimeoutError: "no answer came in time",
    ResponseDataLossError: "the answer was cut short",
    DownloadFailedError: "the connection broke",
}
_REDIRECTS = (301, 302, 303, 307, 308)
#: What a storage says to a link that is not good yet, or no more.
LINK_IS_DEAD = (403, 404, 410)


async def ask_once(
    download: Callable[[Request], Awaitable[Response]], request: Request, wire: Wire, place: Callable[[str], str]
) -> Response:
    """The answer to a request, whole; its bytes are on the wire, and of a file only there.

    Args:
        place: the words for an address.

    Raises:
        OddAnswerError: it is larger than the wire takes, or can't be unpacked.
        PortalError: it did not come, or not whole.
    """
    request.meta["shopdata_wire"] = wire
    try:
        response = await download(request)
        if wire.is_file and wire.encodings:
            # Whether it can be unpacked is known before it is believed.
            await run_in_thread(sum, map(len, wire.unpacked()))
    except DownloadCancelledError:
        key = "max_file_bytes" if wire.is_file else "max_answer_bytes"
        raise OddAnswerError.too_large(place(request.url), wire.most_bytes, key) from None
    except GarbledAnswerError as error:
        raise OddAnswerError(
            "the portal's answer can't be unpacked",
            where=place(request.url),
            found=f"Content-Encoding {error}",
            expected="bytes that are packed so",
            todo="The next run asks again; if it stays, look which proxy or filter lies between.",
        ) from None
    except tuple(_FAILURES) as error:
        reason = next(text for kind, text in _FAILURES.items() if isinstance(error, kind))
        raise PortalError(
            f"the portal did not answer: {reason}",
            code="no_answer",
            params={"why": reason},
            where=place(request.url),
            todo="Nothing to do now: the next run asks again.",
        ) from None
    # Scrapy only marks an answer that ended early without a Content-Length.
    if "partial" in response.flags or "dataloss" in response.flags:
        raise PortalError(
            "the answer was cut short",
            code="answer_cut_short",
            params={"bytes": wire.size},
            where=place(request.url),
            found=f"{wire.size} bytes",
            todo="Nothing to do now: the next run asks again.",
        )
    return response


def check_status(response: Response, place: Callable[[str], str], *, is_file: bool) -> None:
    """Raises PortalError for a status that is no good one; a file's link may lead on."""
    if response.status == 200 or (is_file and response.status in _REDIRECTS):
        return
    error = PortalError(
        "the portal refused",
        code="http_status",
        params={"status": response.status},
        where=place(response.url),
        found=f"HTTP {response.status}",
        expected="HTTP 200",
        todo="Nothing to do now: the next run asks again. If it stays, look at the portal's page by hand.",
    )
    error.status = response.status
    # The same link would stay dead: a fresh one is asked for.
    error.is_final = is_file and response.status in LINK_IS_DEAD
    # Its other form, a date, is rare and then our own waits do.
    wanted = (response.headers.get("Retry-After") or b"").decode("latin-1")
    error.retry_after_seconds = float(wanted) if wanted.isdecimal() and len(wanted) < 10 else 0
    raise error
