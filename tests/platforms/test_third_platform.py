"""A platform from outside: what docs/add-a-platform.md says is written, installed beside the project, and collects.

Nothing in `shopdata/` knows it, and nothing there is touched.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import subprocess
import sys
import tomllib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.request import Request, urlopen

import pyarrow.parquet as pq
import pytest
from acme_portal import FILES, ORDERS, AcmeServer
from workplace import REPO, Workplace

from shopdata.config.platforms import GROUP
from shopdata.sessions.sign_in import PortalAnswer

DAY = "2026-03-01"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages with Acme's, as pip leaves it."""
    folder = tmp_path_factory.mktemp("site")
    for name, text in FILES.items():
        if name.startswith("acme_shop/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    about = folder / f"acme_shop-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = "".join(f"{name} = {value}\n" for name, value in project["entry-points"][GROUP].items())
    (about / "entry_points.txt").write_text(f"[{GROUP}]\n{points}")
    return folder


@pytest.fixture(scope="module")
def place(
    site: Path, tmp_path_factory: pytest.TempPathFactory, object_store_server: Any
) -> Iterator[tuple[Workplace, AcmeServer]]:
    """Where somebody collects from Acme alone."""
    with AcmeServer() as acme:
        store = object_store_server.settings(bucket="acme")
        workplace = Workplace(tmp_path_factory.mktemp("workplace"), cast("Any", acme), store)
        workplace.variables["PYTHONPATH"] = f"{site}{os.pathsep}{REPO}"
        yield workplace, acme
        workplace.close()


def board_of(workplace: Workplace) -> str:
    """The board's first page, from a process that has the package as the service would have it."""
    (workplace.folder / "control.json").write_text('{"jobs": [], "due": []}')
    server = REPO / "tests" / "service" / "board" / "board_server.py"
    command = [sys.executable, str(server), str(workplace.folder), f"{DAY}T20:00:00+08:00", "user", "password"]
    with subprocess.Popen(
        command, env=workplace.environment({}), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            request = Request(f"http://127.0.0.1:{process.stdout.readline().strip()}/?lang=zh")
            request.add_header("Authorization", "Basic " + b64encode(b"user:password").decode())
            with urlopen(request, timeout=600) as answer:
                return re.sub(r"<[^>]*>", "", answer.read().decode())
        finally:
            process.stdin.close()


@pytest.mark.browser
@pytest.mark.services
def test_it_collects(place: tuple[Workplace, AcmeServer]) -> None:
    """Checked, signed in to in a browser, collected, published and told; not named anywhere in the project."""
    workplace, acme = place
    checked = workplace.scrapy("check_config")
    assert checked.code == 0, checked.text
    assert "1 of 1 shops enabled, 1 datasets" in checked.out
    assert "platforms: JD, PDD, Acme" in checked.out

    run = workplace.scrapy("crawl", "acme_orders", "-a", f"date={DAY}")
    assert run.code == 0, run.text
    with workplace.objects() as objects:
        content = objects.get_bytes(f"ods/acme/acme_orders/dt={DAY}/acme_orders.parquet")
        receipt = objects.get_bytes(f"receipts/acme/acme_orders/dt={DAY}.json")
    table = pq.read_table(io.BytesIO(content))
    assert table.column_names == ["shop", "order_id", "item", "amount"]
    assert table.column("order_id").to_pylist() == [order["order_id"] for order in ORDERS]
    assert b'"platform":"acme"' in receipt.replace(b" ", b"")
    assert acme.asked.count("/api/orders") == 3

    status = workplace.scrapy("status", "--all", "--date", DAY)
    assert "acme_orders  Acme orders" in status.out
    assert re.search(r"acme_orders +2026-03-01 +1/1 +5  published", status.out)
    assert "艾克美订单" in board_of(workplace)


def test_its_answers_are_understood(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)
    login, portal = (
        importlib.import_module("acme_shop.login").AcmeLogin(),
        cast("Any", SimpleNamespace(dead_session=())),
    )

    def answer(status: int, body: bytes) -> PortalAnswer:
        return PortalAnswer(status, "https://shop.acme.example/api/me", "application/json", "", body)

    assert login.is_session_alive(answer(200, b'{"user": "tea"}'))
    assert not login.is_session_dead(answer(200, b'{"user": "tea"}'), portal)
    assert login.is_session_dead(answer(401, b"{}"), portal)
    assert login.is_session_dead(answer(200, b"<form>"), portal)
    assert login.risk_in(answer(429, b""), portal).may_pass
