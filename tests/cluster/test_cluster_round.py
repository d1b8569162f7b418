"""One round of the cluster; `python -m tests.cluster` has thirty, chosen by a seed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from misfortunes import LEASE_SECONDS, Misfortune
from postgresql_server import PostgresServer
from rounds import cluster

from sandbox.store import SeaweedStore

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.name == "nt", reason="suspends and kills as a POSIX system does"),
]


def test_one_sleeps_one_is_killed_and_the_store_is_away(
    object_store_server: SeaweedStore, postgresql_server: PostgresServer, tmp_path: Path
) -> None:
    what = [
        Misfortune("store", 0, 1, 4),
        # When all is ordered: nothing keeps an order back that somebody has begun to send when he falls asleep.
        Misfortune("sleep", 1, 16, 1.5 * LEASE_SECONDS),
        Misfortune("kill machine", 2, 18, 1),
    ]
    with cluster(tmp_path, postgresql_server, object_store_server, seed=1, shops=4, is_due=True) as made:
        assert made.round(what) == []
        assert all(made.crawled())
        assert made.outcome.sign_ins == 0
