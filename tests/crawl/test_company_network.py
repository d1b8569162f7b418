"""A crawl in a company's network: hosts that only the proxy knows, certificates that only the company vouches for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

import pytest
import yaml
from company_network import PASSWORD, LoggingProxy, logging_proxy, make_authority, tls_in_front_of
from webhook_receiver import SECRET, TOKEN, Receiver, webhook_receiver
from workplace import Run, Workplace

from sandbox.dremio import DremioDouble

pytestmark = [pytest.mark.browser, pytest.mark.services, pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")]

DAY = date(2026, 3, 1)


@dataclass
class Story:
    """A run that was told of the company's authority, one that was not, and one with a wrong password for the proxy."""

    place: Workplace
    proxy: LoggingProxy
    dremio: DremioDouble
    receiver: Receiver
    well: Run
    asked_when_well: list[str]
    ill: Run
    asked_when_ill: list[str]
    refused: Run


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with ExitStack() as stack:
        authority = make_authority(tmp_path_factory.mktemp("authority"))
        dremio = stack.enter_context(DremioDouble(bucket="warehouse", token_only=True))
        receiver = stack.enter_context(webhook_receiver())
        place = make_workplace(pdd_shops=1)
        behind = {
            "portal.corp.test:443": place.sandbox.origins["mms"].removeprefix("http://"),
            "store.corp.test:9000": place.store.endpoint,
            "dremio.corp.test:9047": dremio.url.removeprefix("http://"),
            "chat.corp.test:443": f"127.0.0.1:{receiver.port}",
        }
        places = {name: stack.enter_context(tls_in_front_of(endpoint, authority)) for name, endpoint in behind.items()}
        proxy = stack.enter_context(logging_proxy(places))
        configure(place)
        place.variables |= {
            "HTTPS_PROXY": proxy.url_with_password,
            "HTTP_PROXY": proxy.url_with_password,
            "SSL_CERT_FILE": str(authority.ca_file),
            "SHOPDATA_S3_ENDPOINT": "store.corp.test:9000",
            "SHOPDATA_DREMIO_TOKEN": dremio.token,
        }
        runs: list[tuple[Run, list[str]]] = []
        for arguments, variables in (
            ((f"date={DAY}",), {}),
            (("start=2026-02-01", "end=2026-02-02"), {"SSL_CERT_FILE": None, "SHOPDATA_STATE_DIR": "other"}),
            (("date=2026-02-03",), {"HTTPS_PROXY": proxy.url.replace("://", "://user:wrong-password@")}),
        ):
            proxy.log.clear()
            command = [part for argument in arguments for part in ("-a", argument)]
            runs.append((place.scrapy("crawl", "pdd_badscore", *command, **variables), list(proxy.log)))
        (well, asked_when_well), (ill, asked_when_ill), (refused, _) = runs
        yield Story(place, proxy, dremio, receiver, well, asked_when_well, ill, asked_when_ill, refused)


def configure(place: Workplace) -> None:
    """As an operator would write it: names, and no addresses of this machine."""

    def portals(file: dict[str, dict[str, object]]) -> None:
        path = str(file["pdd"]["login_url"]).partition("/login")[1:]
        file["pdd"].update(origin="https://portal.corp.test", login_url="https://portal.corp.test" + "".join(path))

    def lake(file: dict[str, dict[str, object]]) -> None:
        file["object_store"].update(secure=True, region="us-east-1")
        file["dremio"].update(url="https://dremio.corp.test:9047", username="", password="")
        file["dremio"].update(token="${SHOPDATA_DREMIO_TOKEN}", path="warehouse/ods/{platform}/{dataset}")

    place.edit("portals.yaml", portals)
    place.edit("lake.yaml", lake)
    channels = [
        {
            "name": "group",
            "kind": "dingtalk",
            "url": f"https://chat.corp.test/robot/send?access_token={TOKEN}",
            "secret": SECRET,
        },
        {"name": "other", "kind": "apprise", "url": f"jsons://chat.corp.test/apprise/{TOKEN}"},
    ]
    alerts = {"channels": channels, "max_tries": 1}
    (place.config_dir / "alerts.yaml").write_text(yaml.safe_dump(alerts), "utf-8")


def test_all_went_well(story: Story) -> None:
    assert story.well.code == 0, story.well.text
    assert f"ods/pdd/pdd_badscore/dt={DAY}/pdd_badscore.parquet" in story.place.stored_keys()
    assert story.dremio.refreshed == [("minio", "warehouse", "ods", "pdd", "pdd_badscore")]
    assert [kind for kind, _ in story.receiver.taken[:2]] == ["dingtalk", "apprise"]


def test_each_part_went_by_the_proxy(story: Story) -> None:
    """And by nothing else: nobody but the proxy has an address for these names."""
    # Chromium may look for its maker too.
    assert {line for line in story.asked_when_well if "google" not in line and "gstatic" not in line} == {
        "CONNECT portal.corp.test:443",
        "CONNECT store.corp.test:9000",
        "CONNECT dremio.corp.test:9047",
        "CONNECT chat.corp.test:443",
    }
    # The browser and Scrapy, each on its own; DingTalk and apprise.
    assert story.asked_when_well.count("CONNECT portal.corp.test:443") >= 2
    assert story.asked_when_well.count("CONNECT chat.corp.test:443") >= 2


def test_a_certificate_of_nobody_is_told_once_and_not_asked_again(story: Story) -> None:
    assert story.ill.code == 1
    sentence = (
        "portal.corp.test: the certificate is from nobody whom we believe. Found net::ERR_CERT_AUTHORITY_INVALID."
    )
    assert sentence in story.ill.text
    assert "point SSL_CERT_FILE at its root certificate" in story.ill.text
    assert "login_url" not in story.ill.text
    assert story.ill.text.count("pdd-01: signing in\n") == 1, "two days, one look"
    assert "CONNECT portal.corp.test:443" in story.asked_when_ill


def test_a_wrong_password_for_the_proxy_is_told_as_such(story: Story) -> None:
    """With the session of the first run, so that Scrapy is the first who asks."""
    assert story.refused.code == 1
    cell = "portal.corp.test: the proxy on the way refuses its user name or password. Found HTTP 407 from http://127."
    assert cell in story.refused.text
    assert "signing in" not in story.refused.text
    assert "Asking again" not in story.refused.text, "with wrong passwords, accounts get locked"
    assert "Fix them in HTTPS_PROXY" in story.refused.text
    assert "wrong-password" not in story.refused.text


def test_the_proxys_password_is_nowhere(story: Story) -> None:
    for text in (PASSWORD, "p%40ss", TOKEN):
        assert text not in story.place.texts()
    written = [path for path in story.place.state_dir.rglob("*") if path.is_file()]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes() or b"p%40ss" in path.read_bytes()]
