"""A reverse proxy before the service, as companies have one: it hands nothing on before it has all of it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: What is not cut may take its time on a busy machine.
_OTHER_SECONDS = 300
#: Headers that are the connection's own, not the message's.
_HOP = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})


@dataclass
class ReverseProxy:
    """Where it listens, and how often it has cut off what took longer than it likes."""

    port: int
    cut: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def reverse_proxy(
    port: int, *, below: str = "", patience_seconds: float = 20, cuts: Sequence[str] = ("",)
) -> Iterator[ReverseProxy]:
    """A proxy on a free port of loopback.

    Args:
        port: of the service, on loopback.
        below: the path that is the service's, which it does not get to see; what is asked beside it is another's.
        patience_seconds: an answer that takes longer is cut off.
        cuts: the ends of the paths that are asked with so little patience; by default all are.
    """

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            if not self.path.startswith(f"{below}/"):
                self.send_error(404, "this is another department")
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in {"host", *_HOP}}
            is_cut = self.path.partition("?")[0].endswith(tuple(cuts))
            patience = patience_seconds if is_cut else _OTHER_SECONDS
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=patience)) as connection:
                try:
                    connection.request(self.command, self.path.removeprefix(below), body or None, headers)
                    answer = connection.getresponse()
                    content = answer.read()
                except TimeoutError:
                    proxy.cut += 1
                    return
            with suppress(OSError):  # the browser has gone on
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in _HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = forward

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy = ReverseProxy(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()
