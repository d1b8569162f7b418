"""Small HTTP servers that misbehave on purpose, on real sockets."""

from __future__ import annotations

import atexit
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: Answers one request; the request is read up to its body.
Answer = Callable[[BaseHTTPRequestHandler], None]
#: Looks at one request before it is passed on; True if it was answered here.
Fault = Callable[[BaseHTTPRequestHandler], bool]


@dataclass
class Server:
    """A running server and the requests it saw, as `METHOD /path`."""

    endpoint: str
    requests: list[str] = field(default_factory=list)

    def count(self, method: str) -> int:
        return sum(request.startswith(f"{method} ") for request in self.requests)


@contextmanager
def serve(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serves until the context ends, whatever its clients still wait for."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            requests.append(f"{self.command} {self.path}")
            answer(self)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle

        def log_message(self, *arguments: object) -> None:
            pass

    class QuietServer(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with QuietServer(("127.0.0.1", 0), Handler) as server:
        # A sender soon feels a slow reader; connections inherit it.
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(f"127.0.0.1:{server.server_port}", requests)
        finally:
            server.shutdown()
            thread.join()


def reply(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """A whole answer; underscores in header names stand for hyphens."""
    request.send_response(status)
    if not {"Content_Length", "content_length"} & headers.keys():
        request.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)


def s3_error(request: BaseHTTPRequestHandler, status: int, code: str) -> None:
    """An error as S3 services write it."""
    drain(request)
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    reply(request, status, body, Content_Type="application/xml")


def drain(request: BaseHTTPRequestHandler) -> bytes:
    """The request's body."""
    return request.rfile.read(int(request.headers.get("Content-Length") or 0))


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """Ends the connection without another word."""
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RDWR)


def forward_to(endpoint: str, fault: Fault, after: Fault = lambda request: False) -> Answer:
    """Passes requests on to a real server, unless `fault` answers them; `after` may swallow the server's answer."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        if fault(request):
            return
        connection = http.client.HTTPConnection(endpoint, timeout=30)
        try:
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.endheaders(drain(request))
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if after(request):
            return
        request.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                request.send_header(name, value)
        length = response.getheader("Content-Length") if request.command == "HEAD" else None
        request.send_header("Content-Length", length or str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@cache
def closed_port() -> str:
    """An endpoint where nobody listens, as long as this process lives: the port is taken, but not opened."""
    taken = socket.socket()
    atexit.register(taken.close)
    taken.bind(("127.0.0.1", 0))
    return f"127.0.0.1:{taken.getsockname()[1]}"
