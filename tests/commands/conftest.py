"""A place to type commands in. Nothing here needs a store: it is named, and nobody listens there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions
from shopdata.config import ObjectStoreSettings


@pytest.fixture(scope="module")
def portals() -> Iterator[Sandbox]:
    """One sandbox for all commands of a module."""
    with Sandbox(SandboxOptions(shops=2, rows=5)) as sandbox:
        yield sandbox


@pytest.fixture
def place(portals: Sandbox, tmp_path: Path) -> Iterator[Workplace]:
    """A workplace whose portals were asked nothing yet."""
    portals.clear_records()
    store = ObjectStoreSettings(
        endpoint="127.0.0.1:9", secure=False, access_key="nobody", secret_key=SecretStr("nothing"), bucket="nowhere"
    )
    workplace = Workplace(tmp_path, portals, store)
    yield workplace
    workplace.close()
