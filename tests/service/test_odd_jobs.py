"""Whatever a job is called or told, the queue goes on."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapyd.app import application as scrapyd_application
from scrapyd.interfaces import IPoller
from scrapyd.sqlite import SqliteMixin
from tiny_service import TinyService, tiny_egg
from twisted.application.service import IServiceCollection

from shopdata.exceptions import ArgumentError
from shopdata.periods import SHANGHAI
from shopdata.service.configuration import ServiceConfig, write_configuration
from shopdata.service.crawl_processes import ReattachedProcess, Started
from shopdata.service.crawls import Crawl, Crawls
from shopdata.service.launcher import Launcher
from shopdata.service.names import checked_name
from shopdata.service.options import ServiceOptions
from shopdata.service.webservices import ScheduleService
from shopdata.workspace import Workspace

GOOD_NAMES = (
    "20260301T003000Z-1a2b3c",
    "behind",
    "2018-01-01T01_01_01",
    "1.0+local",
    "6487ec79947edab326d6db28a2d86511",
)
BAD_NAMES = (
    "", "a/b", "../x", "..", ".", ".hidden", "a\\b", "-rf", "_x", "a b", "a\nb", "a\0b", "a\x1b]0;x\x07", "店铺", "é",
    "a\u202eb", "nul", "NUL.txt", "com1", "LPT9.x", "con", "a:b", "a.", "a" * 101, "a" * 5000, "a%2fb", "a?b", "*",
)  # fmt: skip


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_good_name(name: str) -> None:
    assert checked_name("jobid", name) == name


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_bad_name(name: str) -> None:
    with pytest.raises(ArgumentError, match=r"jobid: this name can't be used\. Found ") as caught:
        checked_name("jobid", name)
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


# -- the launcher, where it can't start a process ------------------------------------------------------------------


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Launcher]:
    """scrapyd's parts around an empty egg store that has a project, no reactor behind them."""
    options = ServiceOptions(state_dir=tmp_path / "状态 目录", username="tester", password="fake-Pass-word-17")
    write_configuration(options)
    # scrapyd and its crawls read it in whatever code page the machine has.
    assert (options.folder / "scrapy.cfg").read_bytes().isascii()
    (options.folder / "eggs" / "shopdata").mkdir(parents=True)
    monkeypatch.chdir(options.folder)
    inside = SimpleNamespace(options=options, workspace=Workspace(tmp_path), eggs=None)
    config = ServiceConfig(options, inside)  # type: ignore[arg-type]
    config.cp.set("scrapyd", "webroot", "twisted.web.resource.Resource")
    monkeypatch.setattr("twisted.web.resource.Resource.__init__", lambda self, *_: None)
    opened: list[SqliteMixin] = []
    open_file = SqliteMixin.__init__

    def note(self: SqliteMixin, *arguments: Any) -> None:
        opened.append(self)
        open_file(self, *arguments)

    monkeypatch.setattr(SqliteMixin, "__init__", note)
    app = scrapyd_application(config)
    found: Launcher = IServiceCollection(app).getServiceNamed("launcher")
    found.max_proc = 1
    app.getComponent(IPoller).is_closed = False
    yield found
    for file in opened:  # scrapyd leaves this to the end of its process
        file.conn.close()


def poll(launcher: Launcher) -> None:
    launcher.app.getComponent(IPoller).poll()


def queue_of(launcher: Launcher) -> Any:
    return launcher.app.getComponent(IPoller).queues["shopdata"]


