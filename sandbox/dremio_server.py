"""HTTP around the Dremio double: one JSON question, one JSON answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: (method, path with query, Authorization, JSON body) -> status and JSON, bytes (a web page) or None (empty).
Answer = Callable[[str, str, str, Any], tuple[int, Any]]


class JsonServer:
    """Serves on a free loopback port until it is closed."""

    def __init__(self, answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body leave as two packets; the second would wait 40 ms for the first's receipt.
            disable_nagle_algorithm = True

            def _handle(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    question = json.loads(data) if data else None
                except ValueError:
                    question = None
                token = self.headers.get("Authorization") or ""
                status, found = answer(self.command, self.path, token, question)
                is_page = isinstance(found, bytes)
                body = found if is_page else b"" if found is None else json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if is_page else "application/json")
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = _handle

            def log_message(self, *arguments: object) -> None:
                """Nothing is printed: who wants to know what was asked reads it off the double."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Frees the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client's idle connection would hold the end back.
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
