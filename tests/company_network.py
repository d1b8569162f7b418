"""A company's network on loopback: a proxy that keeps a log and alone knows some names, and an own authority."""

from __future__ import annotations

import base64
import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USERNAME, PASSWORD = "proxy user", "p@ss:w/rd%of#proxy"
_PEM = serialization.Encoding.PEM
#: The names end so: RFC 6761 keeps `.test` free, so no resolver has an address for them.
DOMAIN = "corp.test"


# -- the authority ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """A root certificate of the company's, and one that it gave to every name below `corp.test`."""

    ca_file: Path
    server_file: Path

    def server_context(self) -> ssl.SSLContext:
        """For a server of the company's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file)
        return context


def make_authority(folder: Path) -> Authority:
    """As companies make them: without key identifiers, which Python 3.13 would insist on by itself."""
    root_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    root = _certificate("Corp Root", "Corp Root", root_key).add_extension(constraints, critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName(f"*.{DOMAIN}"), x509.DNSName(DOMAIN)])
    server = _certificate(DOMAIN, "Corp Root", server_key).add_extension(names, critical=False)
    authority = Authority(folder / "corp-root.pem", folder / "server.pem")
    authority.ca_file.write_bytes(root.sign(root_key, hashes.SHA256()).public_bytes(_PEM))
    private = server_key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    authority.server_file.write_bytes(private + server.sign(root_key, hashes.SHA256()).public_bytes(_PEM))
    return authority


def _certificate(name: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
    )


# -- the proxy -------------------------------------------------------------------------------------------------------


@dataclass
class LoggingProxy:
    """What was asked of it: `CONNECT host:port` and `GET http://host/…`, with who was let through.

    Attributes:
        places: `host:port` -> endpoint on loopback. Whatever is not here does not exist.
        answers: a status to answer everything with, in place of passing it on.
    """

    endpoint: str = ""
    log: list[str] = field(default_factory=list)
    refused: int = 0
    places: dict[str, str] = field(default_factory=dict)
    answers: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.endpoint}"

    @property
    def url_with_password(self) -> str:
        return f"http://proxy%20user:p%40ss%3Aw%2Frd%25of%23proxy@{self.endpoint}"

    def hosts(self) -> set[str]:
        """Everybody who was asked for."""
        return {urlsplit(line.split()[1]).hostname or line.split()[1].rpartition(":")[0] for line in self.log}


@contextmanager
def logging_proxy(places: Mapping[str, str], *, with_password: bool = True) -> Iterator[LoggingProxy]:
    """A proxy on a free port."""
    wanted = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode() if with_password else ""
    proxy = LoggingProxy(places=dict(places))

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            stream = client.makefile("rb")
            while line := stream.readline().decode("latin-1"):
                headers = list(iter(stream.readline, b"\r\n"))
                method, target, _ = line.split()
                given = [_value(header) for header in headers if _name(header) == "proxy-authorization"]
                kept = [header for header in headers if not _name(header).startswith(("proxy-", "connection"))]
                length = next((int(_value(header)) for header in headers if _name(header) == "content-length"), 0)
                status = proxy.answers
                if wanted and given != [f"Basic {wanted}"]:
                    proxy.refused += 1
                    status = 407
                if not status:
                    proxy.log.append(f"{method} {target}")
                parts = urlsplit(target if "://" in target else f"//{target}")
                host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
                place = proxy.places.get(f"{host}:{parts.port or 80}", "")
                if status or not place:
                    stream.read(length if method != "CONNECT" else 0)
                    challenge = 'Proxy-Authenticate: Basic realm="corp"\r\n' if status == 407 else ""
                    client.sendall(f"HTTP/1.1 {status or 502} no\r\n{challenge}Content-Length: 0\r\n\r\n".encode())
                    continue
                address, _, port = place.rpartition(":")
                with socket.create_connection((address, int(port))) as server:
                    if method == "CONNECT":
                        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    else:
                        path = parts._replace(scheme="", netloc="").geturl() or "/"
                        head = [f"{method} {path} HTTP/1.1\r\n".encode(), *kept, b"Connection: close\r\n", b"\r\n"]
                        server.sendall(b"".join(head))
                        while length:
                            piece = stream.read1(min(length, 65536))
                            server.sendall(piece)
                            length -= len(piece)
                        client.sendall(_first_line(server) + b"Connection: close\r\n")
                    _pump_both(client, server)
                return

    with _listening(serve) as endpoint:
        proxy.endpoint = endpoint
        yield proxy


def _first_line(server: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\r\n") and (byte := server.recv(1)):
        line += byte
    return line


def _name(header: bytes) -> str:
    return header.partition(b":")[0].decode("latin-1").lower()


def _value(header: bytes) -> str:
    return header.partition(b":")[2].decode("latin-1").strip()


@contextmanager
def tls_in_front_of(endpoint: str, authority: Authority) -> Iterator[str]:
    """TLS for a server that has none, as a reverse proxy does it; gives its endpoint."""
    context = authority.server_context()

    def serve(client: socket.socket) -> None:
        address, _, port = endpoint.rpartition(":")
        with (
            contextlib.suppress(OSError),
            context.wrap_socket(client, server_side=True) as safe,
            socket.create_connection((address, int(port))) as server,
        ):
            _pump_both(safe, server)

    with _listening(serve) as found:
        yield found


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        clients: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                clients.append(client)
                threading.Thread(target=serve, args=(client,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            # Linux ends its waiting by the one, Windows and macOS by the other.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join()
            for client in clients:
                client.close()


def _pump_both(one: socket.socket, other: socket.socket) -> None:
    """Until either ends."""
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
