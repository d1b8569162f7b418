"""What stores insist on, each with the key of lake.yaml that says so, and what it is called when the key is wrong."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from company_network import Authority, logging_proxy, make_authority, tls_in_front_of
from faulty_http import drain, reply, s3_error, serve
from pydantic import ValidationError

from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.store.object_store import ObjectStore

pytestmark = pytest.mark.timeout(600)

SECRET, TOKEN = "secret-of-the-store", "session-token-of-the-store"
LIST = (
    b"<?xml version='1.0'?><ListBucketResult><Name>warehouse</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
)


@dataclass
class Stub:
    """Answers as AWS does, as far as its own insisting goes; it checks no signature."""

    region: str = "us-east-1"
    addressing: str = "path"
    token: str = ""
    #: What the access key may not do: `location`, `list`, `create`, `read`, `write`.
    forbidden: frozenset[str] = frozenset()
    has_bucket: bool = True
    objects: dict[str, dict[str, str]] = field(default_factory=dict)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        drain(request)
        parts, host = urlsplit(request.path), request.headers["Host"].partition(":")[0]
        query = parse_qs(parts.query, keep_blank_values=True)
        is_virtual = host.startswith("warehouse.")
        key = parts.path.lstrip("/") if is_virtual else parts.path.lstrip("/").partition("/")[2]
        signed = re.search(r"Credential=[^/]+/\d+/([^/]+)/s3", request.headers["Authorization"])
        assert signed is not None
        right = self._right(request.command, key, query)
        if is_virtual != (self.addressing == "virtual") and "location" not in query:
            self.refuse(request, 403, "SecondLevelDomainForbidden")
        elif request.headers.get("x-amz-security-token", "") != self.token:
            self.refuse(request, 403, "InvalidToken")
        elif right in self.forbidden:
            self.refuse(request, 403, "AccessDenied")
        elif signed[1] != self.region and "location" not in query:
            self.refuse(request, 400, "AuthorizationHeaderMalformed", f"<Region>{self.region}</Region>")
        elif "location" in query:
            answer_xml(request, f"<LocationConstraint>{self.region}</LocationConstraint>".encode())
        elif not self.has_bucket:
            self.refuse(request, 404, "NoSuchBucket")
        elif not key:
            answer_xml(request, LIST)
        elif request.command == "PUT":
            self.objects[key] = {"Content_Length": request.headers["Content-Length"], "ETag": '"e"'}
            self.objects[key]["x_amz_meta_sha256"] = request.headers["x-amz-meta-sha256"]
            reply(request, 200, ETag='"e"')
        elif key in self.objects:
            reply(request, 200, **self.objects[key])
        else:
            self.refuse(request, 404, "NoSuchKey")

    def _right(self, method: str, key: str, query: dict[str, list[str]]) -> str:
        if "location" in query:
            return "location"
        if not key:
            return "create" if method == "PUT" else "list"
        return "write" if method == "PUT" else "read"

    def refuse(self, request: BaseHTTPRequestHandler, status: int, code: str, more: str = "") -> None:
        if request.command == "HEAD":
            reply(request, status)
            return
        answer_xml(request, f"<Error><Code>{code}</Code><Message>no</Message>{more}</Error>".encode(), status)


def answer_xml(request: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    reply(request, status, body, Content_Type="application/xml")


def settings(endpoint: str, **changed: object) -> config.ObjectStoreSettings:
    return config.ObjectStoreSettings.model_validate(
        {
            "endpoint": endpoint,
            "secure": False,
            "access_key": "key-of-the-store",
            "secret_key": SECRET,
            "bucket": "warehouse",
            "connect_timeout_seconds": 60,
            "read_timeout_seconds": 60,
            "max_tries": 1,
        }
        | changed
    )


def use(configured: config.ObjectStoreSettings) -> str:
    """What every run does with a store; in words, what came of it."""
    said = "well"
    with ObjectStore(configured) as store:
        try:
            store.ensure_bucket()
            store.put_bytes("raw/a", b"data")
            store.list_keys("raw/")
        except StoreError as error:
            said = f"{error} {'' if error.todo else 'what then?'}"
    for text in (SECRET, TOKEN, "what then?"):
        assert text not in said
    return said


@pytest.mark.parametrize(
    ("stub", "wrong", "sentence", "right"),
    [
        pytest.param(
            Stub(forbidden=frozenset({"location"})),
            {},
            r"does not tell this access key the bucket's region\. Found AccessDenied .* Set `region` of object_store",
            {"region": "us-east-1"},
            id="no right to ask for the region",
        ),
        pytest.param(
            Stub(region="eu-central-1"),
            {"region": "us-east-1"},
            r"not asked for in its region\. Found AuthorizationHeaderMalformed .*: the store names eu-central-1, "
            r"expected region us-east-1\. Set `region: eu-central-1`",
            {"region": "eu-central-1"},
            id="another region",
        ),
        pytest.param(Stub(region="eu-central-1"), {}, "well", {"region": "eu-central-1"}, id="the region is asked for"),
        pytest.param(
            Stub(token=TOKEN),
            {"region": "us-east-1"},
            r"refuses the session token\. Found InvalidToken .* session_token",
            {"region": "us-east-1", "session_token": TOKEN},
            id="temporary credentials",
        ),
        pytest.param(
            Stub(forbidden=frozenset({"list"})),
            {"region": "us-east-1"},
            r"does not allow this\. Found AccessDenied \(HTTP 403\)\. Give the access key the right s3:ListBucket",
            None,
            id="no right to list",
        ),
        pytest.param(
            Stub(forbidden=frozenset({"create"}), has_bucket=False),
            {"region": "us-east-1"},
            r"does not exist and can't be created\. Found AccessDenied .* by hand, or .* the right s3:CreateBucket",
            None,
            id="no right to create",
        ),
        pytest.param(
            Stub(forbidden=frozenset({"write"})),
            {"region": "us-east-1"},
            r"raw/a: .*does not allow this\. .* the right s3:PutObject",
            None,
            id="no right to write",
        ),
        pytest.param(
            Stub(forbidden=frozenset({"read"})),
            {"region": "us-east-1"},
            r"raw/a: .*does not allow this\. .* the right s3:GetObject",
            None,
            id="no right to read",
        ),
        pytest.param(
            Stub(forbidden=frozenset({"create"})), {"region": "us-east-1"}, "well", None, id="least that we need"
        ),
    ],
)
def test_what_a_store_insists_on(
    stub: Stub, wrong: dict[str, object], sentence: str, right: dict[str, object] | None
) -> None:
    with serve(stub.answer) as server:
        assert re.search(sentence, use(settings(server.endpoint, **wrong)))
        if right is not None:
            assert use(settings(server.endpoint, **right)) == "well"


@pytest.mark.parametrize(("wanted", "other"), [("virtual", "path"), ("path", "virtual")])
def test_addressing(wanted: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a proxy, which alone has an address for `warehouse.store.corp.test`."""
    with serve(Stub(addressing=wanted).answer) as server:
        places = {f"{host}:9001": server.endpoint for host in ("store.corp.test", "warehouse.store.corp.test")}
        with logging_proxy(places, with_password=False) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            said = use(settings("store.corp.test:9001", region="us-east-1", addressing=other))
            assert "wants the bucket's name in another place. Found SecondLevelDomainForbidden (HTTP 403) for" in said
            assert f"Set `addressing: {wanted}` of object_store in lake.yaml." in said
            assert use(settings("store.corp.test:9001", region="us-east-1", addressing=wanted)) == "well"


