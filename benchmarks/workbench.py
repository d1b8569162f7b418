"""A place to measure crawls in: sandbox portals, a real object store; a state directory and a bucket for each code."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measuring import ROOT, Measured, measure
from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.config import load_config
from shopdata.sessions.identity import Identities
from shopdata.sessions.session import Session
from shopdata.sessions.sessions import SessionStore
from shopdata.sessions.sign_in import login_for


@dataclass(frozen=True)
class Workbench:
    """What a run needs. Nothing of it outlives the block of `workbench`."""

    folder: Path
    sandbox: Sandbox
    store: SeaweedStore

    @property
    def config(self) -> Path:
        """The folder of the configuration."""
        return self.folder / "config"

    def environment(self, code: Path = ROOT) -> dict[str, str]:
        """What the processes of a revision get: its code, a state directory and a bucket of its own."""
        return {
            **os.environ,
            **self.sandbox.environment(),
            **self.store.environment(),
            "SHOPDATA_CONFIG_DIR": str(self._config_of(code)),
            "SHOPDATA_STATE_DIR": str(self._state(code)),
            # As in production: sessions are encrypted.
            "SHOPDATA_SECRET_KEY": "a key for benchmarks",
            "SHOPDATA_S3_BUCKET": f"bucket-{code.name.lower()}",
            "PYTHONPATH": os.pathsep.join([str(code), os.environ.get("PYTHONPATH", "")]),
        }

    def edit(self, name: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Changes a file of the configuration."""
        path = self.config / name
        content = yaml.safe_load(path.read_text("utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")

    def save_sessions(self, code: Path = ROOT, *, state: Path | None = None) -> None:
        """Sessions of all shops, and who they are, as a run of yesterday has left them.

        Args:
            state: another state directory than the revision's own.
        """
        folder = (state or self._state(code)) / "sessions"
        environment = self.environment(code)
        sessions, identities = SessionStore(folder, environment["SHOPDATA_SECRET_KEY"]), Identities(folder)
        config = load_config(self.config, environment)
        for shop in config.shops:
            saved: Session = sessions.save(shop, self.sandbox.open_session(shop.id))
            portal = config.portal(shop.platform)
            found = asyncio.run(login_for(shop.platform).identity(saved.values(), None, portal))
            identities.check_and_keep(shop, found, config.shops)

    def crawl(
        self, spider: str, *options: str, code: Path = ROOT, good: Sequence[int] = (0,), browser: str | None = None
    ) -> Measured:
        """The command a user types; `browser` is the path of one that is not the usual, with a state of its own."""
        command = ["scrapy", "crawl", spider, "-s", "LOG_LEVEL=WARNING", *options]
        environment = self.environment(code)
        if browser:
            # What one browser's crawl has done is no start for another's.
            own = {name: f"{environment[name]}-browser" for name in ("SHOPDATA_STATE_DIR", "SHOPDATA_S3_BUCKET")}
            environment |= {**own, "SHOPDATA_BROWSER_PATH": browser}
        return measure([sys.executable, "-m", *command], environment, good=good, folder=code)

    def _config_of(self, code: Path) -> Path:
        """The configuration that a revision understands: its own datasets, and of the portals what it knows."""
        folder = self.folder / f"config-{code.name}"
        if code == ROOT:
            return self.config
        if not folder.exists():
            shutil.copytree(self.config, folder)
            portals = yaml.safe_load((folder / "portals.yaml").read_text("utf-8"))
            (folder / "portals.yaml").write_text(yaml.safe_dump(known_to(code, portals)), "utf-8")
            for name in ("datasets", "recipes"):
                shutil.rmtree(folder / name, ignore_errors=True)
                if (code / "pipelines_config" / name).is_dir():
                    shutil.copytree(code / "pipelines_config" / name, folder / name)
        return folder

    def _state(self, code: Path) -> Path:
        return self.folder / f"state-{code.name}"


def known_to(code: Path, portals: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each portal's settings those that a revision's code declares: it refuses all others."""
    declared = {
        name
        for file in (code / "shopdata").rglob("*.py")
        for name in re.findall(r"^ {4}(\w+): ", file.read_text("utf-8"), re.MULTILINE)
    }
    return {
        platform: {key: value for key, value in settings.items() if key in declared}
        for platform, settings in portals.items()
    }


@contextmanager
def workbench(options: SandboxOptions) -> Iterator[Workbench]:
    """Starts the sandbox and the store, and ends them."""
    with tempfile.TemporaryDirectory() as name, Sandbox(options) as sandbox, SeaweedStore() as store:
        bench = Workbench(Path(name), sandbox, store)
        sandbox.write_config(bench.config)
        # Else all would publish into one, and the second find there what the first has collected.
        bench.edit("lake.yaml", lambda lake: lake["object_store"].update(bucket="${SHOPDATA_S3_BUCKET}"))
        yield bench