class Spawned:
    """The system's side of `spawnProcess`: refuses, then takes."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.started: list[Any] = []

    def __call__(self, process: Any, *_: object, **__: object) -> None:
        if self.errors:
            raise self.errors.pop(0)
        process.pid = os.getpid()
        self.started.append(process)


ERRORS = (
    OSError(7, "Argument list too long"),
    NotImplementedError("no processes here"),
    NameError("name 'PureWindowsPath' is not defined"),
    UnicodeEncodeError("ascii", "店", 0, 1, "ordinal not in range(128)"),
    ValueError("embedded null byte"),
    RuntimeError(),
)


def test_a_launch_that_raises_ends_its_job_and_frees_its_slot(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spawned = Spawned(*ERRORS)
    monkeypatch.setattr("shopdata.service.launcher.reactor.spawnProcess", spawned)
    for number in range(len(ERRORS) + 1):
        queue_of(launcher).add("jd_store", _job=f"job-{number}", settings={}, date=f"2026-03-0{number + 1}")
    launcher._get_message(0)
    for _ in range(len(ERRORS) + 1):
        poll(launcher)
    assert [process.job for process in spawned.started] == [f"job-{len(ERRORS)}"]
    assert [process.job for process in launcher.processes.values()] == [f"job-{len(ERRORS)}"]
    assert queue_of(launcher).count() == 0
    ended = {crawl.job: crawl for crawl in launcher.crawls.latest(100)}
    listed = {job.job for job in launcher.finished}
    for number, error in enumerate(ERRORS):
        crawl = ended[f"job-{number}"]
        assert crawl.reason.startswith(f"could not be started: {type(error).__name__}")
        assert crawl.job in listed
        log = Path("logs/shopdata/jd_store", f"{crawl.job}.log").read_text("utf-8")
        assert crawl.reason in log
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00 ERROR   run ", log)
        assert f"run '{crawl.job}' of 'jd_store' {crawl.reason}" in caplog.text
    assert launcher.crawls.reasons().keys() == {f"job-{number}" for number in range(len(ERRORS))}


ODD_ROWS = (
    b"{", b"\xff", b"[]", b"null", b'"x"', b"1", b"[" * 100_000, b'{"name": 1}', b'{"_job": ["x"], "settings": 3}',
    "text", 5, None,
)  # fmt: skip


def test_bad_entries_that_an_earlier_version_has_queued(launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = Spawned()
    monkeypatch.setattr("shopdata.service.launcher.reactor.spawnProcess", spawned)
    queue = queue_of(launcher)
    bad = [name for name in BAD_NAMES if name]
    for name in bad:
        queue.add("jd_store", _job=name, settings={})
    queue.add("../jd_store", _job="bad-spider", settings={})
    queue.add("jd_store", _job="bad-argument", settings={}, date="2026\0")
    queue.add("jd_store", _job="unknown-argument", settings={}, data="2026-03-01")
    queue.add("jd_store", _job="bad-setting", settings={"A B": "1"})
    queue.add("jd_store", _job="odd-setting", settings={"A": 1})
    queue.add("jd_store", _job="half\ud83d", settings={})
    queue.add("jd_store", _job="odd-version", settings={}, _version=["1"])
    rows = (
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'"x"',
        b"1",
        b"[" * 100_000,
        b'{"name": 1}',
        b'{"_job": ["x"], "settings": 3}',
        "text",
        5,
        None,
    )
    for row in rows:
        queue.q.conn.execute("INSERT INTO spider_queue (priority, message) VALUES (9, ?)", (row,))
    queue.add("jd_store", _job="good", settings={})
    launcher._get_message(0)
    while queue.count():
        before = queue.count()
        poll(launcher)
        assert queue.count() < before
    assert [process.job for process in spawned.started] == ["good"]
    reasons = launcher.crawls.reasons()
    assert {*bad, r"half\ud83d"} <= reasons.keys()
    for name in ("bad-spider", "bad-argument", "unknown-argument", "bad-setting", "odd-setting", "odd-version"):
        assert reasons[name].startswith("could not be started: "), name
    assert "Did you mean `-a date=" in reasons["unknown-argument"]
    assert all(checked_name("a log", path.stem) for path in Path().rglob("*.log"))


def test_a_queue_that_cannot_be_read_does_not_end_the_polling(
    launcher: Launcher, caplog: pytest.LogCaptureFixture
) -> None:
    launcher._get_message(0)
    queue = queue_of(launcher)
    queue.q.conn.execute("ALTER TABLE spider_queue RENAME TO away")
    poll(launcher)
    poll(launcher)
    assert caplog.text.count("queue of shopdata not read; retrying: OperationalError") == 1


def test_a_list_of_crawls_that_cannot_be_read_does_not_end_it_either(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise sqlite3.OperationalError("disk I/O error")

    launcher._get_message(0)
    poller = launcher.app.getComponent(IPoller)
    for is_far in (False, True):
        monkeypatch.setattr(poller, "running", refuse)
        monkeypatch.setattr(type(queue_of(launcher)), "is_far", is_far)
        queue_of(launcher).add("jd_store", _job=f"job-{is_far}", settings={})
        poll(launcher)
    assert "queue of shopdata not read; retrying: OperationalError: disk I/O error" in caplog.text


def test_what_cannot_be_written_down_frees_the_slot_too(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk: neither list of jobs takes more."""
    spawned = Spawned()
    monkeypatch.setattr("shopdata.service.launcher.reactor.spawnProcess", spawned)
    queue_of(launcher).add("jd_store", _job="first", settings={})
    launcher._get_message(0)
    poll(launcher)
    for path, table in ((launcher.crawls._path, "crawls"), (Path("dbs/jobs.db"), "finished_jobs")):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                f"CREATE TRIGGER full BEFORE {'UPDATE' if table == 'crawls' else 'INSERT'} ON {table} "
                "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
            )
    (process,) = spawned.started
    process.deferred.callback(process)
    assert launcher.processes == {}
    assert caplog.text.count("disk is full") == 2
    queue_of(launcher).add("jd_store", _job="second", settings={})
    poll(launcher)
    assert [process.job for process in spawned.started] == ["first", "second"]


