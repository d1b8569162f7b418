"""A real service at a workplace: started and stopped as a person does, asked over HTTP as programs do."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests
from project_egg import lay_project_egg
from steady_port import steady_port
from workplace import Run, Workplace

from shopdata.service.crawls import is_alive
from shopdata.service.options import ServiceOptions

TIMEOUT_SECONDS = 300
#: Each answer costs the service a part of what it waits for: a page of the board, or a list of all jobs.
ASK_EVERY_SECONDS = 0.3


class Running:
    """The service of a workplace, on a port of its own."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self.port = steady_port()
        place.variables["SHOPDATA_SERVICE_PORT"] = str(self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = place.state_dir / "service"

    def lay(self, egg: Path) -> None:
        """The project is deployed already: a start neither builds it nor lists its spiders, which takes eight seconds.

        Args:
            egg: the fixture `project_egg`.
        """
        for folder in (self.place.state_dir, self.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        lay_project_egg(egg, self.folder)

    def command(self, *arguments: str, **variables: str | None) -> Run:
        """`scrapy service …`."""
        return self.place.scrapy("service", *arguments, **variables)

    def restart(self, **variables: str | None) -> None:
        """With other settings, or with those of the workplace again."""
        run = self.command("restart", **variables)
        assert run.code == 0, run.text + self.log

    @property
    def options(self) -> ServiceOptions:
        return ServiceOptions(state_dir=self.place.state_dir, port=self.port)

    @property
    def auth(self) -> tuple[str, str]:
        return "shopdata", (self.folder / "password").read_text("utf-8")

    @property
    def pid(self) -> int:
        return int((self.folder / "service.pid").read_text("utf-8").splitlines()[0])

    @property
    def log(self) -> str:
        return (self.folder / "service.log").read_text("utf-8")

    def get(self, page: str, **parameters: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/{page}", params=parameters, auth=self.auth, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, page: str, **parameters: str) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/{page}", data=parameters, auth=self.auth, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, state: str) -> set[str]:
        """The jobs that scrapyd lists as pending, running or finished."""
        return {job["id"] for job in self.get("listjobs.json", project="shopdata")[state]}

    def wait_until(self, is_so: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"{what}:\n{self.log}"
            time.sleep(ASK_EVERY_SECONDS)

    def kill(self, *crawls: psutil.Process) -> None:
        """Kills the service, and these, and waits until they are gone: a process that is killed takes its time."""
        killed = [psutil.Process(self.pid), *crawls]
        for process in killed:
            process.kill()
        self.wait_until(lambda: not any(map(is_alive, killed)), "they did not die")

    def processes(self) -> list[psutil.Process]:
        """All processes that were ever started by it and still run: they have its state directory."""
        found = []
        for process in psutil.process_iter():
            try:
                is_alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
                if is_alive and process.environ().get("SHOPDATA_STATE_DIR") == str(self.place.state_dir):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def end(self) -> None:
        """Whatever a failed test has left."""
        while alive := self.processes():
            for process in alive:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(alive, timeout=5)
