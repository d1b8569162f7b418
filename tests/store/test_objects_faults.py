"""A store that is down, slow, strange or not to be trusted: one error, one sentence, and soon."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import re
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from faulty_http import Answer, closed_port, drain, hang_up, reply, s3_error, serve

from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.store.object_store import ObjectStore
from shopdata.store.upload import SHA256_HEADER

SECRET = "secret-of-the-store"

# With the library's own time-outs (300 s) any of these would end here.
pytestmark = pytest.mark.timeout(600)


def settings(endpoint: str, **changed: object) -> config.ObjectStoreSettings:
    return config.ObjectStoreSettings.model_validate(
        {
            "endpoint": endpoint,
            "secure": False,
            "access_key": "key-of-the-store",
            "secret_key": SECRET,
            "bucket": "warehouse",
            "region": "us-east-1",
            "connect_timeout_seconds": 60,
            "read_timeout_seconds": 60,
            "max_tries": 2,
        }
        | changed
    )


def failure(configured: config.ObjectStoreSettings) -> str:
    """What a put is told."""
    with ObjectStore(configured) as store, pytest.raises(StoreError) as caught:
        store.put_bytes("raw/a", b"data")
    assert caught.value.where == f"{configured.endpoint}/warehouse/raw/a"
    assert caught.value.todo
    assert caught.value.__cause__ is None, "the raw error of a library would be printed with ours"
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_nobody_listens() -> None:
    assert "nobody listens where the object store should be. Found Connection refused, 2 tries" in failure(
        settings(closed_port())
    )


def test_a_host_without_an_address() -> None:
    assert "host name is not known" in failure(settings("store.invalid:9000"))


def test_nobody_takes_the_call() -> None:
    # A full queue of a listener that accepts nobody: the next one knocks in vain.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        callers = [socket.socket() for _ in range(4)]
        try:
            for caller in callers:
                caller.setblocking(False)
                caller.connect_ex(("127.0.0.1", port))
            assert "no connection within 0.5 s, 2 tries" in failure(
                settings(f"127.0.0.1:{port}", connect_timeout_seconds=0.5)
            )
        finally:
            for caller in callers:
                caller.close()


def test_silence() -> None:
    done = threading.Event()
    with serve(lambda request: done.wait() and None) as server:
        try:
            assert "does not answer. Found silence for 0.5 s, 2 tries" in failure(
                settings(server.endpoint, read_timeout_seconds=0.5)
            )
            while server.count("PUT") < 2:  # the second may not have been read yet when we ceased to wait
                time.sleep(0.01)
            assert server.count("PUT") == 2
        finally:
            done.set()


def answer_html(request: BaseHTTPRequestHandler, status: int) -> None:
    drain(request)
    reply(request, status, f"<html>{SECRET}</html>".encode(), Content_Type="text/html")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param(lambda r: s3_error(r, 503, "SlowDown"), "too busy. Found SlowDown .HTTP 503.", id="busy"),
        pytest.param(lambda r: answer_html(r, 503), "is not available. Found HTTP 503", id="a proxy's 503"),
        pytest.param(lambda r: s3_error(r, 507, "XMinioStorageFull"), "the object store is full", id="full"),
        pytest.param(lambda r: s3_error(r, 403, "RequestTimeTooSkewed"), "clock", id="wrong clock"),
        pytest.param(lambda r: s3_error(r, 403, "AccessDenied"), "does not allow this", id="not allowed"),
        pytest.param(lambda r: s3_error(r, 400, "Whatever"), "refused. Found Whatever .HTTP 400", id="unknown code"),
        pytest.param(lambda r: answer_html(r, 404), "not an object store. Found HTTP 404", id="some web page"),
        pytest.param(
            lambda r: (drain(r), reply(r, 400, b"<broken", Content_Type="application/xml"))[1],
            "not one of an object store",
            id="broken XML",
        ),
        pytest.param(hang_up, "broke off. Found ProtocolError in 2 tries", id="hangs up"),
    ],
)
def test_strange_answers(answer: Answer, sentence: str) -> None:
    with serve(answer) as server:
        assert re.search(sentence, failure(settings(server.endpoint)))


def test_a_busy_store_may_not_make_us_wait_for_an_hour() -> None:
    def busy(request: BaseHTTPRequestHandler) -> None:
        drain(request)
        reply(request, 503, b"<Error><Code>SlowDown</Code></Error>", Content_Type="application/xml", Retry_After="3600")

    with serve(busy) as server:
        assert "too busy" in failure(settings(server.endpoint))


def test_a_bucket_that_may_not_be_created() -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        reply(request, 404) if request.command == "HEAD" else s3_error(request, 403, "AccessDenied")

    with (
        serve(answer) as server,
        ObjectStore(settings(server.endpoint)) as store,
        pytest.raises(StoreError, match=r"can't be created. Found AccessDenied \(HTTP 403\). Create it by hand"),
    ):
        store.ensure_bucket()


def test_a_slow_line_is_no_fault() -> None:
    """The whole upload takes longer than is waited for one piece; each piece is in time."""
    body = b"x" * 16_000_000  # more than the sockets' buffers swallow at once

    def read_slowly(request: BaseHTTPRequestHandler) -> None:
        if request.command == "HEAD":
            reply(request, 200, ETag="e", Content_Length=str(len(body)), x_amz_meta_sha256=put["sha256"])
            return
        put["sha256"] = request.headers["x-amz-meta-sha256"]
        left = int(request.headers["Content-Length"])
        while left:
            left -= len(request.rfile.read(min(left, 1_000_000)))
            time.sleep(0.3)
        reply(request, 200, ETag="e")

    put: dict[str, str] = {}
    with (
        serve(read_slowly) as server,
        ObjectStore(settings(server.endpoint, connect_timeout_seconds=3, max_tries=1)) as store,
    ):
        assert store.put_bytes("raw/a", body).bytes == len(body)


def test_a_local_file_that_is_gone(tmp_path: Path) -> None:
    with (
        ObjectStore(settings(closed_port())) as store,
        pytest.raises(StoreError, match=r"the local file .*gone.xlsx can't be used. Found \w"),
    ):
        store.put_file("raw/a", tmp_path / "gone.xlsx")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "store.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_store(certificate: Path) -> Iterator[config.ObjectStoreSettings]:
    """A store that speaks TLS, if one trusts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(lambda request: s3_error(request, 503, "SlowDown"), tls=context) as server:
        yield settings(server.endpoint, secure=True, connect_timeout_seconds=5, read_timeout_seconds=5)


