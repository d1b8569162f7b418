"""A walk over Windows, from the first command to the end of the service. Any Windows machine can go it:

    python -m pytest tests/windows

It needs no browser: sessions are saved as an earlier sign-in has left them. It starts an object store of its own, or
uses the one that SHOPDATA_S3_ENDPOINT, SHOPDATA_S3_ACCESS_KEY and SHOPDATA_S3_SECRET_KEY name (without TLS, a bucket of
its own). What other tests show on Linux is not shown again: this is about paths, code pages, open files and processes.
The tests are steps: each goes on where the one before has ended.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import openpyxl
import psutil
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr
from walked_place import WalkedPlace, end, held_open, new_bucket, wait_until

from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.service.client import Client

pytestmark = pytest.mark.skipif(os.name != "nt", reason="a walk over Windows: run it there (docs/operate.md)")

DAY = date(2026, 3, 1)
SHOPS = ("sandbox-01", "sandbox-02")
WORKBOOK = f"jd_store_{DAY}.xlsx"


def store_settings(stack: ExitStack) -> config.ObjectStoreSettings:
    """An object store that is there, or one of our own."""
    endpoint = os.environ.get("SHOPDATA_S3_ENDPOINT")
    if endpoint is None:
        try:
            return stack.enter_context(SeaweedStore()).settings(bucket=new_bucket())
        except (StoreError, OSError) as error:
            pytest.skip(f"no object store can be started here, and SHOPDATA_S3_ENDPOINT names none: {error}")
    return config.ObjectStoreSettings(
        endpoint=endpoint,
        secure=False,
        access_key=os.environ["SHOPDATA_S3_ACCESS_KEY"],
        secret_key=SecretStr(os.environ["SHOPDATA_S3_SECRET_KEY"]),
        bucket=new_bucket(),
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalkedPlace]:
    with ExitStack() as stack:
        store = store_settings(stack)
        options = SandboxOptions(shops=2, pdd_shops=1, rows=20, report_seconds=0.3, empty_link_seconds=0.2)
        sandbox = stack.enter_context(Sandbox(options))
        place = WalkedPlace(tmp_path_factory.mktemp("走查 一"), sandbox, store)
        with socket.create_server(("127.0.0.1", 0)) as server:
            place.own.variables["SHOPDATA_SERVICE_PORT"] = str(server.getsockname()[1])
        place.own.sign_in(*SHOPS, "pdd-01")
        stack.callback(place.scrapy, "service", "stop", "--now")
        yield place


def receipt_of(place: WalkedPlace) -> dict[str, Any]:
    return place.own.receipt(f"{DAY}")


def test_commands_before_the_first_crawl(place: WalkedPlace) -> None:
    assert "jd_store" in place.scrapy("list").text
    for command in (["check_config"], ["status"], ["status", "--json"], ["sessions"]):
        assert place.scrapy(*command).code == 0, command
    for command in (["crawl", "nothing"], ["status", "--date", "2026-02-30"], ["service", "status"]):
        assert place.scrapy(*command).code in (1, 2), command


def test_a_merge(place: WalkedPlace) -> None:
    folder, out = place.folder / "各店 文件", place.folder / "合并 结果.xlsx"
    folder.mkdir()
    for name in ("旗舰店", "二 店"):
        book = openpyxl.Workbook()
        book.active.append(["SKU", "商品 名称"])
        book.active.append(["1234567890123456789", "回力 ✓"])
        book.save(folder / f"{name}.xlsx")
    merge = ("merge", folder, "-o", out, "--parquet", out.with_suffix(".parquet"))
    assert place.scrapy(*merge).code == 0
    assert pq.read_table(out.with_suffix(".parquet")).column("shop").to_pylist() == ["二 店", "旗舰店"]
    before = out.read_bytes()
    with held_open(out):
        refused = place.scrapy(*merge)
    assert (refused.code, out.read_bytes()) == (1, before)
    assert "Is it open in Excel" in refused.text


def test_a_crawl_on_saved_sessions(place: WalkedPlace) -> None:
    log = place.folder / "日志 一.log"
    ran = place.scrapy("crawl", "jd_store", "-a", f"date={DAY}", "--logfile", log)
    assert ran.code == 0, ran.text + log.read_text("utf-8")
    assert "published 40 rows of 2 shops" in log.read_text("utf-8")
    assert (place.state_dir / "merged" / "jd_store" / WORKBOOK).is_file()
    assert [shop["id"] for shop in receipt_of(place)["shops"]] == list(SHOPS)
    assert place.scrapy("crawl", "pdd_kpi", "-a", f"date={DAY}", "-a", "period=day").code == 0
    cells = json.loads(place.scrapy("status", "--json").text)["cells"]
    assert {cell["state"] for cell in cells} == {"published"}


def test_other_commands_on_what_is_published(place: WalkedPlace) -> None:
    for command in ("verify", "replay", "verify"):
        assert place.scrapy(command, "jd_store", "--date", f"{DAY}").code == 0, command
    assert place.scrapy("backfill", "jd_store", "--start", f"{DAY}", "--end", f"{DAY}", "--dry-run").code == 0


def test_a_workbook_that_somebody_has_open(place: WalkedPlace) -> None:
    copy = place.state_dir / "merged" / "jd_store" / WORKBOOK
    crawl = ("crawl", "jd_store", "-a", f"date={DAY}", "-a", "force=1")
    first, before = receipt_of(place), copy.read_bytes()
    with held_open(copy):
        ran = place.scrapy(*crawl)
    assert ran.code == 0, ran.text
    assert f"{WORKBOOK} is open in another program" in ran.text
    assert copy.read_bytes() == before
    assert copy.with_name(f"jd_store_{DAY}.new.xlsx").is_file()
    assert receipt_of(place)["run_id"] != first["run_id"]
    assert place.scrapy(*crawl).code == 0
    assert not copy.with_name(f"jd_store_{DAY}.new.xlsx").exists()


def test_other_files_that_somebody_has_open(place: WalkedPlace) -> None:
    """Sessions, parsed tables, what a page looked like: whatever there is, but for the ledger."""
    with ExitStack() as stack:
        for path in sorted(place.state_dir.rglob("*")):
            if path.is_file() and not path.name.startswith("ledger") and path.suffix not in (".lock", ".writing"):
                stack.enter_context(held_open(path))
        ran = place.scrapy("crawl", "jd_store", "-a", f"date={DAY}", "-a", "force=1")
    assert ran.code == 0, ran.text
    assert place.scrapy("verify", "jd_store", "--date", f"{DAY}").code == 0


def test_paths_of_more_than_260_signs(place: WalkedPlace) -> None:
    """Windows has them where they are switched on; else a sentence says so."""
    folder = place.folder / ("很长的 名字" * 8) / ("很长的 名字" * 8) / ("很长的 名字" * 8)
    ran = place.scrapy("crawl", "jd_store", "-a", f"date={DAY}", SHOPDATA_STATE_DIR=str(folder))
    if ran.code != 0:
        assert ran.code == 2
        assert "260" in ran.text


# -- the service -----------------------------------------------------------------------------------------------------


def log_of(place: WalkedPlace) -> str:
    return (place.state_dir / "service" / "service.log").read_text("utf-8")


def jobs(place: WalkedPlace, state: str) -> dict[str, dict[str, Any]]:
    return {job["id"]: job for job in Client(place.options).get("listjobs", project="shopdata")[state]}


def schedule(place: WalkedPlace, job: str, **arguments: str) -> None:
    Client(place.options).post("schedule", project="shopdata", spider="jd_store", jobid=job, **arguments)


def test_the_service_starts_and_is_deployed(place: WalkedPlace) -> None:
    started = place.scrapy("service", "start")
    assert started.code == 0, started.text
    assert "deployed: version" in started.text
    status = place.scrapy("service", "status")
    assert (status.code, "up since" in status.text, "not deployed" in status.text) == (0, True, False)
    assert "jd_store" in Client(place.options).get("listspiders", project="shopdata")["spiders"]


def test_a_job(place: WalkedPlace) -> None:
    schedule(place, "first", date=f"{DAY}", force="1")
    wait_until(lambda: "first" in jobs(place, "finished"), lambda: log_of(place))
    log = place.state_dir / "service" / "logs" / "shopdata" / "jd_store" / "first.log"
    assert "published 40 rows of 2 shops" in log.read_text("utf-8")
    assert place.scrapy("service", "log", "first").code == 0


def test_a_job_that_is_killed(place: WalkedPlace) -> None:
    schedule(place, "killed", start="2026-02-20", end="2026-02-28")
    wait_until(lambda: jobs(place, "running").get("killed", {}).get("pid"), lambda: log_of(place))
    log = place.state_dir / "service" / "logs" / "shopdata" / "jd_store" / "killed.log"
    wait_until(lambda: log.is_file() and "2026-02-" in log.read_text("utf-8"), lambda: log_of(place))
    end(jobs(place, "running")["killed"]["pid"])
    wait_until(lambda: "killed" in jobs(place, "finished"), lambda: log_of(place))
    schedule(place, "again", start="2026-02-20", end="2026-02-28")
    wait_until(lambda: "again" in jobs(place, "finished"), lambda: log_of(place))
    cells = json.loads(place.scrapy("status", "--json").text)["cells"]
    assert {cell["state"] for cell in cells} == {"published"}


def test_the_service_stops(place: WalkedPlace) -> None:
    schedule(place, "running", start="2026-02-10", end="2026-02-19")
    wait_until(lambda: "running" in jobs(place, "running"), lambda: log_of(place))
    pid = int((place.state_dir / "service" / "service.pid").read_text("utf-8").splitlines()[0])
    stopped = place.scrapy("service", "stop", "--now")
    assert stopped.code == 0, stopped.text
    assert not psutil.pid_exists(pid)
    assert place.scrapy("service", "status").code == 1
    with socket.create_server(("127.0.0.1", place.options.port)):
        pass
    assert "Traceback" not in log_of(place)


def test_nothing_is_left_of_temporary_files(place: WalkedPlace) -> None:
    assert list((place.folder / "临时 目录").iterdir()) == []
