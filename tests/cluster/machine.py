"""A machine of the cluster: a service with a state directory of its own, and what may befall it."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from typing import Any

import psutil
import yaml
from running import Running
from workplace import Run, Workplace

#: A busy machine takes its time.
TIMEOUT_SECONDS = 400


class Machine(Running):
    """The service of a workplace, whose processes can be killed, suspended, and parted from their disk."""

    def __init__(self, name: str, place: Workplace) -> None:
        super().__init__(place)
        self.name = name
        #: Those of disks that it had before.
        self.lost_logs: list[str] = []

    def begin(self, **variables: str) -> None:
        """`scrapy service start`, to its end."""
        self.started(self.start(**variables).wait(TIMEOUT_SECONDS))

    def start(self, **variables: str) -> Run:
        """The same, and nobody waits for it."""
        return self.place.start("service", "start", **variables)

    def started(self, run: Run) -> None:
        """Fails if the service is not up after it."""
        assert run.code == 0, run.text + (self.log if (self.folder / "service.log").exists() else "")

    def is_up(self) -> bool:
        """Its service runs, or sleeps."""
        try:
            return self.pid in {process.pid for process in self.processes()}
        except FileNotFoundError:
            return False

    def schedule(self, jobs: list[dict[str, Any]]) -> None:
        """Writes schedule.yaml; the service sees it at its next look, in one piece."""
        written = self.place.folder / "schedule.new"
        written.write_text(yaml.safe_dump({"jobs": jobs}), "utf-8")
        written.replace(self.place.config_dir / "schedule.yaml")

    def crawls(self) -> list[psutil.Process]:
        """Its processes besides the service's own."""
        own = self.pid if self.is_up() else None
        return [process for process in self.processes() if process.pid != own]

    def kill(self) -> None:
        """A power cut: all that runs there is gone."""
        while alive := self.processes():
            for process in alive:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(alive, timeout=5)

    def kill_crawls(self) -> None:
        """What the kernel does when memory is short: the service lives."""
        for process in self.crawls():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def kill_service(self) -> None:
        """The service dies, its crawls go on."""
        with contextlib.suppress(psutil.Error, FileNotFoundError):
            psutil.Process(self.pid).kill()

    def sleep(self) -> None:
        """A laptop that was closed: nothing of it moves."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while awake := [process for process in self.processes() if _status(process) != psutil.STATUS_STOPPED]:
            assert time.monotonic() < deadline, f"{self.name} does not sleep"
            for process in awake:
                with contextlib.suppress(psutil.Error):
                    process.suspend()

    def wake(self) -> None:
        """It goes on as if nothing had been."""
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.resume()

    def lose_disk(self) -> None:
        """All of it is gone, with what was on its disk."""
        self.kill()
        self.lost_logs += self.logs().values()
        shutil.rmtree(self.place.state_dir)

    def is_idle(self) -> bool:
        """Nothing waits or runs there."""
        jobs = self.get("listjobs.json", project="shopdata")
        return not jobs["running"] and not jobs["pending"]

    def outbox(self) -> list[str]:
        """Files that are still to be sent."""
        folder = self.place.state_dir / "raw"
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def logs(self) -> dict[str, str]:
        """What service and crawls have written, by the names of the files."""
        files = [self.folder / "service.log", *(self.folder / "logs").rglob("*.log")]
        return {path.name: path.read_text("utf-8", "replace") for path in files if path.exists()}


def _status(process: psutil.Process) -> str:
    try:
        return str(process.status())
    except psutil.Error:
        return psutil.STATUS_STOPPED


def wait_until(is_so: Callable[[], object], what: str, seconds: float) -> None:
    """Raises TimeoutError: it did not come about."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:g} s: {what}")
        time.sleep(0.2)