def test_a_certificate_that_nobody_vouches_for(tls_store: config.ObjectStoreSettings) -> None:
    sentence = failure(tls_store)
    assert "no trusted connection to the object store. Found self-signed certificate." in sentence
    assert "SSL_CERT_FILE" in sentence


def test_a_certificate_that_ssl_cert_file_vouches_for(
    tls_store: config.ObjectStoreSettings, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert "too busy" in failure(tls_store)


def test_by_tls_a_file_goes_with_its_md5(certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes are not part of the signature there."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    seen: dict[str, str] = {}

    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.command == "PUT":
            body = drain(request)
            seen.update({name.lower(): value for name, value in request.headers.items()}, md5=md5_of(body))
            reply(request, 200, ETag="e")
        else:
            reply(request, 200, ETag="e", Content_Length="3000000", x_amz_meta_sha256=seen[SHA256_HEADER])

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serve(answer, tls=context) as server, ObjectStore(settings(server.endpoint, secure=True)) as store:
        assert store.put_file("raw/a", source).bytes == 3_000_000
    assert (seen["content-md5"], seen["content-length"]) == (seen["md5"], "3000000")
    assert seen["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


def md5_of(body: bytes) -> str:
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def test_tls_where_plain_http_is_spoken() -> None:
    with serve(lambda request: reply(request, 200)) as server:
        assert "Found a failed handshake" in failure(settings(server.endpoint, secure=True))
