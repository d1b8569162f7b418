"""A place to measure crawls in: sandbox portals, a real object store; a state directory and a bucket for each code."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
            "SHOPDATA_CONFIG_DIR": str(self.config),
            "SHOPDATA_STATE_DIR": str(self._state(code)),
            "SHOPDATA_S3_BUCKET": f"bucket-{code.name.lower()}",
            "PYTHONPATH": os.pathsep.join([str(code), os.environ.get("PYTHONPATH", "")]),
        }

    def save_sessions(self, code: Path = ROOT) -> None:
        """Sessions of all shops, and who they are, as a run of yesterday has left them."""
        folder = self._state(code) / "sessions"
        sessions, identities = SessionStore(folder), Identities(folder)
        config = load_config(self.config, self.environment(code))
        for shop in config.shops:
            saved: Session = sessions.save(shop, self.sandbox.open_session(shop.id))
            portal = config.portal(shop.platform)
            found = asyncio.run(login_for(shop.platform).identity(saved.values(), None, portal))
            identities.check_and_keep(shop, found, config.shops)

    def crawl(self, spider: str, *options: str, code: Path = ROOT, good: Sequence[int] = (0,)) -> Measured:
        """The command a user types."""
        command = ["scrapy", "crawl", spider, "-s", "LOG_LEVEL=WARNING", *options]
        return measure([sys.executable, "-m", *command], self.environment(code), good=good, folder=code)

    def _state(self, code: Path) -> Path:
        return self.folder / f"state-{code.name}"


@contextmanager
def workbench(options: SandboxOptions) -> Iterator[Workbench]:
    """Starts the sandbox and the store, and ends them."""
    with tempfile.TemporaryDirectory() as name, Sandbox(options) as sandbox, SeaweedStore() as store:
        bench = Workbench(Path(name), sandbox, store)
        sandbox.write_config(bench.config)
        yield bench
