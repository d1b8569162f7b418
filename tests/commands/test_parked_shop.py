"""A shop that waits for a person, in a crawl of many days: one line wherever a person reads, not one for each day."""

from __future__ import annotations

import re

import pytest
from workplace import Workplace

from shopdata.config import load_config
from shopdata.reasons import Reason
from shopdata.sessions.sessions import SessionStore

pytestmark = pytest.mark.services

WHY = "shop 'sandbox-02': credentials refused. Fix them."
SAID = {"said": "账号或密码错误"}
SPAN = "2026-03-01 to 2026-03-06 (6 periods)"


@pytest.fixture
def parked(place: Workplace) -> Workplace:
    place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=1))
    sessions = SessionStore(place.state_dir / "sessions")
    for shop in load_config(place.config_dir, place.environment({})).shops:
        if shop.id == "sandbox-02":
            sessions.park(shop, Reason("credentials_refused", SAID, WHY))
    return place


def test_one_line_in_log_and_summary(parked: Workplace) -> None:
    run = parked.crawl("start=2026-03-01", "end=2026-03-06", "shops=sandbox-02")
    assert run.code == 1
    log, summary = [line for line in run.err.splitlines() if "credentials refused" in line]
    assert f"ERROR   jd_store sandbox-02 {SPAN}: needs_login: " in log
    assert re.search(rf"missing   .* \(sandbox-02\), {re.escape(SPAN)}: needs_login: ", summary)
    cells = parked.status()["cells"]
    assert [(cell["code"], cell["params"]) for cell in cells] == [("credentials_refused", SAID)] * 6
    assert all(cell["reason"].endswith("or try again as it is with `-a force=1`.") for cell in cells)
