"""What Scrapy says of an answer that did not come, or is no good one, as a sentence."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from shopdata.exceptions import PortalError

#: What Scrapy raises for a portal that is down, slow or cuts an answer short.
_FAILURES = {
    DownloadConnectionRefusedError: "the connection was refused",
    CannotResolveHostError: "the host name is not known",
    DownloadTimeoutError: "no answer came in time",
    ResponseDataLossError: "the answer was cut short",
    DownloadFailedError: "the connection broke",
}


def place_of(request: Request, url: str = "") -> str:
    """Whose request went where; never the query: it holds tokens and signatures."""
    parts = urlsplit(url or request.url)
    return f"shop {request.meta['shopdata_shop']!r}, {parts.hostname}{parts.path}"


def no_answer(request: Request, exception: Exception) -> PortalError | None:
    """The error for what Scrapy raised instead of an answer; None if that tells nothing of the portal."""
    reason = next((text for kind, text in _FAILURES.items() if isinstance(exception, kind)), None)
    if reason is None:
        return None
    return PortalError(
        f"the portal did not answer: {reason}",
        code="no_answer",
        params={"why": reason},
        where=place_of(request),
        todo="Nothing to do now: the next run asks again.",
    )


def refused(request: Request, response: Response) -> PortalError:
    """The error for an answer whose status is no good one."""
    error = PortalError(
        "the portal refused",
        code="http_status",
        params={"status": response.status},
        where=place_of(request, response.url),
        found=f"HTTP {response.status}",
        expected="HTTP 200",
        todo="Nothing to do now: the next run asks again. If it stays, look at the portal's page by hand.",
    )
    error.status = response.status
    # Its other form, a date, is rare and then our own waits do.
    wanted = (response.headers.get("Retry-After") or b"").decode("latin-1")
    error.retry_after_seconds = float(wanted) if wanted.isdecimal() and len(wanted) < 10 else 0
    return error
