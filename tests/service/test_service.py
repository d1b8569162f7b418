"""A real service with real crawls: deployed, asked over HTTP, killed in the middle of two slots, started again."""

from __future__ import annotations

import contextlib
import html
import io
import os
import secrets
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import psutil
import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families
from running import Running
from scrapyd_client.exceptions import ErrorResponse
from scrapyd_client.pyclient import ScrapydClient
from workplace import Workplace, is_locked, stand_still_unlocked

from sandbox import Fault, Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.ledger import CellKey, Ledger, RunRecord
from shopdata.ledger.slots import Slot
from shopdata.periods import SHANGHAI, today
from shopdata.reasons import Reason
from shopdata.service.client import Client
from shopdata.service.crawls import Crawls
from shopdata.service.deploy import DeployError, put_egg
from shopdata.states import CellState

pytestmark = [
    pytest.mark.services,
    # It is kept alive by scrapyd's own HTTP client and by psutil's look at foreign processes.
    pytest.mark.skipif(os.name == "nt", reason="kills as a POSIX system does"),
]

DAY, OTHER_DAY = date(2026, 3, 1), date(2026, 3, 2)
JOBS = [
    {"name": "first", "spider": "jd_store", "args": {"date": str(DAY)}, "cron": "30 8 * * *"},
    {"name": "second", "spider": "jd_store", "args": {"date": str(OTHER_DAY)}, "cron": "30 8 * * *"},
    {"name": "monthly", "spider": "pdd_kpi", "args": {"period": "month"}, "cron": "0 0 1 1 *"},
    {"name": "before", "command": "preflight", "cron": "40 8 * * *"},
]


