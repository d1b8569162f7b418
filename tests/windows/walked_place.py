"""Where the walk goes: a checkout, its state, its temporary files and its reports, with Chinese signs and blanks in
every path, in the code page of the machine."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from workplace import REPO, Workplace

from sandbox import Sandbox
from shopdata import config
from shopdata.service.options import ServiceOptions

#: A virus scanner looks at each program that starts.
TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Ran:
    """A command that has ended; what it printed, whatever the code page made of it."""

    code: int
    text: str


class WalkedPlace:
    """A `Workplace` without processes that are kept warm or looked at: what a person has."""

    def __init__(self, folder: Path, sandbox: Sandbox, store: config.ObjectStoreSettings) -> None:
        self.folder = folder
        self.project = folder / "项目 a" / "采集 shopdata"
        self.own = Workplace(folder, sandbox, store)
        self.own.state_dir = folder / "状态 目录"
        (folder / "临时 目录").mkdir()
        for name in ("shopdata", "pipelines_config"):
            shutil.copytree(REPO / name, self.project / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("scrapy.cfg", "setup.py", "scheduler_control.bat"):
            shutil.copy(REPO / name, self.project / name)

    @property
    def state_dir(self) -> Path:
        return self.own.state_dir

    def environment(self, **more: str | None) -> dict[str, str]:
        """The variables of a command, in UTF-8 mode only if the walk itself was started so."""
        temporary = str(self.folder / "临时 目录")
        own: dict[str, str | None] = {"PYTHONPATH": str(self.project), "TEMP": temporary, "TMP": temporary}
        own |= {"PYTHONUTF8": os.environ.get("PYTHONUTF8", "0"), "PYTHONIOENCODING": None}
        own |= {"SHOPDATA_WORKERS": os.environ.get("SHOPDATA_WORKERS"), "SCRAPY_SETTINGS_MODULE": None}
        return self.own.environment(own | more)

    def scrapy(self, *arguments: str | Path, **variables: str | None) -> Ran:
        """Runs `scrapy` in the checkout to its end, with its output in a pipe."""
        ran = subprocess.run(
            [sys.executable, "-m", "scrapy", *map(str, arguments)],
            cwd=self.project,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        said = ran.stdout.decode(errors="replace")
        assert "Traceback" not in said, said
        assert "a mistake in the program" not in said, said
        return Ran(ran.returncode, said)

    @property
    def options(self) -> ServiceOptions:
        return ServiceOptions(state_dir=self.state_dir, port=int(self.own.variables["SHOPDATA_SERVICE_PORT"] or 0))


def wait_until(is_so: Callable[[], object], what: Callable[[], str]) -> None:
    """Waits for a state; says `what` there is instead."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)


@contextmanager
def held_open(path: Path) -> Iterator[None]:
    """As while another program shows the file: others may read it, and nobody may replace it."""
    with path.open("rb"):
        yield


def end(pid: int) -> None:
    """As the Task Manager ends a process."""
    process = psutil.Process(pid)
    process.kill()
    process.wait(60)


def new_bucket() -> str:
    """A name that no other walk has."""
    return f"walk-{secrets.token_hex(6)}"
