"""A service that shares ledger and eggs: what others deploy it runs, and a database that hangs freezes nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from sqlalchemy import make_url
from swallowing_proxy import SwallowingProxy
from tiny_service import TinyService, tiny_egg

from sandbox.store import SeaweedStore
from shopdata.service.egg_bucket import EggBucket
from shopdata.store.object_store import ObjectStore

pytestmark = [
    pytest.mark.services,
    pytest.mark.cold,
    pytest.mark.skipif(os.name == "nt", reason="ends it as a POSIX system does"),
]

KEY = "a key for tests, the same on all machines"
SETTINGS = "BOT_NAME = 'second'\nSPIDER_MODULES = ['tiny.spiders']\n"


@pytest.fixture(scope="module")
def url(postgresql_server: PostgresServer) -> str:
    return postgresql_server.new_database()


@pytest.fixture(scope="module")
def proxy(url: str) -> Iterator[SwallowingProxy]:
    with SwallowingProxy(make_url(url).port or 0) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def store(object_store_server: SeaweedStore) -> Iterator[ObjectStore]:
    with ObjectStore(object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")) as store:
        yield store


@pytest.fixture(scope="module")
def shared(
    proxy: SwallowingProxy, url: str, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TinyService]:
    settings = store._settings
    service = TinyService(
        tmp_path_factory.mktemp("machine"),
        SHOPDATA_DATABASE_URL=make_url(url).set(port=proxy.port).render_as_string(hide_password=False),
        SHOPDATA_SECRET_KEY=KEY,
        SHOPDATA_S3_ENDPOINT=settings.endpoint,
        SHOPDATA_S3_SECURE="false",
        SHOPDATA_S3_BUCKET=settings.bucket,
        SHOPDATA_S3_ACCESS_KEY=settings.access_key,
        SHOPDATA_S3_SECRET_KEY=settings.secret_key.get_secret_value(),
    )
    try:
        service.start()
        yield service
    finally:
        service.stop()


def test_one_deployment_is_everybodys(shared: TinyService, store: ObjectStore, tmp_path: Path) -> None:
    other = EggBucket(tmp_path / "eggs", lambda: store, KEY)
    egg = tiny_egg()
    answer = shared.deploy(egg, version="1")
    assert (answer["status"], answer.get("warning")) == ("ok", None)
    assert other.sync() is True
    assert (tmp_path / "eggs" / "shopdata" / "1.egg").read_bytes() == egg
    broken = shared.deploy(tiny_egg(spiders="import nothing_of_this_name"), version="3")
    assert broken["status"] == "error"
    assert other.sync() is False
    # Another machine is deployed to: this one knows it, and runs it.
    with other.adding("shopdata", "2"):
        (tmp_path / "eggs" / "shopdata" / "2.egg").write_bytes(tiny_egg(settings=SETTINGS))
    other.sync()
    assert shared.ask("listversions.json?project=shopdata")["versions"] == ["1", "2"]
    assert shared.schedule(jobid="newest")["status"] == "ok"
    shared.wait_until(lambda: "newest" in shared.finished(), "the job has run")
    log = (shared.folder / "logs" / "shopdata" / "jd_store" / "newest.log").read_text("utf-8")
    assert "bot: second" in log
    assert shared.ask("delversion.json", project="shopdata", version="2")["status"] == "ok"
    assert other.sync() is True
    assert [path.name for path in (tmp_path / "eggs" / "shopdata").iterdir()] == ["1.egg"]


def is_answered_while_it_hangs(shared: TinyService, proxy: SwallowingProxy, job: str) -> bool:
    """Whether questions are answered before anybody has given up waiting for the database; then it is started again,
    and a job is run."""
    before = shared.log.count("no answer in")
    proxy.silenced.clear()
    proxy.is_swallowing = True
    # Clock and queue.
    shared.wait_until(lambda: len(proxy.silenced) > 1, "it has asked the database")
    for _ in range(3):
        assert shared.ask("daemonstatus.json")["status"] == "ok"
        assert shared.request("GET", "/board/login", auth="")[0] in (200, 303)
    is_answered = shared.log.count("no answer in") == before
    proxy.is_swallowing = False
    proxy.cut()
    shared.wait_until(lambda: shared.schedule(jobid=job)["status"] == "ok", "it takes a job")
    shared.wait_until(lambda: job in shared.finished(), "the job has run")
    return is_answered


def test_a_database_that_hangs_freezes_nothing(shared: TinyService, proxy: SwallowingProxy) -> None:
    assert shared.deploy(tiny_egg(), version="1")["status"] == "ok"
    # A service that it freezes answers only after that, whenever it is tried; a busy machine does so now and then.
    assert any(is_answered_while_it_hangs(shared, proxy, f"after-{attempt}") for attempt in range(4))