def test_a_reattached_crawl_that_cannot_be_asked_is_no_end_of_looking(
    launcher: Launcher, caplog: pytest.LogCaptureFixture
) -> None:
    """A timer of Twisted's ends at the first error; then no reattached crawl would ever leave its slot."""

    class Ended:
        def is_running(self) -> bool:
            return False

    class Odd(Ended):
        def is_running(self) -> bool:
            raise OSError("access is denied")

    for slot, process in enumerate((Odd(), Ended())):
        crawl = Crawl(
            job=f"job-{slot}", project="shopdata", spider="jd_store", pid=0, started_at=datetime.now(SHANGHAI)
        )
        launcher.crawls.put(crawl)
        process.pid = 0  # type: ignore[attr-defined]
        launcher.processes[slot] = ReattachedProcess(crawl, process)  # type: ignore[arg-type]
    launcher._watch_reattached()
    assert [process.job for process in launcher.processes.values()] == ["job-0"]
    assert "run 'job-0': it could not be looked after: OSError: access is denied" in caplog.text
    launcher.end_all(hard=False)
    assert launcher.cut_off == {"job-0"}


def test_what_a_crawl_prints_goes_to_its_log_where_it_comes_through_a_pipe(tmp_path: Path) -> None:
    """On Windows; braces are no format there, and half a sign is no error."""
    log = tmp_path / "日志.log"
    process = Started("shopdata", "jd_store", "job", {}, [], output=log)
    process.outReceived("{店".encode()[:-1])
    process.errReceived("店".encode()[-1:] + b" {0}\n")
    assert log.read_text("utf-8") == "{店 {0}\n"
    Started("shopdata", "jd_store", "job", {}, [], output=tmp_path).outReceived(b"a folder takes nothing")


def test_a_queue_takes_only_so_much(launcher: Launcher) -> None:
    queue, page = queue_of(launcher), ScheduleService(SimpleNamespace(launcher=launcher))
    queue.add("jd_store", _job="there")
    page._check_queue(queue, "shopdata", "other")
    with pytest.raises(ArgumentError, match="jobid: a run of this id waits or goes on"):
        page._check_queue(queue, "shopdata", "there")
    for number in range(50):
        queue.add("jd_store", _job=f"long-{number}", shops="a" * 90_000)
    with pytest.raises(ArgumentError, match="shopdata: too many runs wait"):
        page._check_queue(queue, "shopdata", "other")


