"""A `pipelines_config` without mistakes, for tests to put one in."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_folder import ConfigFolder


@pytest.fixture
def folder(tmp_path: Path) -> ConfigFolder:
    """A good folder of its own."""
    return ConfigFolder(tmp_path / "pipelines_config")
