"""A port for a server that is ended and started again, while others try to reach it."""

from __future__ import annotations

import random
import socket

#: Below what systems give to outgoing connections: one of those would take it meanwhile, or meet itself.
_FIRST, _LAST = 22_000, 31_900


def steady_port() -> int:
    """Free at this moment."""
    while True:
        port = random.randint(_FIRST, _LAST)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