def test_a_list_of_crawls_of_an_earlier_version(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "crawls.sqlite3")) as connection, connection:
        connection.execute(
            "CREATE TABLE crawls (job TEXT PRIMARY KEY, project TEXT NOT NULL, spider TEXT NOT NULL,"
            " arguments TEXT NOT NULL, version TEXT, pid INTEGER, created TEXT, tries INTEGER NOT NULL,"
            " started_at TEXT NOT NULL, ended_at TEXT, exit_code INTEGER)"
        )
        connection.execute(
            "INSERT INTO crawls VALUES ('r1', 'shopdata', 'jd_store', '{}', NULL, 1, '1@2', 1,"
            " '2026-03-01T08:00:00+08:00', NULL, NULL)"
        )
    (crawl,) = Crawls(tmp_path).open()
    assert (crawl.job, crawl.reason) == ("r1", "")


# -- the running service -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyService]:
    service = TinyService(tmp_path_factory.mktemp("tiny"))
    try:
        service.start()
        deployed = service.deploy(tiny_egg())
        assert deployed["status"] == "ok", deployed
        yield service
    finally:
        service.stop()


def test_bad_names_are_refused_at_the_door(service: TinyService) -> None:
    for name in BAD_NAMES:
        for page, form in (
            ("schedule.json", {"project": "shopdata", "spider": "jd_store", "jobid": name}),
            ("schedule.json", {"project": "shopdata", "spider": "jd_store", "_version": name}),
            ("schedule.json", {"project": name, "spider": "jd_store"}),
            ("schedule.json", {"project": "shopdata", "spider": name}),
            ("cancel.json", {"project": "shopdata", "job": name}),
            ("delversion.json", {"project": "shopdata", "version": name}),
            ("delproject.json", {"project": name}),
        ):
            answer = service.ask(page, **form)
            assert (answer["status"], "this name can't be used" in answer["message"]) == ("error", True), (page, form)
    assert service.schedule(jobid=["fine", "a/b"])["status"] == "error"
    assert service.ask("daemonstatus.json")["pending"] == 0
    assert (service.folder / "eggs" / "shopdata" / "1.egg").is_file()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"data": "2026-03-01"}, "spider 'jd_store' has no argument 'data'. Expected date, start"),
        ({"data": "2026-03-01"}, "Did you mean `-a date=…`?"),
        ({"Shops": "a"}, "Did you mean `-a shops=…`?"),
        ({"_job": "x"}, "invalid name of a spider's argument. Found '_job'"),
        ({"_project": "x"}, "'_project'"),
        ({"settings": "x"}, "'settings'"),
        ({"a b": "x"}, "'a b'"),
        ({"date": "2026\0"}, "date: this can't stand on a command line"),
        ({"shops": "a" * 200_000}, "shops: this is too long for a command line. Found 200000 bytes"),
        ({"setting": "LOG_LEVEL"}, "a setting has a value. Found 'LOG_LEVEL', expected NAME=VALUE"),
        ({"setting": "A B=1"}, "invalid name of a setting. Found 'A B'"),
        ({"setting": ["A=1", "B=\0"]}, "setting=B: this can't stand on a command line"),
        ({"priority": "nan"}, "invalid priority"),
        ({"priority": "soon"}, "invalid priority"),
        ({"date": "2026-02-30"}, "-a date: this is not a date. Found '2026-02-30'"),
        ({"date": "2099-01-01"}, "this day is not over yet"),
        ({"start": "2026-03-02", "end": "2026-03-01"}, "the range ends before it starts"),
        ({"start": "2026-03-01"}, "a range needs end too"),
        ({"periods": "2026-03-01_2026-03-07"}, "invalid day"),
        ({"period": "week"}, "this period is not known"),
        ({"spider": "pdd_kpi_weekly"}, "Expected the spider 'pdd_kpi', with the argument period=week"),
        ({"shops": "flagshp"}, "Did you mean 'flagship'?"),
        ({"force": "maybe"}, "this is neither yes nor no"),
        ({"due": "1", "date": "2026-03-01"}, "what is due is found in the ledger"),
        ({"shops": ["flagship", "other"]}, "'shops': this was sent more than once. Found 2"),
    ],
    ids=lambda part: str(part)[:40] if isinstance(part, dict) else "",
)
def test_what_could_not_be_started_is_refused_at_the_door(
    service: TinyService, form: dict[str, Any], said: str
) -> None:
    answer = service.schedule(**form)
    assert answer["status"] == "error"
    assert said in answer["message"]


