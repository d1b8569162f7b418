"""The browser behind a company's proxy: what it is told, and what a person is told when it finds no way out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from company_network import PASSWORD, Authority, LoggingProxy, logging_proxy, make_authority, tls_in_front_of
from faulty_http import closed_port, reply, serve
from playwright.async_api import Error as PlaywrightError

from shopdata.browser.authorities import home_believing
from shopdata.browser.starting import OwnChromium
from shopdata.config import Shop
from shopdata.exceptions import PortalError, ProxyError, UntrustedError
from shopdata.network import read_network
from shopdata.sessions.sign_in.way_out import why_not

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_AUTHORITIES = ("ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle")


@pytest.fixture(autouse=True)
def no_network_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*_PROXIES, *_AUTHORITIES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@dataclass
class Company:
    proxy: LoggingProxy
    authority: Authority
    #: A server on this machine, which needs no proxy.
    here: str


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with ExitStack() as stack:
        authority = make_authority(tmp_path_factory.mktemp("authority"))
        server = stack.enter_context(serve(lambda r: reply(r, 200, b"<p>hello", Content_Type="text/html")))
        tls = stack.enter_context(tls_in_front_of(server.endpoint, authority))
        places = {"portal.corp.test:443": tls, "portal.corp.test:80": server.endpoint, "portal.other.test:443": tls}
        proxy = stack.enter_context(logging_proxy(places))
        yield Company(proxy, authority, f"http://{server.endpoint}/")


@dataclass
class Visit:
    """What came of opening some pages, one after the other, in a browser of their own."""

    said: list[str | Exception]
    arguments: str


def visit(shop: Shop, *urls: str) -> Visit:
    async def go() -> Visit:
        own, said = OwnChromium({}), []
        try:
            context = await (await own.start()).new_context()
            for url in urls:
                page = await context.new_page()
                try:
                    await page.goto(url)
                    said.append(await page.inner_text("p"))
                except PlaywrightError as error:
                    said.append(await why_not(shop, error))
            arguments = []
            for child in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    arguments += child.cmdline()
            return Visit(said, " ".join(arguments))
        finally:
            await own.close()

    return asyncio.run(go())


def test_by_the_proxy_and_past_it(company: Company, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", company.proxy.url_with_password)
    monkeypatch.setenv("NO_PROXY", ".in.test")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company.authority.ca_file))
    company.proxy.log.clear()
    well = "https://portal.corp.test/", "http://portal.corp.test/", company.here
    found = visit(
        shop, *well, "https://portal.other.test/", "https://gone.corp.test/login?token=secret", "https://a.in.test/"
    )
    assert found.said[:3] == ["hello"] * 3
    other, gone, straight = found.said[3:]
    assert isinstance(other, UntrustedError)
    assert "portal.other.test: the certificate is another host's. Found net::ERR_CERT_COMMON_NAME_INVALID" in str(other)
    assert isinstance(gone, ProxyError)
    assert f"gone.corp.test: the proxy on the way does not connect us. Found HTTP 502 from {company.proxy.url}" in str(
        gone
    )
    assert "secret" not in str(gone)
    assert isinstance(straight, PortalError)
    assert not isinstance(straight, ProxyError)
    assert "net::ERR_NAME_NOT_RESOLVED" in str(straight)
    assert "CONNECT portal.corp.test:443" in company.proxy.log
    assert not [line for line in company.proxy.log if "127.0.0.1" in line or "in.test" in line]
    assert f"--proxy-server={company.proxy.url}" in found.arguments
    assert PASSWORD not in found.arguments
    assert "p%40ss" not in found.arguments


def test_a_wrong_password_for_the_proxy(company: Company, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", company.proxy.url.replace("://", "://user:wrong-password@"))
    (said,) = visit(shop, "https://portal.corp.test/").said
    assert isinstance(said, ProxyError)
    assert said.is_final, "with wrong passwords, accounts get locked"
    assert "the proxy on the way refuses its user name or password. Found HTTP 407" in str(said)
    assert "wrong-password" not in str(said)


def test_no_password_and_no_authority(company: Company, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", company.proxy.url)
    (said,) = visit(shop, "https://portal.corp.test/").said
    assert "the proxy on the way wants a user name and a password. Found HTTP 407" in str(said)


def test_a_proxy_that_is_not_there(company: Company, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://{closed_port()}")
    said, here = visit(shop, "https://portal.corp.test/", company.here).said
    assert isinstance(said, ProxyError)
    assert not said.is_final
    assert f"the proxy on the way can't be reached. Found no connection at http://{closed_port()}" in str(said)
    assert here == "hello"


def test_whom_a_person_told_it_to_believe_stays_believed(
    company: Company, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another authority in the environment does not hide the database of the home directory."""

    by_hand, _ = read_network({"SSL_CERT_FILE": str(company.authority.ca_file)})
    (tmp_path / "other").mkdir()
    other = make_authority(tmp_path / "other").ca_file
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("HOME", str(home_believing(by_hand, tmp_path)["HOME"]))
    monkeypatch.setenv("ALL_PROXY", company.proxy.url_with_password)
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    assert visit(shop, "https://portal.corp.test/").said == ["hello"]