def test_a_name_for_each_bucket_that_nobody_knows() -> None:
    said = use(settings("store.invalid:9000", region="us-east-1", addressing="virtual"))
    assert "no address for warehouse.store.invalid:9000" in said
    assert "`addressing: path`" in said


def test_a_clock_that_is_wrong() -> None:
    with serve(lambda request: s3_error(request, 403, "RequestTimeTooSkewed")) as server:
        said = use(settings(server.endpoint, region="us-east-1"))
    assert "clock and ours are too far apart" in said
    assert "Set the clock of this machine" in said


# -- TLS or not ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def refuse_plain(request: BaseHTTPRequestHandler) -> None:
    drain(request)
    reply(request, 400, b"Client sent an HTTP request to an HTTPS server.\n", Content_Type="text/plain")


def test_tls_that_is_asked_without(authority: Authority) -> None:
    """Whatever such a server says to it; here nothing, for the connection ends."""
    with serve(Stub().answer) as plain, tls_in_front_of(plain.endpoint, authority) as endpoint:
        said = use(settings(endpoint, region="us-east-1"))
    assert "the object store speaks TLS, and was asked without" in said
    assert "Set `secure: true` of object_store in lake.yaml (SHOPDATA_S3_SECURE)." in said
    assert "next run" not in said


