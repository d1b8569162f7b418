"""Whoever goes out keeps to the network's description: by the proxy, believing the company's authority, no other way.

Scrapy and the browser do so in tests/crawl/test_company_network.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tenacity
from company_network import PASSWORD, Authority, LoggingProxy, logging_proxy, make_authority, tls_in_front_of
from faulty_http import closed_port, reply, s3_error, serve
from webhook_receiver import SECRET, TOKEN, Receiver, webhook_receiver

from sandbox.dremio import DremioDouble
from shopdata import config
from shopdata.alerts.channels import Deadline, send_message
from shopdata.alerts.message import Message
from shopdata.config import Alerts
from shopdata.exceptions import ShopdataError
from shopdata.lake.dremio import DremioClient
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.service.client import Client
from shopdata.service.options import ServiceOptions
from shopdata.sessions.checking import check_session
from shopdata.sessions.session import Session
from shopdata.store.object_store import ObjectStore

# apprise 2.2 imports it where a package of its own is missing.
pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")]

_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda seconds: None)
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as found:
        yield found


@pytest.fixture(scope="module")
def dremio() -> Iterator[DremioDouble]:
    with DremioDouble() as found:
        yield found


@pytest.fixture(scope="module")
def proxy(authority: Authority, receiver: Receiver, dremio: DremioDouble) -> Iterator[LoggingProxy]:
    """Behind it: a store, Dremio and a group chat with TLS, and a service without."""
    with ExitStack() as stack:
        store = stack.enter_context(serve(lambda request: s3_error(request, 503, "SlowDown"))).endpoint
        board = stack.enter_context(serve(lambda r: reply(r, 200, b'{"status": "ok"}'))).endpoint
        tls = {
            "store.corp.test:9000": store,
            "dremio.corp.test:443": dremio.url.removeprefix("http://"),
            "chat.corp.test:443": f"127.0.0.1:{receiver.port}",
            "portal.corp.test:443": board,
        }
        places = {name: stack.enter_context(tls_in_front_of(endpoint, authority)) for name, endpoint in tls.items()}
        places |= {"store.corp.test:9001": store, "dremio.corp.test:9047": tls["dremio.corp.test:443"]}
        places |= {"chat.corp.test:8080": tls["chat.corp.test:443"], "board.corp.test:6800": board}
        yield stack.enter_context(logging_proxy(places))


# -- the parts -------------------------------------------------------------------------------------------------------


def ask_store(scheme: str) -> str:
    settings = config.ObjectStoreSettings.model_validate(
        {
            "endpoint": "store.corp.test:9000" if scheme == "https" else "store.corp.test:9001",
            "secure": scheme == "https",
            "access_key": "key-of-the-store",
            "secret_key": "secret-of-the-store",
            "bucket": "warehouse",
            "region": "us-east-1",
            "max_tries": 1,
        }
    )
    with ObjectStore(settings) as store:
        store.list_keys("")
    return ""


def ask_dremio(scheme: str, dremio: DremioDouble) -> str:
    url = "https://dremio.corp.test" if scheme == "https" else "http://dremio.corp.test:9047"
    with closing(DremioClient(dremio.settings().model_copy(update={"url": url}))) as client:
        assert client.refresh("warehouse", "jd", "jd_store")
    return "taken"


def ask_channel(kind: str, scheme: str) -> str:
    host = "chat.corp.test" if scheme == "https" else "chat.corp.test:8080"
    url = f"https://{host}/robot/send?access_token={TOKEN}"
    if kind == "apprise":
        url = f"{'jsons' if scheme == 'https' else 'json'}://{host}/apprise/{TOKEN}"
    channel = {"name": kind, "kind": kind, "url": url, "secret": SECRET if kind == "dingtalk" else ""}
    alerts = Alerts.model_validate({"channels": [channel], "max_tries": 1})
    return send_message(alerts.channels[0], Message("一切正常", "good"), alerts, Deadline(20))


def ask_service(tmp_path: Path) -> str:
    options = ServiceOptions(tmp_path, bind="board.corp.test", username="u", password="password-of-the-board")
    return Client(options).get("daemonstatus")["status"]


def ask_portal() -> str:
    """As `scrapy sessions --check` does."""
    origin = "https://portal.corp.test"
    portal = PddPortal(login_url=f"{origin}/login/", origin=origin, download_hosts=(".corp.test",))
    shop = config.Shop.model_validate(
        {"id": "one", "name": "店", "platform": "pdd", "username": "one", "password": "password-of-one"}
    )
    return check_session(shop, portal, Session([], datetime.now(UTC)), "a browser").value


WITH_TLS = ["store", "dremio", "dingtalk", "apprise", "sessions"]
ALL = [*WITH_TLS, "plain store", "plain dremio", "plain apprise", "board"]
with_tls = pytest.mark.parametrize("ask", WITH_TLS, indirect=True)


@pytest.fixture(params=ALL)
def ask(request: pytest.FixtureRequest, dremio: DremioDouble, tmp_path: Path) -> Callable[[], str]:
    """One question of one part of the program."""
    scheme = "http" if "plain" in request.param else "https"
    match request.param.removeprefix("plain "):
        case "store":
            return lambda: ask_store(scheme)
        case "dremio":
            return lambda: ask_dremio(scheme, dremio)
        case "board":
            return lambda: ask_service(tmp_path)
        case "sessions":
            return ask_portal
        case kind:
            return lambda: ask_channel(kind, scheme)


def answer(ask: Callable[[], str]) -> str:
    """What came of it, in words."""
    try:
        said, todo = ask(), "nothing"
    except ShopdataError as error:
        said, todo = str(error), error.todo
    assert PASSWORD not in said
    assert TOKEN not in said
    assert todo
    return said


# -- what must be so -------------------------------------------------------------------------------------------------

WELL = ("taken", "errcode 0, ok", "ok", "unknown")


@pytest.mark.parametrize("authorities", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_each_goes_by_the_proxy(
    authorities: str, ask: Callable[[], str], proxy: LoggingProxy, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no other way: nobody but the proxy has an address for these names."""
    monkeypatch.setenv("ALL_PROXY", proxy.url_with_password)
    monkeypatch.setenv(authorities, str(authority.ca_file.parent if "DIR" in authorities else authority.ca_file))
    asked = len(proxy.log)
    said = answer(ask)
    assert said in WELL or "the object store is too busy" in said
    assert len(proxy.log) > asked


