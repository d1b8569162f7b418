"""The life of a sandbox, its records and counters, and what it writes to point shopdata at it."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from sandbox_client import DAY, Client

from sandbox import Fault, Sandbox, SandboxOptions
from sandbox.jd.reports import LIST_PATH
from shopdata.config import load_config

MakeSandbox = Callable[..., Sandbox]


@dataclass(frozen=True)
class Before:
    """What there is without the test's own sandbox: another test's may live as long as this process."""

    temporary: Path
    threads: frozenset[threading.Thread]

    def left_behind(self) -> set[str]:
        """Threads and files that a sandbox has made since."""
        new = set(threading.enumerate()) - self.threads
        threads = {thread.name for thread in new if thread.name.startswith("shopdata-sandbox")}
        return threads | {path.name for path in self.temporary.rglob("*")}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, so that other sandboxes of this machine are not in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def before(temporary: Path) -> Before:
    return Before(temporary, frozenset(threading.enumerate()))


def test_nothing_is_left_behind(before: Before) -> None:
    with Sandbox(SandboxOptions(rows=5, report_seconds=0, empty_link_seconds=0)) as sandbox:
        client = Client(sandbox)
        client.sign_in()
        client.download()
        assert len(before.left_behind()) > 2
        origins = dict(sandbox.origins)
    assert before.left_behind() == set()
    for origin in origins.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(origin).port or 0), timeout=5)


def test_a_sandbox_that_is_never_started_can_be_stopped_and_leaves_nothing(before: Before) -> None:
    sandbox = Sandbox()
    assert len(sandbox.truth("sandbox-01", DAY).rows) == 200
    sandbox.stop()
    sandbox.stop()
    assert before.left_behind() == set()


def test_stopping_does_not_wait_for_an_answer_in_work(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox(slow_seconds=600)
    sandbox.set_fault("sandbox-01", Fault.SLOW)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in sandbox.open_session("sandbox-01"))
    connection = http.client.HTTPConnection(urlsplit(sandbox.origins["report"]).netloc, timeout=60)
    connection.request("GET", LIST_PATH, headers={"cookie": cookies})
    while not sandbox.records(host="report"):
        time.sleep(0.01)
    sandbox.stop()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()
    connection.close()
    assert sandbox.records(host="report")[0].status == 499


def test_hosts_take_consecutive_ports_from_the_base(make_sandbox: MakeSandbox) -> None:
    # Below the ports that systems hand out by themselves; the process id keeps runs side by side apart. Another
    # program may have one of them all the same: then the next ones will do.
    for base_port in range(11_000 + os.getpid() % 1600 * 12, 32_000, 12):
        with suppress(OSError):
            sandbox = make_sandbox(base_port=base_port)
            break
    ports = [urlsplit(origin).port for origin in sandbox.origins.values()]
    assert ports == list(range(base_port, base_port + len(ports)))
    jd = ["passport", "shop", "report", "gateway", "storage", "elsewhere", "ads"]
    pdd = ["mms", "mms_storage", "mms_elsewhere", "cashier"]
    assert list(sandbox.origins) == [*jd, *pdd, "control"]


def test_a_taken_port_is_an_error_and_not_a_hang(make_sandbox: MakeSandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match=r"in use|WinError 100") as refusal:
            make_sandbox(base_port=taken.getsockname()[1])
    assert refusal.value.errno in (errno.EADDRINUSE, errno.EACCES, 10048, 10013)


def test_the_control_host_is_none_of_the_portals(client: Client) -> None:
    portal_hosts = [host for host in client.sandbox.origins if host != "control"]
    assert {client.ask(client.at(host, "/state")).status for host in portal_hosts} == {404}
    assert client.ask(client.at("control", "/login/index.action")).status == 404
    assert client.sandbox.origins["control"] not in str(client.sandbox.records())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shops": 1000}, "shops is 1000; expected 0 to 999"),
        ({"pdd_shops": -1}, "pdd_shops is -1; expected 0 to 999"),
        ({"shops": 0, "pdd_shops": 0}, "both 0; expected a shop on one of the platforms"),
        ({"reviews": (5, -1)}, "reviews is \\(5, -1\\); expected 0 or more, or several"),
        ({"goods": ()}, "goods is \\(\\); expected"),
        ({"messages_per_conversation": 0}, "messages_per_conversation is 0; expected 1 to 20000"),
        ({"rows": 2_000_000}, "rows is 2000000"),
        ({"form": "newest"}, "form is 'newest'; expected one of old, new, mixed"),
        ({"report_seconds": -1}, "report_seconds is -1; expected 0 or more"),
        ({"requests_per_second": 0}, "requests_per_second is 0; expected more than 0"),
        ({"base_port": 80}, "base_port is 80"),
    ],
    ids=[
        "shops",
        "pdd-shops",
        "no-shops",
        "reviews",
        "goods",
        "messages",
        "rows",
        "form",
        "report-seconds",
        "pace",
        "port",
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SandboxOptions(**options)


def test_records_say_who_asked_what_in_order(client: Client) -> None:
    client.create()
    client.entries()
    facts = [(record.host, record.method, record.path, record.status) for record in client.sandbox.records()]
    assert facts == [
        ("passport", "GET", "/login/index.action", 200),
        ("passport", "POST", "/uc/loginService", 200),
        ("gateway", "POST", facts[2][2], 200),
        ("report", "GET", LIST_PATH, 200),
    ]
    records = client.sandbox.records("sandbox-01")
    assert [record.number for record in client.sandbox.records()] == [1, 2, 3, 4]
    assert [record.started for record in records] == sorted(record.started for record in records)
    assert {record.account for record in records} == {"sandbox-jd-01"}
    assert (records[-1].user_agent, records[-1].query_keys) == ("sandbox-test", ("uuid",))
    assert records[-1].at.tzinfo is not None
    assert client.sandbox.records("sandbox-02") == []
    assert [record.number for record in client.sandbox.records(after=3)] == [4]


def test_counters_see_what_runs_at_one_time_and_how_close_calls_follow(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox(slow_seconds=5)
    clients = [Client(sandbox) for _ in range(3)]
    for client, shop_id in zip(clients, ("sandbox-01", "sandbox-01", "sandbox-02"), strict=True):
        client.sign_in(shop_id)
    sandbox.set_fault("*", Fault.SLOW)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Client.entries, clients))
    counters = sandbox.counters()
    assert counters.peak_by_shop == {"sandbox-01": 2, "sandbox-02": 1}
    assert counters.peak == 3
    assert counters.requests == {"sandbox-01": 2, "sandbox-02": 1}
    assert set(counters.min_gap_seconds) == {"sandbox-01"}
    assert 0 <= counters.min_gap_seconds["sandbox-01"] < 5


def test_calls_one_after_another_never_overlap(client: Client) -> None:
    link = client.link()
    for _ in range(20):
        assert client.ask(link).status == 200
        client.entries()
    assert client.sandbox.counters().peak_by_shop == {"sandbox-01": 1}
    assert client.sandbox.counters().downloads == {"sandbox-01": 20}


def test_clear_records_forgets_sums_too(client: Client) -> None:
    client.create()
    client.sandbox.clear_records()
    assert client.sandbox.records() == []
    assert client.sandbox.counters().jobs == {}
    client.entries()
    assert client.sandbox.counters().requests == {"sandbox-01": 1}


def test_prepare_makes_the_files_of_every_shop(temporary: Path, sandbox: Sandbox) -> None:
    sandbox.prepare(DAY)
    made = set(temporary.rglob("*.xlsx"))
    assert len(made) == 3
    client = Client(sandbox)
    client.sign_in("sandbox-03")
    client.download()
    assert set(temporary.rglob("*.xlsx")) == made


def test_the_written_configuration_is_one_that_shopdata_reads(sandbox: Sandbox, tmp_path: Path) -> None:
    store = dict.fromkeys(("SHOPDATA_S3_ENDPOINT", "SHOPDATA_S3_ACCESS_KEY", "SHOPDATA_S3_SECRET_KEY"), "localhost:1")
    config = load_config(sandbox.write_config(tmp_path / "config"), sandbox.environment() | store)
    assert [shop.id for shop in config.shops] == ["sandbox-01", "sandbox-02", "sandbox-03", "pdd-01", "pdd-02"]
    assert [shop.name for shop in config.shops] == [shop.name for shop in sandbox.shops]
    assert config.shops[1].password.get_secret_value() == "sandbox-password-02"
    assert config.portals["jd"] is not None
    assert config.portals["jd"].report_origin == sandbox.origins["report"]
    assert config.portals["jd"].allows_download(sandbox.origins["storage"] + "/file")
    assert not config.portals["jd"].allows_download(sandbox.origins["elsewhere"] + "/file")
    assert config.portals["pdd"] is not None
    assert config.portals["pdd"].login_url == sandbox.origins["mms"] + "/login/"
    assert config.portals["pdd"].allows_download(sandbox.origins["mms_storage"] + "/file")
    assert not config.portals["pdd"].allows_download(sandbox.origins["mms_elsewhere"] + "/file")


@pytest.mark.parametrize(
    ("options", "platform"), [({"pdd_shops": 0}, "jd"), ({"shops": 0}, "pdd")], ids=["jd-only", "pdd-only"]
)
def test_a_platform_without_shops_is_not_in_the_configuration(
    make_sandbox: MakeSandbox, tmp_path: Path, options: dict[str, Any], platform: str
) -> None:
    make_sandbox(**options).write_config(tmp_path)
    written = {name: yaml.safe_load((tmp_path / f"{name}.yaml").read_text("utf-8")) for name in ("portals", "schedule")}
    assert list(written["portals"]) == [platform]
    assert all(job["name"].startswith(platform) for job in written["schedule"]["jobs"])


def test_the_written_files_hold_no_password(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.write_config(tmp_path)
    for path in tmp_path.rglob("*.yaml"):
        assert "sandbox-password" not in path.read_text(encoding="utf-8")
    shops = yaml.safe_load((tmp_path / "shops.yaml").read_text(encoding="utf-8"))["shops"]
    assert shops[0] == {
        "id": "sandbox-01",
        "name": "回力京东旗舰店",
        "platform": "jd",
        "username": "${SANDBOX_01_USERNAME}",
        "password": "${SANDBOX_01_PASSWORD}",
    }
    assert (tmp_path / "datasets" / "jd_store.yaml").is_file()
