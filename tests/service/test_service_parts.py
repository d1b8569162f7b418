"""The service's smaller parts, each by itself."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import yaml
from by_hand.jd_store import JdStoreSpider
from prometheus_client.metrics_core import Metric

from shopdata.config import Job, Schedule, load_config
from shopdata.exceptions import ArgumentError, UsageError
from shopdata.ledger import CellKey, Ledger, PartitionRecord
from shopdata.ledger.owner import mark_of
from shopdata.periods import SHANGHAI
from shopdata.service import units
from shopdata.service.background import StartError, find_daemon, start, stop
from shopdata.service.cleaner import clean_logs, cut_log
from shopdata.service.client import Client, ServiceError
from shopdata.service.control import Disk
from shopdata.service.crawls import Crawl, Crawls, key_of
from shopdata.service.daemon import _Log
from shopdata.service.deploy import DeployError, build_egg
from shopdata.service.inside import Inside
from shopdata.service.log_view import find_log, lines, service_log
from shopdata.service.metrics import ServiceMetrics
from shopdata.service.options import ServiceOptions
from shopdata.service.overview import _from_inside, _runs, overview
from shopdata.service.schedule_file import ScheduleFile
from shopdata.wording import Texts
from shopdata.workspace import Workspace

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 1, 8, tzinfo=SHANGHAI)
SHIPPED = ROOT / "pipelines_config"
SHIPPED_NEEDS = {
    "JD_FLAGSHIP_USERNAME": "fake",
    "JD_FLAGSHIP_PASSWORD": "fake",
    "SHOPDATA_S3_ENDPOINT": "127.0.0.1:9",
    "SHOPDATA_S3_ACCESS_KEY": "fake",
    "SHOPDATA_S3_SECRET_KEY": "fake",
}
JD_ONLY: Any = SimpleNamespace(list=lambda: ["jd_store"], load=lambda name: JdStoreSpider)


@pytest.fixture
def options(tmp_path: Path) -> ServiceOptions:
    return ServiceOptions(state_dir=tmp_path)


# -- settings ------------------------------------------------------------------------------------------------------


def read_options(**changes: str) -> ServiceOptions:
    names = ("PORT", "BIND", "USERNAME", "PASSWORD", "HOSTS", "NOW")
    settings: dict[str, object] = {f"SHOPDATA_SERVICE_{name}": None for name in names}
    settings |= {"SHOPDATA_SERVICE_PORT": 6800, "SHOPDATA_SERVICE_BIND": "127.0.0.1"}
    settings |= {
        "SHOPDATA_STATE_DIR": "state",
        "SHOPDATA_SHOPS_AT_ONCE": 8,
        "SHOPDATA_LOGINS_AT_ONCE": 4,
        "SHOPDATA_WORKERS": 1,
        "SHOPDATA_KEEP_TABLES_DAYS": 7,
    }
    from shopdata import settings as ours

    defaults = {name: value for name, value in vars(ours).items() if name.startswith("SHOPDATA_")}
    return ServiceOptions.from_settings(defaults | settings | {f"SHOPDATA_SERVICE_{k}": v for k, v in changes.items()})


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_password_of_ones_own(bind: str) -> None:
    assert read_options(BIND=bind).bind == bind


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.168.0.7", "myhost"])
def test_elsewhere_needs_one(bind: str) -> None:
    with pytest.raises(UsageError, match=r"SHOPDATA_SERVICE_BIND.*SHOPDATA_SERVICE_PASSWORD"):
        read_options(BIND=bind)
    options = read_options(BIND=bind, USERNAME="someone", PASSWORD="fake-pass-word")
    assert options.credentials() == ("someone", "fake-pass-word")
    assert "fake-pass-word" not in repr(options)


@pytest.mark.parametrize(
    "changes",
    [
        {"USERNAME": "someone"},
        {"PASSWORD": "x"},
        {"USERNAME": "a:b", "PASSWORD": "x"},
        {"PORT": "99999"},
        {"NOW": "soon"},
        {"HOSTS": "https://board.example.com"},
    ],
)
def test_settings_that_cannot_be(changes: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="SHOPDATA_SERVICE_"):
        read_options(**changes)


@pytest.mark.parametrize(
    "changes", [{"BIND": "0.0.0.0"}, {"BIND": "192.168.0.7"}, {"HOSTS": "board.example.com"}, {"HOSTS": ".example.com"}]
)
def test_a_weak_password_where_others_reach_it(changes: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"SHOPDATA_SERVICE_PASSWORD: .* too weak .*token_urlsafe") as caught:
        read_options(USERNAME="a", PASSWORD="fake-weak", **changes)
    assert "fake-weak" not in str(caught.value)
    assert read_options(USERNAME="a", PASSWORD="fake-weak", HOSTS="localhost").hosts == ("localhost",)
    assert read_options(USERNAME="a", PASSWORD="fake-pass-word", **changes).username == "a"


def test_a_password_is_made_once(options: ServiceOptions) -> None:
    name, password = options.credentials()
    assert (name, len(password) > 20) == ("shopdata", True)
    assert options.credentials() == (name, password)
    if os.name != "nt":
        assert options.password_file.stat().st_mode & 0o777 == 0o600


# -- crawls --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()", "_job=r-unregistered"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_a_crawl_is_its_pid_and_its_start_time(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    mark = mark_of(sleeper.pid)
    crawl = Crawl(job="r1", project="shopdata", spider="jd_store", pid=sleeper.pid, mark=mark, started_at=NOW)
    another = Crawl(**(vars(crawl) | {"job": "r2", "mark": mark_of(os.getpid())}))
    unnoted = Crawl(job="r-unregistered", project="shopdata", spider="jd_store", started_at=NOW)
    crawls = Crawls(tmp_path)
    for one in (crawl, another, unnoted):
        crawls.put(one)
    found = {one.job: one.process() for one in crawls.open()}
    assert found["r2"] is None, "another program has got the pid since"
    assert {process.pid for job, process in found.items() if process and job != "r2"} == {sleeper.pid}
    sleeper.kill()
    sleeper.wait()
    assert [one.process() for one in crawls.open()] == [None, None, None]
    crawls.end("r1", 1)
    assert [one.job for one in crawls.open()] == ["r2", "r-unregistered"]
    (ended,) = crawls.latest(5)
    assert (ended.job, ended.exit_code) == ("r1", 1)


def test_the_same_work_has_the_same_key() -> None:
    key = key_of("shopdata", "jd_store", {"date": "2026-03-01", "shops": "a"})
    assert key == key_of("shopdata", "jd_store", {"shops": "a", "_job": "r7", "date": "2026-03-01"})
    assert key != key_of("shopdata", "jd_store", {"date": "2026-03-02", "shops": "a"})


def test_a_pid_file_of_yore(options: ServiceOptions) -> None:
    options.folder.mkdir(parents=True)
    assert find_daemon(options) is None
    me = psutil.Process()
    for text, is_found in (
        (f"{me.pid}\n{mark_of(me.pid)}\n", True),
        (f"{me.pid}\n1{mark_of(me.pid)}\n", False),
        # As an earlier version has it, which an upgrade finds running.
        (f"{me.pid}\n{me.create_time()}\n", True),
        (f"{me.pid}\n1.0\n", False),
        ("", False),
        ("x\n", False),
    ):
        options.pid_file.write_text(text)
        assert (find_daemon(options) is not None) == is_found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="psutil counts otherwise elsewhere")
def test_a_wall_clock_that_is_set(
    options: ServiceOptions, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that starts the service before it has asked for the time."""
    options.folder.mkdir(parents=True)
    options.pid_file.write_text(f"{sleeper.pid}\n{mark_of(sleeper.pid)}\n")
    crawl = Crawl(
        job="r1", project="shopdata", spider="jd_store", pid=sleeper.pid, mark=mark_of(sleeper.pid), started_at=NOW
    )
    before = psutil.Process(sleeper.pid).create_time()
    boot_time = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot_time + 60)
    assert psutil.Process(sleeper.pid).create_time() == pytest.approx(before + 60, abs=1)
    assert find_daemon(options) is not None
    assert crawl.process() is not None


