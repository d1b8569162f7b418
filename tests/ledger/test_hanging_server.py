"""A database server that takes questions and never answers, and one that was started again."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from postgresql_server import PostgresServer
from sqlalchemy import make_url
from swallowing_proxy import SwallowingProxy

from shopdata.exceptions import LedgerError
from shopdata.ledger import Ledger

pytestmark = pytest.mark.services

#: Enough for a busy machine to answer in, and to be waited for in a test.
SECONDS = 10.0


@pytest.fixture
def url(postgresql_server: PostgresServer) -> str:
    return postgresql_server.new_database()


@pytest.fixture
def proxy(url: str) -> Iterator[SwallowingProxy]:
    with SwallowingProxy(make_url(url).port or 0) as proxy:
        yield proxy


def test_it_is_not_waited_for_for_ever(url: str, proxy: SwallowingProxy) -> None:
    Ledger(url).close()  # what makes the tables need not be quick
    behind = make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
    with Ledger(behind, answer_seconds=SECONDS) as ledger:
        ledger.nodes.beat("a")
        proxy.is_swallowing = True
        with pytest.raises(LedgerError, match=r"the ledger's database can't be used\. Found .*(no answer|timeout)"):
            ledger.nodes.beat("a")
        proxy.is_swallowing = False
        ledger.nodes.beat("b")
        assert ledger.nodes.silent_for().keys() == {"a", "b"}


def test_connections_of_a_server_that_was_started_again_are_made_anew(url: str) -> None:
    with Ledger(url) as ledger, psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        assert ledger.queue.count("shopdata") == 0
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert ledger.queue.count("shopdata") == 0
