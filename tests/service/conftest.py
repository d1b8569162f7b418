"""The project's egg, for services whose tests are about something else than how it gets there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock
from project_egg import build_project_egg


@pytest.fixture(scope="session")
def project_egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once for all workers of a run: `Running.lay` puts it where a service of earlier has left one."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with FileLock(folder / "project_egg.lock"):
        built = folder / "project_egg"
        if not (built / "deployed.json").is_file():
            build_project_egg(built)
    return built
