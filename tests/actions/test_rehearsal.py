"""What a rehearsal switches off, of all that a crawl is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgresql_server import PostgresServer

from sandbox import Sandbox, SandboxOptions
from shopdata import crawl_settings
from shopdata.actions.rehearsal import COMPONENTS
from shopdata.config import load_config
from shopdata.ledger import CellKey
from shopdata.sessions.pace import SharedPace
from shopdata.workspace import Workspace

#: Each of these neither publishes nor tells anybody but the log.
KEPT = {
    "ITEM_PIPELINES": {"shopdata.pipelines.admit.AdmitPipeline", "shopdata.pipelines.validate.ValidatePipeline"},
    "EXTENSIONS": {"shopdata.extensions.cell_leases.CellLeases", "shopdata.extensions.reasons.ReasonsLog"},
}

#: What nobody asks for here.
STORE = {f"SHOPDATA_S3_{name}": "store.example:9000" for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY")}


@pytest.mark.parametrize("setting", KEPT)
def test_all_that_publishes_or_tells_is_off(setting: str) -> None:
    ours = {path for path in getattr(crawl_settings, setting) if path.startswith("shopdata.")}
    off = {path for path, place in COMPONENTS[setting].items() if place is None}
    assert ours == off | KEPT[setting]


@pytest.mark.services
def test_sessions_and_pace_are_those_of_all_runs(postgresql_server: PostgresServer, tmp_path: Path) -> None:
    """Cells and runs are not: of them a rehearsal has a ledger of its own."""
    url, key = postgresql_server.new_database(), "k" * 32
    with Sandbox(SandboxOptions(shops=1)) as sandbox:
        config = load_config(sandbox.write_config(tmp_path / "config"), sandbox.environment() | STORE)
        shop, cookies = config.shops[0], sandbox.open_session(config.shops[0].id)
    runs = Workspace(tmp_path / "state", url, key)
    aside = Workspace(tmp_path / "aside", None, key, sessions_database_url=url)
    for workspace in (runs, aside):
        workspace.state_dir.mkdir()
    runs.sessions.save(shop, cookies)
    kept = aside.sessions.load(shop)
    assert kept is not None
    assert kept.values() == {cookie["name"]: cookie["value"] for cookie in cookies}
    paces = [workspace._session_parts.pace(config) for workspace in (runs, aside)]
    assert [type(pace) for pace in paces] == [SharedPace] * 2
    aside.ledger.add_cells(shop.platform, [CellKey("jd_store", "2026-03-01", shop.id)])
    assert [len(workspace.ledger.cells("jd_store", "2026-03-01")) for workspace in (runs, aside)] == [0, 1]
    for workspace in (runs, aside):
        workspace.ledger.close()
    aside._sessions_ledger.close()
    assert url not in repr(aside)
