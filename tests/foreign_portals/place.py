"""A desk at which somebody uses the product: its configuration, its commands, and a window that others look into."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from portals import PASSWORD, USER, Running
from processes import free_port
from window import with_debugging

SHOP = "desk"
_LAKE = {
    # Nothing is published: a rehearsal needs no store, but its configuration does.
    "object_store": {
        "endpoint": "127.0.0.1:9", "secure": False, "bucket": "warehouse",
        "access_key": "none", "secret_key": "nothing",
    },
}  # fmt: skip


class Place:
    """Configuration and state of one portal.

    Args:
        folder: an empty one.
        display: the screen on which windows open.
    """

    def __init__(self, folder: Path, running: Running, display: str) -> None:
        self.folder, self.port = folder, free_port()
        self.config, self.state = folder / "pipelines_config", folder / "state"
        (self.config / "datasets").mkdir(parents=True)
        (self.config / "recipes").mkdir()
        shop = {
            "id": SHOP, "name": "Tea House Desk", "platform": running.name,
            "username": "${FOREIGN_USERNAME}", "password": "${FOREIGN_PASSWORD}",
        }  # fmt: skip
        files = {
            "portals.yaml": {running.name: {**running.section, "requests_per_second": 20, "poll_every_seconds": 0.5}},
            "shops.yaml": {"shops": [shop]},
            "lake.yaml": _LAKE,
        }
        for name, content in files.items():
            (self.config / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
        self._variables = {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "SCRAPY_SETTINGS_MODULE": "shopdata.settings",
            "SHOPDATA_CONFIG_DIR": str(self.config),
            "SHOPDATA_STATE_DIR": str(self.state),
            "SHOPDATA_BROWSER_PATH": str(with_debugging(self.folder, self.port)),
            "SHOPDATA_LANGUAGE": "en",
            "LC_ALL": "C.UTF-8",
            "FOREIGN_USERNAME": USER,
            "FOREIGN_PASSWORD": PASSWORD,
            "DISPLAY": display,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `scrapy` with these arguments."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHOPDATA_", "SCRAPY_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", *arguments],
            env=kept | self._variables, cwd=self.folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def scrapy(self, *arguments: str) -> tuple[int, str, str]:
        """Runs it to its end: exit code and what it said on either stream."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        return process.returncode, out, err


def wait_until(what: Any, said: str, seconds: float = 400) -> Any:
    """What comes of it once that is anything. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > deadline:
            raise TimeoutError(said)
        time.sleep(0.1)
    return found