def test_another_program_on_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StartError, match=rf"127\.0\.0\.1:{port}: .*SHOPDATA_SERVICE_PORT"):
            start(ServiceOptions(state_dir=tmp_path, port=port), {})


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"192\.0\.2\.1:6800: .*SHOPDATA_SERVICE_BIND"):
        start(ServiceOptions(state_dir=tmp_path, bind="192.0.2.1"), {})


def test_stopping_what_is_not_up(options: ServiceOptions) -> None:
    assert stop(options, "wait", print) is False


# -- logs ----------------------------------------------------------------------------------------------------------


def test_logs_go_by_age_and_size(tmp_path: Path) -> None:
    now = psutil.time.time()
    for name, days, size in (("old", 100, 10), ("big", 3, 600), ("mid", 2, 300), ("new", 1, 300), ("runs", 99, 10)):
        path = tmp_path / "shopdata" / "jd_store" / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        os.utime(path, (now - days * 86400,) * 2)
    assert clean_logs(tmp_path, {"runs.log"}, keep_days=90, keep_bytes=700) == 2
    assert sorted(path.stem for path in tmp_path.rglob("*.log")) == ["mid", "new", "runs"]


def test_a_log_that_does_not_end_is_cut_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    with path.open("a", newline="\n") as writing:
        writing.write("begin\n" + "again and again\n" * 100)
        writing.flush()
        assert cut_log(path, most_bytes=1000, kept_bytes=6)
        writing.write("then\n")
        writing.flush()
        assert path.read_text() == "begin\n\n[the log was longer than 1000 bytes: what stood here is gone]\nthen\n"
        assert not cut_log(path, most_bytes=1000, kept_bytes=6)


