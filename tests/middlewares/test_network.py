"""Scrapy's requests behind a company's proxy: which way they take, and whose failure it was."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from company_network import LoggingProxy, logging_proxy
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)

from shopdata.exceptions import ProxyError, UntrustedError
from shopdata.middlewares import NetworkMiddleware

PROXY = "http://us%20er:p%40ss@proxy.corp.test:3128"
URL = "https://portal.corp.test/data?token=secret"


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)


def middleware() -> NetworkMiddleware:
    """Where nothing is sent again."""
    nobody: Any = SimpleNamespace(get_downloader_middleware=lambda _: None)
    return NetworkMiddleware(nobody)


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        (URL, "http://proxy.corp.test:3128"),
        ("http://portal.corp.test/", None),
        ("https://127.0.0.1:8443/", None),
        ("https://10.1.2.3/", None),
    ],
)
def test_which_way(url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    # What an earlier try has left, or somebody else has set.
    request = Request(url, meta={"proxy": "http://other.test:1"}, headers={"Proxy-Authorization": "Basic other"})
    middleware().process_request(request)
    assert request.meta.get("proxy") == proxy
    assert request.headers.get("Proxy-Authorization") == (b"Basic dXMgZXI6cEBzcw==" if proxy else None)


def test_the_browser_finds_its_own() -> None:
    request = Request(URL, meta={"playwright": True})
    middleware().process_request(request)
    assert "proxy" not in request.meta


def failure(exception: Exception, url: str = URL, **meta: object) -> str:
    """What becomes of an exception of Scrapy's; empty if it stays."""
    request = Request(url, meta={"shopdata_shop": "one", **meta})
    try:
        asyncio.run(middleware().process_exception(request, exception))
    except (ProxyError, UntrustedError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize(
    ("exception", "words"),
    [
        (TunnelError("… [{'status': 407, 'reason': b'no'}]"), "refuses its user name or password. Found HTTP 407"),
        (TunnelError("… [{'status': 503, 'reason': b'no'}]"), "does not connect us. Found HTTP 503 from http://proxy"),
        (TunnelError("… [b'garbage']"), "does not connect us. Found a refusal from http://proxy.corp.test:3128"),
        (DownloadConnectionRefusedError("no"), "can't be reached. Found a refused connection at http://proxy"),
        (CannotResolveHostError("no"), "can't be reached. Found no address for its host name at http://proxy"),
    ],
)
def test_the_proxys_failures(exception: Exception, words: str) -> None:
    said = failure(exception)
    assert said.startswith("ProxyError: shop 'one', portal.corp.test: the proxy on the way ")
    assert words in said
    assert "p@ss" not in said
    assert "secret" not in said
    assert failure(exception, "https://127.0.0.1/") == "", "it was asked without a proxy"
    assert failure(exception, playwright=True) == "", "the browser's are told elsewhere"


@pytest.fixture
def silence() -> Iterator[str]:
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def well() -> Iterator[LoggingProxy]:
    """A proxy that connects us to somebody who says nothing."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        logging_proxy({"portal.corp.test:443": f"127.0.0.1:{server.getsockname()[1]}"}) as proxy,
    ):
        yield proxy


@pytest.mark.parametrize("exception", [DownloadTimeoutError("no"), DownloadFailedError("no")], ids=["slow", "broken"])
def test_who_is_silent(exception: Exception, silence: str, well: LoggingProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopdata.network.pools.TUNNEL_SECONDS", 0.3)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{silence}")
    assert f"the proxy on the way can't be reached. Found no connection at http://{silence}" in failure(exception)
    # This one answers, and on a busy machine not at once.
    monkeypatch.setattr("shopdata.network.pools.TUNNEL_SECONDS", 60)
    monkeypatch.setenv("HTTPS_PROXY", well.url_with_password)
    assert failure(exception) == "", "the proxy is well, the portal is not"


@pytest.mark.parametrize(
    "text",
    [
        "[<twisted.python.failure.Failure OpenSSL.SSL.Error: [('SSL routines', '', 'certificate verify failed')]>]",
        "[<twisted.python.failure.Failure service_identity.exceptions.VerificationError: …>]",
    ],
)
@pytest.mark.parametrize("url", [URL, "https://127.0.0.1/"], ids=["by the proxy", "straight"])
def test_a_certificate_of_nobody(text: str, url: str) -> None:
    said = failure(DownloadFailedError(text), url)
    assert said.startswith("UntrustedError: shop 'one', ")
    assert "point SSL_CERT_FILE at its root certificate" in said
