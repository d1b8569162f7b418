"""A service whose ledger's database hangs goes on answering, and takes jobs again when the database is back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from sqlalchemy import make_url
from swallowing_proxy import SwallowingProxy
from tiny_service import TinyService, tiny_egg

pytestmark = [
    pytest.mark.services,
    pytest.mark.cold,
    pytest.mark.skipif(os.name == "nt", reason="ends it as a POSIX system does"),
]


@pytest.fixture
def proxy(postgresql_server: PostgresServer) -> Iterator[SwallowingProxy]:
    with SwallowingProxy(make_url(postgresql_server.url("postgres")).port or 0) as proxy:
        yield proxy


def test_the_board_is_not_frozen(proxy: SwallowingProxy, postgresql_server: PostgresServer, tmp_path: Path) -> None:
    url = make_url(postgresql_server.new_database()).set(port=proxy.port).render_as_string(hide_password=False)
    service = TinyService(tmp_path, SHOPDATA_DATABASE_URL=url, SHOPDATA_SECRET_KEY="a key for tests")
    try:
        service.start()
        assert service.deploy(tiny_egg())["status"] == "ok"
        proxy.is_swallowing = True
        service.wait_until(lambda: proxy.swallowed, "it has asked the database")
        asked = proxy.swallowed
        for _ in range(3):
            assert service.ask("daemonstatus.json")["status"] == "ok"
            assert service.request("GET", "/board/login", auth="")[0] in (200, 303)
        # All of that while the database was silent.
        assert (proxy.is_swallowing, proxy.swallowed >= asked) == (True, True)
        proxy.is_swallowing = False
        proxy.cut()
        service.wait_until(lambda: service.schedule(jobid="after")["status"] == "ok", "it takes a job")
        service.wait_until(lambda: "after" in service.finished(), "the job has run")
    finally:
        service.stop()
