"""Two small web servers that are strangers to each other: a login page of one may lead to the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Host:
    """One of them: what it serves by path, and all that it was sent."""

    origin: str = ""
    #: A page, or an address that begins with `http` to be led to. `/down` is always HTTP 503, `/cut` no answer at all.
    pages: dict[str, str] = field(default_factory=dict)
    received: list[str] = field(default_factory=list)
    #: The path of each page that it was asked for.
    asked: list[str] = field(default_factory=list)


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(urlsplit(self.path).path)
            page = host.pages.get(urlsplit(self.path).path)
            if self._is_ill():
                return
            if "?" in self.path:
                host.received.append(self.path)
            if page is not None and page.startswith("http"):
                self.send_response(302)
                self.send_header("Location", page)
                page = ""
            else:
                self.send_response(200 if page is not None else 404)
            content = (page or "").encode()
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            if self._is_ill():
                return
            host.received.append(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _is_ill(self) -> bool:
            path = urlsplit(self.path).path
            if path == "/down":
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
            self.close_connection = path in ("/down", "/cut")
            return self.close_connection

        def log_message(self, *_: object) -> None: ...

    return Handler


@contextmanager
def serving(host: Host) -> Iterator[Host]:
    """Serves on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(host)) as server:
        host.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
