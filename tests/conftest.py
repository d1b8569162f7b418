"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import importlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from postgresql_server import PostgresServer, find_programs

from sandbox.store import SeaweedStore
from shopdata import config
from shopdata.ledger.database import Database
from shopdata.periods import SHANGHAI
from shopdata.store.object_store import ObjectStore

#: Tests look for English lines, also where a person with another language runs them; commands inherit it.
os.environ["LC_ALL"] = "C.UTF-8"


#: Fixtures that start one for the whole session.
SERVERS = {"object_store_server", "postgresql_server"}
#: Fixtures that start the service's own process, or build a package.
COLD = {"service", "egg", "wheel"}
#: No single one that crawls takes longer, on a machine with as much to do as this suite gives it.
AS_LONG_AS_A_TEST = timedelta(minutes=10)
#: Folders with a service or a board that is started for the session, so once for each worker that has any of them.
TOGETHER = ("tests/service/live/", "tests/service/board/")
#: What keeps a worker longest; `pytest --durations=50` tells. The cluster mostly waits: others work meanwhile.
LONGEST = (
    *TOGETHER,
    "tests/cluster/",
    "tests/crawl/test_crash_table.py",
    "tests/service/",
    "tests/doctor/",
    "tests/crawl/",
)
#: What their marks say of tests that take seconds each.
SLOW = ("browser", "services", "soak", "cold")
#: No browser, no server besides those of a test itself, no program that needs a second to begin.
QUICK = "not browser and not services and not soak and not cold"


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long tests/crawl/test_soak.py soaks, how many journals are spoiled, and what `python run.py test` adds."""
    parser.addoption("--everything", action="store_true", help="browsers, servers and soaking too")
    parser.addoption("--soak-shops", type=int, default=5)
    parser.addoption("--soak-rounds", type=int, default=6)
    parser.addoption("--soak-seed", type=int, default=20260302)
    parser.addoption("--mutants", type=int, default=100)


def pytest_configure(config: pytest.Config) -> None:
    """`pytest` alone runs the quick tests; who names a file, or says `-m`, gets what they ask for."""
    is_alone = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if is_alone and not config.option.markexpr and not config.option.everything:
        config.option.markexpr = QUICK
    if config.option.everything or config.option.markexpr == QUICK:
        # As it is imported, it looks at the whole stack, in all modules that there are by then: two seconds, later.
        importlib.import_module("scrapy.core.downloader.contextfactory")
    # How long an example takes says nothing on a machine with much to do.
    settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")
    if (cache := getattr(config, "cache", None)) is not None:
        # A start of Playwright's driver, of which there are a hundred, takes a fifth less with compiled scripts.
        os.environ.setdefault("NODE_COMPILE_CACHE", str(cache.mkdir("node")))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As `--dist loadfile`, but for folders whose files share what is dear to start: each on one worker."""
    if config.getoption("dist") != "loadfile":
        return None
    scheduler = importlib.import_module("xdist.scheduler").LoadFileScheduling

    class Together(scheduler):  # type: ignore[misc, valid-type]
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))

    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with whole crawls, browsers and programs first, the longest before the others: at the end no worker is left
    alone with a long one.

    What uses one of our servers is none of the quick tests, whether it says so or not.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if SERVERS & fixtures:
            item.add_marker(pytest.mark.services)
        if COLD & fixtures:
            item.add_marker(pytest.mark.cold)
    long = {item.path for item in items if any(map(item.get_closest_marker, SLOW))}
    items.sort(key=lambda item: (item.path not in long, _rank(item)))


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What crawls does so within one business day: portals and commands ask the clock, and at midnight in Shanghai
    another day is meant by all that they say."""
    if not any(map(item.get_closest_marker, ("browser", "services"))):
        return
    now = datetime.now(SHANGHAI)
    left = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), SHANGHAI) - now
    if left < AS_LONG_AS_A_TEST:
        time.sleep(left.total_seconds() + 1)


@pytest.fixture(autouse=True, scope="module")
def _no_ledger_stays_open() -> Iterator[None]:
    """Processes end, and their connections with them; a test's do not, and Python 3.13 tells of each that it finds."""
    opened: list[Database] = []
    make = Database.__init__

    def note(self: Database, *arguments: Any, **options: Any) -> None:
        opened.append(self)
        make(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "__init__", note)
        yield
    for database in opened:
        with suppress(AttributeError):  # one that could not be made
            database.close()


@pytest.fixture(scope="session")
def object_store_server() -> Iterator[SeaweedStore]:
    """One real S3 server for the whole session, empty at its start. Mark the tests that use it with `services`."""
    with SeaweedStore() as server:
        yield server


@pytest.fixture
def store_settings(object_store_server: SeaweedStore) -> config.ObjectStoreSettings:
    """How to reach a bucket that no other test uses. It does not exist yet."""
    return object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")


@pytest.fixture
def object_store(store_settings: config.ObjectStoreSettings) -> Iterator[ObjectStore]:
    """An open store on an empty bucket of its own."""
    with ObjectStore(store_settings) as store:
        store.ensure_bucket()
        yield store


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole session. Mark the tests that use it with `services`."""
    programs = find_programs()
    if programs is None:
        sentence = "no PostgreSQL is installed (Debian: apt-get install postgresql): the ledger is tried on SQLite only"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database for a ledger, of each kind that there is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    server: PostgresServer = request.getfixturevalue("postgresql_server")
    return server.new_database()
