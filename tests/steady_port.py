"""A port for a server that is ended and started again, while others try to reach it."""

from __future__ import annotations

import os
import random
import socket

#: Below what systems give to outgoing connections: one of those would take it meanwhile, or meet itself.
_FIRST, _LAST = 22_000, 31_900
#: Each worker of the tests has a part of its own: a port is free, too, while its server is between end and start.
_PARTS = 16
_PART = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PARTS
_WIDTH = (_LAST - _FIRST) // _PARTS


def steady_port() -> int:
    """Free at this moment."""
    while True:
        port = _FIRST + _PART * _WIDTH + random.randrange(_WIDTH)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