def test_a_page_that_lacks_something_is_no_mistake_of_the_program(service: TinyService) -> None:
    """Each webservice without what it needs, with what there is not, and asked in ways that it does not know."""
    posts = ("schedule", "cancel", "addversion", "delversion", "delproject", "cron", "cells", "service")
    gets = ("listversions", "listspiders", "status")
    for page in posts:
        for form in ({"some": "thing"}, {"project": "nobody"}, {"action": "fly"}, {"dataset": "jd_store"}):
            answer = service.ask(f"{page}.json", **form)
            assert (answer["status"], bool(answer["message"])) == ("error", True), (page, form)
    for page in gets:
        assert service.ask(f"{page}.json")["message"].endswith("parameter is required")
    for form in ({"project": "nobody", "version": "1"}, {"project": "shopdata", "version": "nothing"}):
        assert service.ask("delversion.json", **form)["status"] == "error"
    everything = (*posts, *gets, "daemonstatus", "listprojects", "listjobs")
    for page in everything:
        for method in ("PUT", "DELETE", "PATCH", "FOO", "GET" if page in posts[:5] else "PROPFIND"):
            status, headers, content = service.request(method, f"/{page}.json")
            assert (status, json.loads(content)["status"]) == (405, "error"), (page, method)
            assert method not in headers["allow"].split(", ")
    status, _, content = service.request("PUT", "/nothing.json")
    assert status == 404
    assert "Traceback" not in service.log
    assert "refused: project 'nobody' not found" in service.log
    assert "\n\n" not in service.log.replace("\r", "")


@pytest.mark.parametrize(
    ("page", "form", "said"),
    [
        ("cells.json", {"dataset": "jd_store", "date": "2026-03-01"}, "this page knows no such name. Found 'date'"),
        ("cells.json", {"dataset": "jd_stor", "dt": "2026-03-01"}, "there is no dataset 'jd_stor'"),
        ("cells.json", {"dataset": "jd_store", "dt": "soon"}, "this is not a date"),
        ("cells.json", {"dataset": "jd_store", "dt": "2026-03-01", "force": "maybe"}, "neither yes nor no"),
        ("cells.json", {"dataset": "jd_store", "dt": "2026-03-01", "shop": "flagship"}, "Did you mean 'shops'?"),
        ("cells.json", {"dataset": "jd_store", "dt": ["2026-03-01", "2026-03-02"]}, "'dt': this was sent more than"),
        ("cells.json?state=done", {}, "there is no such state. Found 'done', expected pending, running, staged"),
        ("cells.json?dataset=jd_stor", {}, "there is no dataset 'jd_stor'"),
        ("cells.json?dataset=jd_store&dt=soon", {}, "this is not a date"),
        ("cells.json?shop=x", {}, "this page knows no such name. Found 'shop'"),
        ("cron.json", {"action": "pause", "jobs": "jd_store"}, "Did you mean 'job'?"),
        ("cron.json", {"action": "fly", "job": "jd_store"}, "this action is not known"),
        ("service.json", {"action": "stop", "wait": "1"}, "this page knows no such name. Found 'wait'"),
    ],
    ids=lambda part: str(part)[:40] if isinstance(part, str) else "",
)
def test_our_own_pages_pass_over_nothing(service: TinyService, page: str, form: dict[str, Any], said: str) -> None:
    answer = service.ask(page, **form)
    assert (answer["status"], said in answer["message"]) == ("error", True), answer
    assert service.ask("cells.json?dataset=jd_store&state=failed&_=1")["cells"] == []
    # The spider of three datasets.
    assert service.ask("cells.json?dataset=pdd_kpi")["cells"] == []


