"""What keeps a portal from being reached at all: the company's proxy, or a certificate of somebody unknown."""

from __future__ import annotations

from shopdata.exceptions import ProxyError, UntrustedError
from shopdata.network.pools import ProxyTrouble


def proxy_error(trouble: ProxyTrouble, where: str) -> ProxyError:
    """The error for what a proxy did.

    Args:
        where: shop and host.
    """
    error = ProxyError(f"the proxy on the way {trouble.did}", where=where, found=trouble.found, todo=trouble.todo)
    error.is_final = trouble.is_about_password
    return error


def untrusted(where: str, found: str = "") -> UntrustedError:
    """The error for a certificate; `found` is what was said about it."""
    return UntrustedError(
        "the certificate is from nobody whom we believe",
        where=where,
        found=found,
        todo="Where the company looks into TLS, point SSL_CERT_FILE at its root certificate (docs/operate.md, In a "
        "company network); elsewhere somebody may be listening.",
    )
