"""The board in front of a real service: a button starts a crawl, and the page says what came of it."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import yaml
from board_client import Client
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parents[1]))

from running import Running
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.name == "nt", reason="the service of these tests is ended as a POSIX system does"),
]


@pytest.fixture(scope="module")
def service(object_store_server: SeaweedStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Sandbox(SandboxOptions(shops=1, rows=5, report_seconds=0, empty_link_seconds=0)) as sandbox:
        store = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
        place = Workplace(tmp_path_factory.mktemp("board-service"), sandbox, store)
        place.sign_in(*(shop.id for shop in place.shops))
        jobs = [{"name": "inventory", "spider": "jd_store", "cron": "59 23 * * *"}]
        (place.config_dir / "schedule.yaml").write_text(yaml.safe_dump({"jobs": jobs}), "utf-8")
        # The service reads it by itself, whoever starts it.
        place.variables["SHOPDATA_S3_SECRET_KEY"] = None
        (place.folder / ".env").write_text(f"SHOPDATA_S3_SECRET_KEY='{store.secret_key.get_secret_value()}'\n", "utf-8")
        (place.folder / ".env").chmod(0o600)
        service = Running(place)
        try:
            run = service.command("start")
            assert run.code == 0, run.text + service.log
            yield service
        finally:
            service.end()
            place.close()


def test_a_real_browser_may_press_a_button(service: Running, browser: Browser) -> None:
    """The service looks at where a form comes from, and a browser says it in its own way."""
    user, password = service.auth
    context = browser.new_context(locale="zh-CN")
    context.set_default_timeout(300_000)
    page = context.new_page()
    page.goto(f"{service.url}/board/schedule")
    page.get_by_label("用户名").fill(user)
    page.get_by_label("密码").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{service.url}/board/schedule")
    origins: list[str | None] = []
    page.on(
        "request", lambda request: origins.append(request.all_headers().get("origin")) if request.post_data else None
    )
    for button, told in (("暂停", "恢复"), ("恢复", "暂停")):
        page.get_by_role("button", name=button, exact=True).click()
        page.get_by_role("button", name=told, exact=True).wait_for()
    # What a browser that sends no Sec-Fetch-Site is known by.
    assert set(origins) == {service.url}
    context.close()


def test_from_a_button_to_a_workbook(service: Running) -> None:
    user, password = service.auth
    client = Client(service.port, service.place.state_dir, user=user, password=password)
    page = client.get("/").visible
    assert "1 个还没到时间" in page
    assert re.search(r"京东供应链库存 \d\d-\d\d", page)
    answer = client.press("/board/schedule", "run-now", job="inventory")
    assert answer.status == 303, answer.visible
    run_id = answer.headers["Location"].rpartition("=")[2]
    assert run_id in client.get("/board/runs").text
    service.wait_until(lambda: "s-run-complete" in client.get("/board/runs").text, "the run did not complete")
    page = client.get(f"/board/runs/{run_id}")
    assert "完成" in page.visible
    # The run has its outcome before its spider is closed.
    service.wait_until(lambda: "Spider closed" in client.get(f"/board/runs/{run_id}/log").text, "it is not closed")
    (link,) = {
        urljoin(f"/board/runs/{run_id}", part) for part in page.text.split('"') if "/board/cell/jd_store/" in part
    }
    _, _, _, _, dt, shop = link.split("/")
    assert "5 行" in client.get(link).visible
    workbook = client.get(f"/board/partition/jd_store/{dt}/workbook")
    assert workbook.body[:2] == b"PK"
    receipt = client.get(f"/board/partition/jd_store/{dt}").visible
    assert "5 行，1 家店" in receipt
    again = client.press(link, "collect", shop=shop)
    assert again.status == 303
    client.press("/board/schedule", "pause", job="inventory")
    assert "已暂停" in client.get("/board/schedule").visible
    assert "恢复" in client.get("/board/schedule").visible


def test_nothing_of_it_can_be_read_by_others(service: Running) -> None:
    """After a deployment and a crawl: eggs, queue, logs, the ledger, what was collected."""
    state = service.place.state_dir
    # What a crawl has open comes and goes.
    service.wait_until(lambda: not service.ids("pending") | service.ids("running"), "a crawl runs on")
    names = {path.name for path in state.rglob("*")}
    assert names >= {"eggs", "dbs", "logs", "service.log", "ledger.sqlite3", "merged", "sessions"}
    assert [path.name for path in state.rglob("*") if path.lstat().st_mode & 0o077 and not path.is_symlink()] == []
    assert state.stat().st_mode & 0o077 == 0
