"""Processes of a portal: each with its own log, ended by its id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import urllib3

_STARTS_WITHIN_SECONDS = 180


class SetUpError(Exception):
    """Raised where a portal can't be set up; says which log tells why."""


class Processes:
    """What a portal runs; all of it ends with the block."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.environment = folder, {**os.environ, **environment}
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for process in reversed(self._running):
            # Workers of a server are of its group.
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def run(self, name: str, command: Sequence[str], cwd: Path | None = None, given: str = "") -> None:
        """Runs to its end. Raises SetUpError where it fails."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as out:
            done = subprocess.run(
                command, env=self.environment, cwd=cwd, stdout=out, stderr=out, input=given.encode(), check=False
            )
        if done.returncode:
            raise SetUpError(f"{name} ended with {done.returncode}; its last words:\n{_end_of(log)}")

    def start(self, name: str, command: Sequence[str], cwd: Path | None = None) -> None:
        """Starts what runs until the block ends."""
        log = (self.folder / f"{name}.log").open("wb")
        self._running.append(
            subprocess.Popen(
                command, env=self.environment, cwd=cwd, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        )  # fmt: skip
        log.close()

    def wait_for(self, url: str) -> None:
        """Returns once a page answers. Raises SetUpError where none does."""
        deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
        with urllib3.PoolManager(retries=False, timeout=20) as pool:
            while time.monotonic() < deadline:
                if any(process.poll() is not None for process in self._running):
                    break
                try:
                    if pool.request("GET", url).status < 500:
                        return
                except urllib3.exceptions.HTTPError:
                    pass
                time.sleep(0.2)
        logs = "\n".join(_end_of(log) for log in sorted(self.folder.glob("*.log")))
        raise SetUpError(f"nothing answers at {url}; the logs end with:\n{logs}")


def _end_of(log: Path) -> str:
    text = log.read_text("utf-8", "replace")
    return text if len(text) < 4000 else f"{text[:2000]}\n…\n{text[-2000:]}"


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