def test_bytes_that_are_no_text(service: TinyService) -> None:
    for body in (
        b"project=shopdata&spider=jd_store&date=%ff",
        b"project=shopdata&spider=jd_store&%ff=1",
        b"project=%ff&spider=x",
    ):
        _, _, content = service.request(
            "POST", "/schedule.json", body, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert json.loads(content)["status"] == "error"


def test_the_queue_goes_on_after_all_this(service: TinyService) -> None:
    with closing(sqlite3.connect(service.folder / "dbs" / "shopdata.db")) as connection, connection:
        for message in (
            b"{",
            b'{"name": "jd_store", "_job": "a/b", "settings": {}}',
            b'{"name": "jd_store", "_job": "late", "data": "x"}',
        ):
            connection.execute("INSERT INTO spider_queue (priority, message) VALUES (1, ?)", (message,))
    assert service.schedule(jobid="fine", date="2026-03-01") == {
        "status": "ok",
        "jobid": "fine",
        "node_name": service.ask("daemonstatus.json")["node_name"],
    }
    service.wait_until(lambda: {"a/b", "late", "fine"} <= service.finished().keys(), "the queue stands")
    finished = service.finished()
    assert finished["late"]["reason"].startswith("could not be started: spider 'jd_store' has no argument 'data'.")
    assert "reason" not in finished["fine"]
    assert service.ask("status.json?job=late")["reason"] == finished["late"]["reason"]
    _, _, log = service.request("GET", finished["late"]["log_url"])
    assert "run late of jd_store could not be started" in log.decode()
    for page in ("board/runs", "board/runs/late"):
        status, _, page_text = service.request("GET", f"/{page}?lang=en")
        assert (status, "not started" in page_text.decode()) == (200, True), page
    assert "has no argument &#39;data&#39;" in page_text.decode()
    assert "data=x" in page_text.decode()
    assert service.schedule(jobid="fine", date="2026-03-01")["status"] == "ok", "an id may be used again"
    service.wait_until(service.is_idle, "the last job does not end")


def test_an_egg_that_never_ends_to_be_imported_stalls_nobody(service: TinyService) -> None:
    marker = service.folder.parent / "imported"
    spiders = f"""
import pathlib, time
marker = pathlib.Path({str(marker)!r})
marker.touch()
while marker.exists():
    time.sleep(0.05)
1 / 0
"""
    answers: list[dict[str, Any]] = []
    deploying = threading.Thread(target=lambda: answers.append(service.deploy(tiny_egg(spiders=spiders), "2")))
    deploying.start()
    service.wait_until(marker.exists, "the egg is not looked into")
    assert service.ask("daemonstatus.json")["status"] == "ok"
    assert answers == []
    marker.unlink()
    deploying.join()
    assert answers[0]["status"] == "error"
    assert "ZeroDivisionError" in answers[0]["message"]
    assert service.ask("listversions.json?project=shopdata")["versions"] == ["1"]


def test_eggs_are_not_kept_for_ever(service: TinyService) -> None:
    for version in range(2, 14):
        (service.folder / "eggs" / "shopdata" / f"{version}.egg").write_bytes(tiny_egg())
    assert service.deploy(tiny_egg(), "14")["status"] == "ok"
    kept = [str(version) for version in range(5, 15)]
    assert service.ask("listversions.json?project=shopdata")["versions"] == kept
    for number in range(9):
        (service.folder / "eggs" / f"other-{number}").mkdir()
    assert "there are too many projects" in service.deploy(tiny_egg(), "1", project="eleventh")["message"]