def test_which_log_is_meant(options: ServiceOptions) -> None:
    folder = options.logs / "shopdata" / "jd_store"
    folder.mkdir(parents=True)
    for number, name in enumerate(("20260301T003000Z-1a2b3c", "20260302T003000Z-4d5e6f")):
        (folder / f"{name}.log").write_text(f"{name}\nsecond line\n")
        os.utime(folder / f"{name}.log", (number, number))
    for wanted in ("20260301T003000Z-1a2b3c", "1a2b3c", "20260301"):
        path = find_log(options, wanted).path
        assert path is not None
        assert list(lines(path, follow=False)) == ["20260301T003000Z-1a2b3c", "second line"]
    assert find_log(options, "jd_store").job == "20260302T003000Z-4d5e6f"
    with pytest.raises(ArgumentError, match="several logs fit '2026'"):
        find_log(options, "2026")
    with pytest.raises(ArgumentError, match="no log of nothing"):
        find_log(options, "nothing")
    with pytest.raises(ArgumentError, match="no log of the service"):
        service_log(options)


# -- what is generated and documented ------------------------------------------------------------------------------


def test_an_egg_that_can_not_be_built(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder in ("shopdata", "pipelines_config"):
        (source / folder).mkdir(parents=True)
    (source / "setup.py").write_text("raise SystemExit('this setup is half-edited')")
    with pytest.raises(DeployError, match="half-edited"):
        build_egg(source, tmp_path)


def test_nobody_answers(options: ServiceOptions) -> None:
    client = Client(ServiceOptions(state_dir=options.state_dir, port=9))
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:9/service\.json: the service does not answer"):
        client.get("service")


def test_a_password_that_has_changed_since_the_start(options: ServiceOptions) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(ServiceOptions(state_dir=options.state_dir, port=server.server_port))
        with pytest.raises(ServiceError, match=r"another user name or password.*SERVICE_PASSWORD.*service restart"):
            client.get("service")
        server.shutdown()


def test_what_failed_last(options: ServiceOptions) -> None:
    crawls = Crawls(options.folder)
    for job in ("done", "short", "killed"):
        crawls.put(Crawl(job=job, project="shopdata", spider="jd_store", started_at=NOW))
        crawls.end(job, None)  # reattached: nobody sees how it ends
    with Ledger.at(options.state_dir) as ledger:
        for job, outcome in (("done", "complete"), ("short", "incomplete")):
            ledger.start_run(job, "jd_store", {})
            ledger.finish_run(job, outcome, {"failed": 1} if outcome == "incomplete" else {"published": 1})
        is_up, said = overview(Texts("en"), options, lambda: ledger)
    text = "\n".join(said)
    assert not is_up
    assert "run short: incomplete: 1 failed" in text
    assert "run killed: it ended with nobody there to see it" in text
    assert "run done" not in text


def test_how_crawls_ended_of_which_the_ledger_does_not_know(options: ServiceOptions) -> None:
    crawls = Crawls(options.folder)
    for exit_code, job in ((2, "refused"), (-9, "shot"), (1, "crashed"), (2, "late")):
        crawls.put(Crawl(job=job, project="shopdata", spider="jd_store", arguments={"due": "1"}, started_at=NOW))
        crawls.end(job, exit_code)
    log = options.logs / "shopdata" / "jd_store" / "refused.log"
    log.parent.mkdir(parents=True)
    sentence = "shops.yaml: no enabled shop has the dataset 'jd_store'. \x1b[31mEnable one."
    log.write_text(f"2026-03-01 08:00:00+08:00 INFO    Scrapy started\n{sentence}\n", "utf-8")
    with Ledger.at(options.state_dir) as ledger:
        ledger.start_run("late", "jd_store", {})
        text = "\n".join(overview(Texts("en"), options, lambda: ledger)[1])
    assert (
        "jd_store due=1, run refused: refused before anything was asked (exit code 2). shops.yaml: no enabled" in text
    )
    assert "\x1b" not in text
    assert "run shot: killed (signal 9)" in text
    assert "run crashed: exit code 1; see `scrapy service log crashed`" in text
    assert "run late: exit code 2; see" in text, "its arguments were taken: the ledger has the run"


def test_a_service_log_that_is_held_open_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows gives no other name to a file that somebody reads."""
    log = _Log(tmp_path / "service.log", maxBytes=200, backupCount=2, encoding="utf-8")
    rename, tried = os.rename, []

    def refuse(*names: str) -> None:
        tried.append(names)
        raise PermissionError(13, "Permission denied")

    with contextlib.closing(log), monkeypatch.context() as held:
        held.setattr(os, "rename", refuse)
        for number in range(20):
            log.emit(logging.LogRecord("x", 20, "", 0, f"line {number} 店铺 {'.' * 30}", None, None))
        assert len(tried) == 1, "not for each line"
        held.setattr(os, "rename", rename)
        log._not_before = 0
        log.emit(logging.LogRecord("x", 20, "", 0, "last", None, None))
    assert (tmp_path / "service.log").read_text("utf-8") == "last\n"
    assert len((tmp_path / "service.log.1").read_text("utf-8").splitlines()) == 20


@pytest.mark.cold
def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = os.environ | {"SHOPDATA_STATE_DIR": str(tmp_path), "SHOPDATA_CONFIG_DIR": "pipelines_config"}
    command = [sys.executable, "-m", "scrapy", "service", "status"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, ""), "it is not up, whoever reads that"


@pytest.mark.parametrize(
    ("dts", "shops", "said"),
    [
        (["2026-03-01", "2026-13-45"], [], r"this is not a date\. Found '2026-13-45'"),
        (["2026-03-01_2026-03-07"], [], "invalid day"),
        (["2026-03-01"], ["flagship", "flagshp"], r"no enabled shop 'flagshp' .*Did you mean 'flagship'\?"),
    ],
    ids=["no day", "a week of a daily dataset", "no shop"],
)
def test_what_a_button_may_not_ask_for(
    options: ServiceOptions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dts: list[str],
    shops: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("SHOPDATA_CONFIG_DIR", str(SHIPPED))
    for name, value in SHIPPED_NEEDS.items():
        monkeypatch.setenv(name, value)
    inside = Inside(options, Workspace(tmp_path), ScheduleFile(tmp_path), JD_ONLY)
    with pytest.raises(ArgumentError, match=said):
        inside.collect("jd_store", dts, shops)


def test_a_job_of_a_spider_that_is_not_there(options: ServiceOptions, tmp_path: Path) -> None:
    entries = (
        Job(name="daily", spider="jd_store", cron="30 8 * * *"),
        Job(name="new", spider="tb", cron="0 9 * * *"),
        Job(name="typo", spider="jd_store", cron="0 9 * * *", args={"data": "x"}),
        Job(name="value", spider="jd_store", cron="0 9 * * *", args={"shops": "flagship,flagshp"}),
    )
    config = load_config(SHIPPED, SHIPPED_NEEDS)
    file = SimpleNamespace(schedule=Schedule(jobs=entries), problem="", config=config)
    inside = Inside(options, Workspace(tmp_path), file, JD_ONLY)  # type: ignore[arg-type]
    assert inside.schedule_problem().startswith(
        "schedule.yaml: job 'new' can't run: there is no spider 'tb'. Fix its name"
    )
    assert "job 'typo' can't run: spider 'jd_store' has no argument 'data'." in inside.schedule_problem()
    assert "job 'value' can't run: -a shops: no enabled shop 'flagshp'" in inside.schedule_problem()
    file.problem = "schedule.yaml:3: this is not YAML."
    assert inside.schedule_problem().startswith("The last good schedule goes on")
    assert inside.schedule_problem().endswith(file.problem)


def test_the_compose_file() -> None:
    content = yaml.safe_load(units.compose_file())
    service = content["services"]["shopdata"]
    assert set(content["services"]) == {"shopdata", "ledger", "store"}
    assert service["environment"]["SHOPDATA_DATABASE_URL"].startswith("postgresql+psycopg://")
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert set(service["depends_on"]) == {"ledger", "store"}
    copied = re.findall(r"^COPY (.+) \S+$", service["build"]["dockerfile_inline"], flags=re.MULTILINE)
    assert all((ROOT / name).exists() for names in copied for name in names.split())


def test_the_compose_file_of_several_nodes() -> None:
    text = units.compose_file(3)
    content = yaml.safe_load(text)
    nodes = {name: service for name, service in content["services"].items() if name != "ledger"}
    assert list(nodes) == ["node1", "node2", "node3"]
    # Each has a disk and an address of its own, and all else is the same.
    assert len({service["volumes"][0] for service in nodes.values()}) == 3
    assert {service["ports"][0] for service in nodes.values()} == {f"127.0.0.1:680{n}:6800" for n in range(3)}
    assert set(content["volumes"]) == {"ledger", "state1", "state2", "state3"}
    own = {"hostname", "volumes", "ports"}
    shared = [{name: value for name, value in service.items() if name not in own} for service in nodes.values()]
    assert shared[0] == shared[1] == shared[2]
    assert shared[0]["build"] == yaml.safe_load(units.compose_file())["services"]["shopdata"]["build"]
    # The key is no variable, and stands in no file that is printed.
    given = shared[0]["environment"]
    assert "SHOPDATA_SECRET_KEY" not in given
    assert given["SHOPDATA_SECRET_KEY_FILE"] == f"/run/secrets/{shared[0]['secrets'][0]}"
    assert set(content["secrets"]) == set(shared[0]["secrets"])
    assert not [name for name in given if name.startswith("SHOPDATA_S3")], "these are in the file of variables"
    assert shared[0]["env_file"] == [".env"]
    assert "@" not in re.sub(r"\$\{[^}]*\}@\$", "", text), "a line was not filled in"


@pytest.mark.skipif(os.name != "posix", reason="systemd has paths of Linux")
def test_the_unit_of_several_nodes(tmp_path: Path) -> None:
    options = ServiceOptions(state_dir=tmp_path / "my state")
    one, several = (units.systemd_unit(tmp_path, options, nodes) for nodes in (1, 2))
    assert "enable --now shopdata@1 shopdata@2\n" in several
    assert f"PIDFile={tmp_path}/my state-%i/service/service.pid\n" in several
    own = f"Environment=SHOPDATA_STATE_DIR={tmp_path}/my\\x20state-%i\nEnvironment=SHOPDATA_SERVICE_PORT=680%i\n"
    assert own in several
    assert "%i" not in one


@pytest.mark.skipif(os.name != "posix", reason="systemd has paths of Linux")
def test_the_unit(tmp_path: Path) -> None:
    unit = units.systemd_unit(tmp_path / "100% mine", ServiceOptions(state_dir=tmp_path / "my state"))
    # One path to the end of the line: systemd takes blanks as they are, and escapes for letters of the name.
    assert f"WorkingDirectory={tmp_path}/100%% mine\n" in unit
    assert f"EnvironmentFile=-{tmp_path}/100%% mine/.env\n" in unit
    assert f"PIDFile={tmp_path}/my state/service/service.pid\n" in unit
    # A list of words.
    assert f"Environment=SHOPDATA_STATE_DIR={tmp_path}/my\\x20state\n" in unit
    assert "KillMode=process" in unit


@pytest.mark.skipif(not Path("/usr/bin/systemd-analyze").exists(), reason="needs systemd-analyze")
@pytest.mark.parametrize("nodes", [1, 2])
def test_the_unit_is_what_systemd_expects(tmp_path: Path, nodes: int) -> None:
    path = tmp_path / f"shopdata{'@1' if nodes > 1 else ''}.service"
    path.write_text(units.systemd_unit(ROOT, ServiceOptions(state_dir=tmp_path), nodes))
    verified = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def measured(tmp_path: Path) -> list[Metric]:
    disk = Disk(state=1, logs=1, free=1, total=1)
    due = SimpleNamespace(job="daily", is_paused=False, next_at=NOW)
    with Ledger.at(tmp_path) as ledger:
        inside = SimpleNamespace(
            workspace=SimpleNamespace(ledger=ledger),
            datasets=("jd_store",),
            jobs=list,
            next_due=lambda: [due],
            schedule_problem=lambda: "",
            started_at=lambda: NOW,
            disk=lambda: disk,
            options=ServiceOptions(state_dir=tmp_path),
        )
        return list(ServiceMetrics(inside).collect())  # type: ignore[arg-type]


def metric_names(tmp_path: Path) -> set[str]:
    metrics = measured(tmp_path)
    return {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in metrics}


def test_a_dataset_that_was_published_long_ago_still_has_its_time(tmp_path: Path) -> None:
    with Ledger.at(tmp_path) as ledger:
        record = PartitionRecord(
            dataset="jd_store",
            dt="2026-03-01",
            platform="jd",
            rows=1,
            published=1,
            missing=(),
            run_id="r",
            receipt_key="k",
            parquet_sha256="p",
            workbook_sha256="w",
            published_at=NOW,
            columns=("shop",),
        )
        ledger.add_cells("jd", [CellKey("jd_store", f"2026-03-{day:02d}", "one") for day in range(1, 20)])
        ledger.publish(record, {})
    (success,) = (metric for metric in measured(tmp_path) if metric.name == "shopdata_last_success_timestamp_seconds")
    assert [sample.value for sample in success.samples] == [NOW.timestamp()]


def test_an_alert_waits_or_looks_back() -> None:
    rules = yaml.safe_load((ROOT / "docs" / "prometheus-alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    for rule in rules:
        # min_over_time takes the one sample that there is after a start for hours.
        assert "min_over_time" not in rule["expr"]
        assert "for" in rule or "increase(" in rule["expr"]
        if "humanize1024" in rule["annotations"]["summary"]:
            # The value is that of the left side: bytes, and no share of them.
            assert all(re.match(r"shopdata_\w+_bytes <", part) for part in rule["expr"].split(" or "))


@pytest.mark.parametrize("file", ["prometheus-alerts.yaml", "grafana-dashboard.json"])
def test_every_metric_that_is_looked_at_exists(file: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / file).read_text("utf-8")
    content = yaml.safe_load(text) if file.endswith("yaml") else json.loads(text)
    expressions = re.findall(r"['\"]expr['\"]: ['\"](.+?)['\"][,}]", str(content))
    assert len(expressions) > 5
    used = set(re.findall(r"\bshopdata_\w+", " ".join(expressions)))
    assert used
    assert used <= metric_names(tmp_path)
    told = set(re.findall(r"`(shopdata_\w+)", (ROOT / "docs" / "operate.md").read_text("utf-8")))
    assert told == metric_names(tmp_path)


def test_a_running_service_is_told_in_the_readers_language() -> None:
    skipped = {"job": "daily", "next_at": None, "is_paused": True, "is_enabled": True, "last_state": "skipped",
               "last_at": "2026-03-01T08:30:00+08:00", "last_note": "run r-1 of the same job still waits",
               "last_reasons": [{"code": "waits", "params": {"run": "r-1"}, "reason": ""}]}  # fmt: skip
    disk = dict.fromkeys(("state", "logs", "free", "total"), 1000)
    about = {"is_stopping": False, "is_rehearsal": False, "is_deployed": True, "problem": "", "running": [],
             "pending": [], "jobs": [skipped], "disk": disk}  # fmt: skip
    assert list(_from_inside(Texts("zh"), about)) == [
        "  运行中        没有",
        "  不运行        daily：已暂停",
        "  跳过          03-01 08:30 daily：同一任务的运行 r-1 还在排队",
        "  磁盘          状态目录 1.0 KB，其中日志 1.0 KB；共 1.0 KB，剩余 1.0 KB",
    ]
    # A service of an earlier version has but the sentence.
    del skipped["last_reasons"]
    assert list(_from_inside(Texts("en"), about))[2] == (
        "  left out      03-01 08:30 daily: run r-1 of the same job still waits"
    )


def test_a_run_on_several_machines_is_one_line() -> None:
    run = "20260301T003000Z-1a2b3c"
    facts = {"spider": "jd_store", "arguments": {}, "run": run, "node": "", "started_at": None, "pid": None}
    here = facts | {"id": f"{run}.1", "state": "running", "started_at": "2026-03-01T08:30:00+08:00", "pid": 7}
    there = facts | {"id": f"{run}.2", "state": "running", "node": "agency-b"}
    waits = facts | {"id": f"{run}.3", "state": "pending"}
    by_hand = facts | {"id": "x", "run": "x", "state": "running", "node": "agency-b"}
    about = {"running": [here, there, by_hand], "pending": [waits]}
    assert list(_runs(Texts("en"), about)) == [
        f"  runs          jd_store, run {run}: {run}.1 here since 03-01 08:30, process 7, {run}.2 on agency-b, "
        f"{run}.3 waits",
        "  runs          jd_store, run x: x on agency-b",
    ]
