"""The configuration that we ship, read as if all its variables were set."""

from __future__ import annotations

import re
from pathlib import Path

from shopdata.config import Config, load_config

FOLDER = Path(__file__).parents[1] / "pipelines_config"


def load_shipped_config() -> Config:
    """Variables that have a default keep it."""
    texts = [path.read_text("utf-8") for path in FOLDER.glob("*.yaml")]
    return load_config(FOLDER, {name: "something" for text in texts for name in re.findall(r"\$\{(\w+)\}", text)})
