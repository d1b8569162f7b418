"""What every answer carries, whoever made it: our pages, scrapyd's, Twisted's own errors."""

from __future__ import annotations

from twisted.web.http_headers import Headers

#: Nothing but our own files, no inline script or style, no frames; forms go nowhere else.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: a browser then sends `Origin: null` with our own forms, as it does with those of other sites.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: scrapyd lets every site read its answers; Twisted tells its version.
_LEFT_OUT = ("Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Server")


def complete(headers: Headers) -> Headers:
    """An answer's headers with ours, where it says nothing else; changed in place."""
    for name in _LEFT_OUT:
        headers.removeHeader(name)
    for name, value in HEADERS.items():
        if not headers.hasHeader(name):
            headers.setRawHeaders(name, [value])
    return headers


def make_readable(headers: Headers) -> None:
    """Replaces in a request's headers what is not UTF-8: whoever reads one as text would fail. Changed in place."""
    for name, values in list(headers.getAllRawHeaders()):
        readable = [value.decode("utf-8", "replace").encode() for value in values]
        if readable != values:
            headers.setRawHeaders(name, readable)
