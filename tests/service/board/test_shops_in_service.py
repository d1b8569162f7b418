"""A service that begins without any shop: they come in by the board, and its crawls, out of the egg, collect them."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml
from board_client import forms_of

sys.path.insert(0, str(Path(__file__).parents[1]))

from running import Running
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore

pytestmark = [
    pytest.mark.services,
    pytest.mark.browser,
    pytest.mark.skipif(os.name == "nt", reason="the service of these tests is ended as a POSIX system does"),
]

DAY = "2026-03-01"


@pytest.fixture
def service(
    object_store_server: SeaweedStore, tmp_path_factory: pytest.TempPathFactory, project_egg: Path
) -> Iterator[Running]:
    with Sandbox(SandboxOptions(shops=1, pdd_shops=0, rows=5, report_seconds=0, empty_link_seconds=0)) as sandbox:
        store = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
        place = Workplace(tmp_path_factory.mktemp("first-hour"), sandbox, store)
        jobs = [{"name": "inventory", "spider": "jd_store", "args": {"date": DAY}, "cron": "59 23 * * *"}]
        (place.config_dir / "schedule.yaml").write_text(yaml.safe_dump({"jobs": jobs}), "utf-8")
        (place.config_dir / "shops.yaml").unlink()
        place.variables["SHOPDATA_SECRET_KEY"] = "a key that is long enough"
        service = Running(place)
        service.lay(project_egg)
        try:
            run = service.command("start")
            assert run.code == 0, run.text + service.log
            yield service
        finally:
            service.end()
            place.close()


class Visitor:
    """A browser without scripts."""

    def __init__(self, service: Running) -> None:
        self._board = f"{service.url}/board"
        self._session = requests.Session()
        self._session.auth = service.auth

    def get(self, page: str) -> str:
        answer = self._session.get(f"{self._board}/{page}", timeout=300)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, page: str | None, action: str, *, html: str = "", file: bytes = b"", **values: str) -> str:
        shown = self.get(page) if page is not None else html
        (form,) = [form for form in forms_of(shown) if form.action.endswith(f"/do/{action}")]
        fields = {name: value for name, value in form.values.items() if name not in ("file", "update")} | values
        answer = self._session.post(
            f"{self._board}/do/{action}",
            data=fields,
            files={"file": ("shops.csv", file)} if file else None,
            timeout=300,
        )
        assert answer.status_code == 200, answer.text
        return answer.text


def test_the_first_shop_comes_in_by_the_board_and_gets_another_id(service: Running) -> None:
    place, visitor = service.place, Visitor(service)
    (shop,) = place.sandbox.shops
    password = place.sandbox.password(shop.id)
    for page in ("", "days", "runs", "sessions", "schedule", "shops"):
        assert "</html>" in visitor.get(page), "no page needs a shop"
    text = f"店铺,平台,账号,密码\n{shop.name},京东,{shop.username},{password}\n"
    shown = visitor.send("shops", "shops-upload", file=text.encode())
    assert "jd-001" in visitor.send(None, "shops-enter", html=shown)

    visitor.send("schedule", "run-now")
    service.wait_until(lambda: "s-run-complete" in visitor.get("runs"), "the run did not complete")
    assert [one["id"] for one in place.receipt(DAY)["shops"]] == ["jd-001"]

    visitor.send("shops/jd-001", "shop-rename", new="flagship")
    service.wait_until(lambda: "jd-001 现在是 flagship" in visitor.get("shops"), "it got no other id")
    assert [one["id"] for one in place.receipt(DAY)["shops"]] == ["flagship"]
    for path in place.state_dir.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert password.encode() not in content, path
