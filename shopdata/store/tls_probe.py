"""Does a port speak TLS? Asked only after a plain question to it went wrong: what comes back then may be anything."""

from __future__ import annotations

import contextlib
import socket
import ssl
from urllib.parse import urlsplit


def speaks_tls(url: str, seconds: float) -> bool:
    """True if whoever listens at the address's host and port answers a TLS greeting. Nothing is sent but that."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing secret is told to it, and whether it is the right one is not the question.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    with (
        contextlib.suppress(OSError),
        socket.create_connection(address, timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname),
    ):
        return True
    return False