@with_tls
def test_an_authority_that_nobody_named(
    ask: Callable[[], str], proxy: LoggingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url_with_password)
    said = answer(ask)
    assert "proxy" not in said
    assert any(words in said for words in ("trusted connection", "certificate", "apprise says no more"))


def test_a_wrong_password_for_the_proxy(
    ask: Callable[[], str], proxy: LoggingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url.replace("://", "://user:wrong-password@"))
    said = answer(ask)
    assert f"the proxy on the way refuses its user name or password. Found HTTP 407 from {proxy.url}." in said
    # On Windows, variables are the same in any case.
    assert f"Fix them in {'ALL_PROXY' if os.name == 'posix' else 'all_proxy'}" in said
    assert "wrong-password" not in said


def test_no_password_for_the_proxy(
    ask: Callable[[], str], proxy: LoggingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    assert "the proxy on the way wants a user name and a password. Found HTTP 407" in answer(ask)


def test_a_proxy_that_is_not_there(ask: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", f"http://{closed_port()}")
    said = answer(ask)
    assert "the proxy on the way can't be reached" in said
    assert f"at http://{closed_port()}" in said
    assert "Fix all_proxy, or, if " in said


@with_tls
def test_a_host_that_the_proxy_does_not_let_us_reach(
    ask: Callable[[], str], proxy: LoggingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only with TLS does one know whose answer it is."""
    monkeypatch.setenv("ALL_PROXY", proxy.url_with_password)
    monkeypatch.setattr(proxy, "answers", 403)
    said = answer(ask)
    assert f"the proxy on the way does not connect us. Found HTTP 403 from {proxy.url}." in said
    assert "add it to NO_PROXY" in said


def test_an_exception_goes_straight(
    ask: Callable[[], str], proxy: LoggingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url_with_password)
    monkeypatch.setenv("NO_PROXY", "other.test,.corp.test")
    asked = len(proxy.log)
    said = answer(ask)
    assert "proxy" not in said
    assert said not in WELL[:-1], "nobody but the proxy has an address for it"
    assert len(proxy.log) == asked
