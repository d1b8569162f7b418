"""Whole crawls: real Chromium, real object store, sandbox portals."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from workplace import MakeWorkplace, Workplace

from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore


@pytest.fixture(scope="module")
def make_workplace(
    object_store_server: SeaweedStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeWorkplace]:
    """Makes workplaces with a sandbox, a state directory and a bucket of their own, for the length of a module."""
    with ExitStack() as stack:

        def make(**options: Any) -> Workplace:
            quick: dict[str, Any] = {
                "rows": 20,
                "report_seconds": 0.3,
                "empty_link_seconds": 0.2,
                "report_deadline_seconds": 300,
            }
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**(quick | options))))
            folder: Path = tmp_path_factory.mktemp("workplace")
            workplace = Workplace(folder, sandbox, object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}"))
            stack.callback(workplace.close)
            # Several browsers on a busy machine: what waits for this on purpose sets its own.
            workplace.edit(
                "portals.yaml", lambda file: [portal.update(login_timeout_seconds=180) for portal in file.values()]
            )
            return workplace

        yield make