def test_tls_that_is_asked_without_and_says_so(authority: Authority) -> None:
    """As MinIO and nginx do, on the port that speaks TLS."""
    with serve(refuse_plain) as polite, two_tongues(polite.endpoint, authority) as endpoint:
        assert "the object store speaks TLS, and was asked without. Found HTTP 400" in use(
            settings(endpoint, region="us-east-1")
        )


@contextmanager
def two_tongues(plain: str, authority: Authority) -> Iterator[str]:
    """A port that takes TLS, and answers what is no TLS as the server `plain` does."""
    context = authority.server_context()

    class Handler(BaseHTTPRequestHandler):
        def handle(self) -> None:
            if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                with context.wrap_socket(self.connection, server_side=True):
                    return
            else:
                super().handle()

        def do_PUT(self) -> None:
            refuse_plain(self)

        do_HEAD = do_GET = do_PUT

        def log_message(self, *arguments: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_plain_http_that_is_asked_with_tls() -> None:
    with serve(Stub().answer) as server:
        said = use(settings(server.endpoint, region="us-east-1", secure=True))
    assert "the object store does not speak TLS there. Found a failed handshake" in said
    assert "Set `secure: false` of object_store in lake.yaml (SHOPDATA_S3_SECURE)" in said


def test_an_authority_for_this_store_alone(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serve(Stub().answer) as plain,
        tls_in_front_of(plain.endpoint, authority) as endpoint,
        logging_proxy(
            {f"{name}.test:9000": endpoint for name in ("store.corp", "other")}, with_password=False
        ) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        wrong = settings("store.corp.test:9000", region="us-east-1", secure=True)
        assert "`ca_file` of object_store in lake.yaml" in use(wrong)
        assert use(wrong.model_copy(update={"ca_file": authority.ca_file})) == "well"
        said = use(settings("other.test:9000", region="us-east-1", secure=True, ca_file=str(authority.ca_file)))
    assert "Found hostname mismatch" in said
    assert "Fix `endpoint`" in said


# -- the endpoint ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_endpoint() -> None:
    class Server6(ThreadingHTTPServer):
        address_family = socket.AF_INET6

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            hosts.add(self.headers["Host"])
            stub.answer(self)

        do_GET = do_HEAD = do_PUT

        def log_message(self, *arguments: object) -> None: ...

    stub, hosts = Stub(), set[str]()
    try:
        server = Server6(("::1", 0), Handler)
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            assert use(settings(f"[::1]:{server.server_port}", region="us-east-1")) == "well"
            assert hosts == {f"[::1]:{server.server_port}"}
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("endpoint", "secure"), [("[fd00::1]:443", True), ("[fd00::1]:80", False)])
def test_the_schemes_own_port_keeps_the_brackets(endpoint: str, secure: bool) -> None:
    with ObjectStore(settings(endpoint, secure=secure, region="us-east-1")) as store:
        url = store._client.get_presigned_url("GET", "warehouse", "raw/a")
    assert urlsplit(url).hostname == "fd00::1"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://store.test:9000", "without http:// or https://; `secure: true` stands for https"),
        ("https://store.test", "without http:// or https://"),
        ("store.test:9000/warehouse", "without a path; the bucket stands under `bucket`"),
        ("store.test/", "without a path"),
        ("key:secret@store.test", "the keys stand under `access_key`"),
        ("fd00::1", "in brackets, for example [fd00::1]:9000"),
        ("::1:9000", "in brackets"),
        ("store.test:99999", "write host:port"),
        ("store.test:port", "write host:port"),
        ("store test:9000", "write host:port"),
        ("", "write host:port"),
    ],
)
def test_an_endpoint_that_is_none(endpoint: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(endpoint)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "endpoint", ["minio", "store.test", "10.1.2.3:9000", "[::1]:9000", "[fd00::1]", "under_score:1"]
)
def test_an_endpoint(endpoint: str) -> None:
    assert settings(endpoint).endpoint == endpoint


def test_an_authority_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"found no file .*ca\.pem: name a file of certificates in PEM form"):
        settings("store.test", ca_file=str(tmp_path / "ca.pem"))
    assert settings("store.test", ca_file="").ca_file is None