@pytest.fixture(scope="module")
def service(object_store_server: SeaweedStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Up and deployed, at 08:00 of its own clock."""
    with Sandbox(
        SandboxOptions(shops=2, rows=10, report_seconds=3.0, empty_link_seconds=0.2, report_deadline_seconds=900)
    ) as sandbox:
        store = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
        place = Workplace(tmp_path_factory.mktemp("service"), sandbox, store)
        place.sign_in(*(shop.id for shop in sandbox.shops))
        (place.config_dir / "schedule.yaml").write_text(yaml.safe_dump({"jobs": JOBS}), "utf-8")
        # Two pages of YAML of somebody's own, beside the delivered ones.
        for kind in ("datasets", "recipes"):
            text = (place.config_dir / kind / "jd_ad_effect.yaml").read_text("utf-8")
            (place.config_dir / kind / "jd_mine.yaml").write_text(text.replace("jd_ad_effect", "jd_mine"), "utf-8")
        service = Running(place)
        try:
            run = service.command("start", SHOPDATA_SERVICE_NOW="2026-11-24T08:00:00")
            assert run.code == 0, run.text + service.log
            yield service
        finally:
            service.end()
            place.close()


def test_tells_where_it_is_and_keeps_its_password(service: Running) -> None:
    password = service.auth[1]
    started = service.place._runs[0]
    assert service.url in started.out
    assert str(service.folder / "password") in started.out
    assert "deployed: version" in started.out
    assert (service.folder / "password").stat().st_mode & 0o777 == 0o600
    assert len(password) >= 24
    for process in service.processes():
        with contextlib.suppress(psutil.Error):  # one that ends as it is looked at
            assert password not in " ".join(process.cmdline())
    written = [path for path in service.folder.rglob("*") if path.is_file() and path.name != "password"]
    assert [path for path in written if password.encode() in path.read_bytes()] == []


def test_a_second_start_is_harmless(service: Running) -> None:
    pid = service.pid
    run = service.command("start")
    assert run.code == 0
    assert "it is up already" in run.out
    assert service.pid == pid


@pytest.mark.parametrize("page", ["", "listjobs.json", "cron.json", "service.json", "metrics", "logs/", "board/"])
def test_nobody_gets_in_without_a_password(service: Running, page: str) -> None:
    assert requests.get(f"{service.url}/{page}", timeout=300).status_code == 401
    assert requests.get(f"{service.url}/{page}", auth=("shopdata", "wrong"), timeout=300).status_code == 401
    assert requests.get(f"{service.url}/{page}", auth=service.auth, timeout=300).status_code == 200


def test_a_form_of_another_site_is_refused(service: Running) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": service.url},
    ):
        answer = requests.post(
            f"{service.url}/schedule.json",
            data={"project": "shopdata", "spider": "jd_store"},
            headers=headers,
            auth=service.auth,
            timeout=300,
        )
        assert answer.status_code == 403
    assert service.ids("pending") | service.ids("running") == set()


def test_scrapyd_client_works_as_with_any_scrapyd(service: Running) -> None:
    client = ScrapydClient(service.url, *service.auth)
    assert client.projects() == ["shopdata"]
    spiders = set(client.spiders("shopdata"))
    assert spiders == set(service.place.scrapy("list").out.split())
    assert spiders >= {"jd_store", "pdd_badscore", "pdd_chat", "pdd_kpi", "pdd_quality"}
    with pytest.raises(ErrorResponse, match="this is not a date"):
        client.schedule("shopdata", "jd_store", [("date", "2026-02-30")])
    # What only the crawl can find out: it refuses, before it asks any portal.
    setting = ("setting", "SHOPDATA_DATABASE_URL=nosuch://127.0.0.1:9/nothing")
    job = client.schedule("shopdata", "jd_store", [setting, ("date", str(DAY)), ("jobid", "no-ledger")])
    assert job == "no-ledger"
    service.wait_until(lambda: client.status(job)["currstate"] == "finished", "the job has not ended")
    status = service.command("status")
    assert status.code == 0
    refused = f"jd_store date={DAY}, run no-ledger: refused before anything was asked (exit code 2). "
    assert refused in status.out
    sentence = status.out.partition(refused)[2].splitlines()[0]
    assert "127.0.0.1:9" in sentence
    page = requests.get(f"{service.url}/board/runs/{job}", auth=service.auth, timeout=300).text
    assert "被拒绝" in page
    assert sentence in html.unescape(page)
    assert "rehearsal     its clock says 11-24 08:0" in status.out


def test_a_broken_egg_is_taken_back(service: Running) -> None:
    versions = service.get("listversions.json", project="shopdata")["versions"]
    egg = (service.folder / "eggs" / "shopdata" / f"{versions[-1]}.egg").read_bytes()
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(egg)) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            bad.writestr(
                name, b"raise RuntimeError('half-edited')" if name == "shopdata/settings.py" else good.read(name)
            )

    for version in ("9999999999", versions[-1]):
        answer = requests.post(
            f"{service.url}/addversion.json",
            data={"project": "shopdata", "version": version},
            files={"egg": broken.getvalue()},
            auth=service.auth,
            timeout=300,
        ).json()
        assert answer["status"] == "error"
        assert "half-edited" in answer["message"]
        assert service.get("listversions.json", project="shopdata")["versions"] == versions
    with pytest.raises(DeployError, match=r"taken back; the one before it stays\. Found RuntimeError: half-edited"):
        put_egg(Client(service.options), "9999999999", broken.getvalue())
    assert service.get("listversions.json", project="shopdata")["versions"] == versions
    assert (service.folder / "eggs" / "shopdata" / f"{versions[-1]}.egg").read_bytes() == egg
    assert "jd_store" in service.get("listspiders.json", project="shopdata")["spiders"]


def test_a_recipe_of_ones_own_is_a_spider_and_can_be_scheduled(service: Running) -> None:
    assert "jd_mine" in service.get("listspiders.json", project="shopdata")["spiders"]
    schedule = service.place.config_dir / "schedule.yaml"
    good, jobs = schedule.read_text("utf-8"), [*JOBS, {"name": "mine", "spider": "jd_mine", "cron": "0 0 1 1 *"}]
    schedule.write_text(yaml.safe_dump({"jobs": jobs}), "utf-8")
    service.wait_until(lambda: len(service.get("cron.json")["jobs"]) == len(jobs), "the job was not taken")
    assert not service.get("cron.json")["problem"]
    schedule.write_text(good, "utf-8")
    service.wait_until(lambda: len(service.get("cron.json")["jobs"]) == len(JOBS), "the job did not go")


def test_pause_is_kept_over_a_restart_and_an_edit_counts_without_one(service: Running) -> None:
    assert service.post("cron.json", action="pause", job="monthly")["status"] == "ok"
    assert "no job 'yearly'" in service.post("cron.json", action="pause", job="yearly")["message"]
    service.restart(SHOPDATA_SERVICE_NOW="2026-11-24T08:29:55")
    jobs = {job["job"]: job for job in service.get("cron.json")["jobs"]}
    assert (jobs["monthly"]["is_paused"], jobs["monthly"]["next_at"]) == (True, None)
    assert jobs["first"]["next_at"].startswith("2026-11-2")

    schedule = service.place.config_dir / "schedule.yaml"
    good = schedule.read_text("utf-8")
    schedule.write_text(good.replace("0 0 1 1 *", "0 0 1 13 *"), "utf-8")
    service.wait_until(lambda: "cron" in service.get("cron.json")["problem"], "the broken edit was not told")
    assert len(service.get("cron.json")["jobs"]) == len(JOBS)
    schedule.write_text(good.replace("0 0 1 1 *", "0 0 2 1 *"), "utf-8")
    service.wait_until(lambda: service.get("cron.json")["jobs"][2]["cron"] == "0 0 2 1 *", "the edit was not noticed")
    assert service.get("cron.json")["problem"] == ""
    assert service.post("cron.json", action="resume", job="monthly")["status"] == "ok"
    assert service.get("cron.json")["jobs"][2]["next_at"] == "2027-01-02T00:00:00+08:00"


def last_slots(service: Running) -> dict[str, Slot | None]:
    with Ledger.at(service.place.state_dir) as ledger:
        return {name: ledger.slots.last_slot(name) for name in ("first", "second")}


def test_killed_in_the_middle_of_two_crawls(service: Running) -> None:
    """Both slots of 08:30 have fired. One crawl runs on without the service, one is killed with it."""
    place = service.place
    shops = [shop.id for shop in place.shops]

    def runs() -> dict[str, str]:
        return {name: slot.run_id for name, slot in last_slots(service).items() if slot is not None}

    # Each is held as soon as the portal makes its reports: so both are in the middle when the service is killed.
    held: dict[str, psutil.Process] = {}

    def ledger_is_locked() -> bool:
        return is_locked(place.state_dir / "ledger.sqlite3")

    def are_held() -> bool:
        for job in service.get("listjobs.json")["running"]:
            day = str(DAY if job["id"] == runs()["first"] else OTHER_DAY)
            if job["id"] not in held and all(place.sandbox.counters().jobs.get(shop, {}).get(day) for shop in shops):
                held[job["id"]] = psutil.Process(job["pid"])
                stand_still_unlocked(held[job["id"]], place.state_dir, ledger_is_locked)
        return len(held) == 2

    place.sandbox.set_fault("*", Fault.REPORT_HELD)
    service.wait_until(are_held, "the slots of 08:30 did not fire")
    place.sandbox.clear_faults(fault=Fault.REPORT_HELD)
    slots, crawls = last_slots(service), runs()
    # They run from the egg: nothing of the checkout is on their way.
    assert [process.environ().get("PYTHONPATH") for process in held.values()] == [None, None]
    assert set(held) == set(crawls.values())

    service.kill(held[crawls["second"]])
    status = service.command("status")
    assert status.code == 1
    assert status.out.startswith("down."), status.text
    assert f"still runs    jd_store, run {crawls['first']}" in status.out
    assert crawls["second"] not in status.out

    later = CellKey("pdd_badscore", str(today() - timedelta(days=1)), "pdd-01")
    with Ledger.at(place.state_dir) as ledger:
        ledger.add_cells("pdd", [later])
        now = datetime.now(SHANGHAI)
        ledger.settle(later, CellState.NOT_READY, Reason(text="not published yet"), wait=lambda _: (now, now))

    assert service.command("start", SHOPDATA_SERVICE_NOW="2026-11-24T08:40:00").code == 0
    assert f"run {crawls['first']} of jd_store still runs since an earlier service: reattached" in service.log
    # Whoever asks for the same meanwhile gets the run that there is; scrapyd's own API puts it behind.
    assert service.post("cron.json", action="run", job="first")["jobid"] == crawls["first"]
    service.post("schedule.json", project="shopdata", spider="jd_store", date=str(DAY), jobid="behind")
    service.wait_until(
        lambda: f"run {crawls['second']} of jd_store was cut off: it goes on" in service.log, "not taken up"
    )
    service.wait_until(lambda: crawls["second"] in service.ids("finished"), "what was cut off did not go on")
    assert crawls["first"] in service.ids("running")
    assert "behind" in service.ids("pending")
    held[crawls["first"]].resume()
    service.wait_until(
        lambda: {*crawls.values(), "behind"} <= service.ids("finished"), "they did not come to their end"
    )

    cells = service.get("cells.json", dataset="jd_store")["cells"]
    assert {(cell["dt"], cell["shop"]): cell["state"] for cell in cells} == {
        (str(day), shop): "published" for day in (DAY, OTHER_DAY) for shop in shops
    }
    # Each report was made once: nobody asked for a cell that another run had.
    assert place.sandbox.counters().jobs == {shop: {str(DAY): 1, str(OTHER_DAY): 1} for shop in shops}
    assert last_slots(service) == slots


def test_sign_ins_are_looked_at_by_the_clock(service: Running) -> None:
    """A command of ours, out of the egg, as a crawl is; it has a log, an outcome, and asks for no report."""

    def run() -> RunRecord | None:
        with Ledger.at(service.place.state_dir) as ledger:
            return next((run for run in ledger.runs() if run.spider == "preflight" and run.finished_at), None)

    service.wait_until(run, "the slot of 08:40 did not come to its end")
    found = run()
    assert found is not None
    shops = len(service.place.sandbox.shops)
    assert (found.outcome, found.exit_code, found.counts) == ("complete", 0, {"signed_in": shops})
    (due,) = (job for job in service.get("cron.json")["jobs"] if job["job"] == "before")
    assert (due["spider"], due["last_state"]) == ("preflight", "queued")
    assert "pdd-01: signed in" in service.command("log", "preflight").out
    page = html.unescape(requests.get(f"{service.url}/board/schedule?lang=zh", auth=service.auth, timeout=300).text)
    assert "取数前检查登录" in page
    assert f"已登录 {shops}" in page
    runs = requests.get(f"{service.url}/board/runs?lang=zh", auth=service.auth, timeout=300).text
    assert "取数前检查登录" in runs


def test_what_was_not_ready_is_asked_again_by_itself(service: Running) -> None:
    def is_published() -> bool:
        cells = service.get("cells.json", dataset="pdd_badscore")["cells"]
        return [(cell["shop"], cell["state"]) for cell in cells] == [("pdd-01", "published")]

    service.wait_until(is_published, "the cell that was due again was not asked for")


def test_cells_and_metrics(service: Running) -> None:
    # A run is listed until its process has gone, somewhat after its cells are done.
    service.wait_until(lambda: not service.ids("running"), "the last run did not come to its end")
    cells = service.get("cells.json", dataset="jd_store", dt=str(DAY), state="published")["cells"]
    assert {cell["shop"] for cell in cells} == {shop.id for shop in service.place.shops}
    answer = requests.get(f"{service.url}/metrics", auth=service.auth, timeout=300)
    values = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert values["shopdata_cells", ("dataset", "jd_store"), ("state", "published")] == 4
    assert values["shopdata_run_complete", ("spider", "jd_store")] == 1
    assert values["shopdata_portal_requests_total", ("by", "shopdata"), ("spider", "jd_store")] >= 8
    # A past of some days is none to judge by: each file that came was learned from.
    learned = ("check", "all"), ("dataset", "jd_store"), ("result", "learning")
    assert values["shopdata_checks_total", *learned] >= 4
    assert values["shopdata_queue", ("state", "running")] == 0
    assert values["shopdata_disk_used_bytes", ("what", "other")] > 0


def test_stop_leaves_nothing_behind(service: Running) -> None:
    service.wait_until(lambda: not service.ids("running"), "the last run did not come to its end")
    service.post("schedule.json", project="shopdata", spider="jd_store", start=str(DAY), end=str(OTHER_DAY), force="1")
    service.wait_until(lambda: service.ids("running"), "the crawl did not start")
    (run_id,) = service.ids("running")
    stopped = service.command("stop", "--now")
    assert stopped.code == 0, stopped.text
    assert "stopped." in stopped.out
    assert service.processes() == []
    assert not (service.folder / "service.pid").exists()
    # It was cut off by us, so the next start would take it up.
    assert [crawl.job for crawl in Crawls(service.folder).open()] == [run_id]
