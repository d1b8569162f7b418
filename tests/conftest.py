"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from shopdata import config
from shopdata.lake.objects import ObjectStore
from shopdata.sandbox.store import SeaweedStore


@pytest.fixture(scope="session")
def object_store_server() -> Iterator[SeaweedStore]:
    """One real S3 server for the whole session, empty at its start. Mark the tests that use it with `services`."""
    with SeaweedStore() as server:
        yield server


@pytest.fixture
def store_settings(object_store_server: SeaweedStore) -> config.ObjectStore:
    """How to reach a bucket that no other test uses. It does not exist yet."""
    return object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")


@pytest.fixture
def object_store(store_settings: config.ObjectStore) -> Iterator[ObjectStore]:
    """An open store on an empty bucket of its own."""
    with ObjectStore(store_settings) as store:
        store.ensure_bucket()
        yield store
