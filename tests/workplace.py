"""A place to run `scrapy` in as a user does: sandbox portals, an object store, a configuration, a state directory."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml
from descendants import below
from filelock import FileLock, Timeout
from template_process import Order
from warm_process import STARTED_WITH, WarmProcess, start_warm

from sandbox import Sandbox, SandboxShop
from shopdata import config
from shopdata.config import load_config
from shopdata.sessions.sessions import SessionStore
from shopdata.store.object_store import ObjectStore

REPO = Path(__file__).parents[1]

#: What would be the network of the machine that the tests run on.
NETWORK = frozenset(
    {
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
        *("ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle", "curl_ca_bundle"),
    }
)
#: How often the children of a run are looked at.
LOOK_EVERY_SECONDS = 0.25
#: How often it is asked whether something has happened.
ASK_EVERY_SECONDS = 0.05
#: No run in these tests takes nearly so long, however busy the machine is.
TIMEOUT_SECONDS = 300


@dataclass
class Run:
    """A `scrapy` command in a process of its own."""

    process: subprocess.Popen[bytes] | WarmProcess
    output: Path
    errors: Path
    #: `time.monotonic()` and the names of the processes below it, every time that somebody looked.
    sightings: list[tuple[float, frozenset[str]]] = field(default_factory=list)
    _children: set[psutil.Process] = field(default_factory=set)

    @property
    def out(self) -> str:
        return self.output.read_text("utf-8")

    @property
    def err(self) -> str:
        return self.errors.read_text("utf-8")

    @property
    def text(self) -> str:
        """All that a person could have seen."""
        return self.out + self.err

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self.process.poll()

    def look(self) -> frozenset[str]:
        """Notes which programs run below it now."""
        names = set()
        for child in below(self.process.pid):
            with contextlib.suppress(psutil.Error, OSError):
                names.add(child.name())
                self._children.add(child)
        self.sightings.append((time.monotonic(), frozenset(names)))
        return self.sightings[-1][1]

    def wait(self, seconds: float = TIMEOUT_SECONDS) -> Run:
        """Waits for its end; ends it the hard way if that takes too long."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self.look()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_EVERY_SECONDS)
        if self.process.poll() is None:
            self.end()
            raise AssertionError(f"still running after {seconds} seconds:\n{self.err[-3000:]}")
        return self

    def wait_until(self, is_so: Callable[[], object]) -> None:
        """Waits for something that happens while it runs."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not is_so():
            assert self.code is None, f"it ended before that:\n{self.text}"
            assert time.monotonic() < deadline, f"it did not happen:\n{self.text}"
            if not self.sightings or time.monotonic() > self.sightings[-1][0] + LOOK_EVERY_SECONDS:
                self.look()
            time.sleep(ASK_EVERY_SECONDS)
        self.look()

    def interrupt(self) -> None:
        """One Ctrl-C."""
        self.process.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)

    def end(self) -> None:
        """Ends it and all that it started, if they still run."""
        if self.process.poll() is None:
            for process in self._children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self.process.kill()
        self.process.wait()

    def survivors(self) -> list[str]:
        """The programs that it started and that still run, however long a busy machine takes to end them."""
        _, alive = psutil.wait_procs(self._children, timeout=TIMEOUT_SECONDS)
        return [process.name() for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def programs(self) -> set[str]:
        """The programs that were ever seen below it."""
        return set().union(*(names for _, names in self.sightings))


class Workplace:
    """Where a user sits. Nothing of the surrounding environment that concerns shopdata gets in.

    Args:
        folder: an empty one; holds configuration, state and the output of the runs.
        store: the object store, with a bucket that no other test uses.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, store: config.ObjectStoreSettings) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.store = store
        self.state_dir = folder / "state"
        self.config_dir = sandbox.write_config(folder / "pipelines_config")
        self.variables: dict[str, str | None] = {}
        self.edit("lake.yaml", lambda lake: lake["object_store"].update(bucket=store.bucket))
        self._runs: list[Run] = []

    @property
    def shops(self) -> tuple[SandboxShop, ...]:
        """The shops that have jd_store."""
        return tuple(shop for shop in self.sandbox.shops if shop.platform == "jd")

    def environment(self, more: Mapping[str, str | None]) -> dict[str, str]:
        """What a run gets to see; None takes a variable out."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SHOPDATA_", "SCRAPY_")) and name.lower() not in NETWORK
        }
        # Hundreds of processes are started: each would compile the whole project anew.
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        if "SHOPDATA_BROWSER_PATH" in os.environ:
            kept["SHOPDATA_BROWSER_PATH"] = os.environ["SHOPDATA_BROWSER_PATH"]
        own = {
            "SCRAPY_SETTINGS_MODULE": "shopdata.settings",
            **STARTED_WITH,
            "SHOPDATA_CONFIG_DIR": str(self.config_dir),
            "SHOPDATA_STATE_DIR": str(self.state_dir),
            "SHOPDATA_S3_ENDPOINT": self.store.endpoint,
            "SHOPDATA_S3_ACCESS_KEY": self.store.access_key,
            "SHOPDATA_S3_SECRET_KEY": self.store.secret_key.get_secret_value(),
        }
        wanted = kept | own | self.sandbox.environment() | self.variables | dict(more)
        return {name: value for name, value in wanted.items() if value is not None}

    def edit(self, name: str, change: Any) -> None:
        """Changes a file of the configuration: `change` gets what it holds and may alter it."""
        path = self.config_dir / name
        content = yaml.safe_load(path.read_text("utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")

    def keep_only(self, *shop_ids: str) -> None:
        """Takes all other shops out of the configuration."""
        self.edit("shops.yaml", lambda file: file.update(shops=[s for s in file["shops"] if s["id"] in shop_ids]))

    def sign_in(self, *shop_ids: str) -> None:
        """Saves sessions of these shops, as an earlier run has left them."""
        sessions = SessionStore(self.state_dir / "sessions")
        for shop in load_config(self.config_dir, self.environment({})).shops:
            if shop.id in shop_ids:
                sessions.save(shop, self.sandbox.open_session(shop.id))

    # -- commands ---------------------------------------------------------------------------------------------------

    def start(self, *arguments: str, typed: str = "", **variables: str | None) -> Run:
        """Starts `scrapy` with these arguments; `typed` is what a person enters on the terminal."""
        number = len(self._runs)
        entered, output, errors = (self.folder / f"{number}.{end}" for end in ("in", "out", "err"))
        entered.write_text(typed, "utf-8")
        for path in (output, errors):
            path.touch()
        # The umask is a person's, not what our own commands have made of this process'.
        order = Order(arguments, self.folder, self.environment(variables), (entered, output, errors), umask=0o022)
        self._runs.append(Run(begin(order), output, errors))
        return self._runs[-1]

    def scrapy(self, *arguments: str, typed: str = "", **variables: str | None) -> Run:
        """Runs `scrapy` to its end."""
        return self.start(*arguments, typed=typed, **variables).wait()

    def crawl(self, *arguments: str, **variables: str | None) -> Run:
        """Runs `scrapy crawl jd_store`; each of `arguments` is a `name=value`, or an option."""
        return self.scrapy(*crawl_command(*arguments), **variables)

    def status(self, *arguments: str) -> dict[str, list[dict[str, Any]]]:
        """What `scrapy status --json` says."""
        run = self.scrapy("status", "--json", *arguments)
        assert run.code == 0, run.text
        return json.loads(run.out)

    def states(self, dt: str) -> dict[str, str]:
        """The state of each shop's cell."""
        return {cell["shop"]: cell["state"] for cell in self.status()["cells"] if cell["dt"] == dt}

    def close(self) -> None:
        """Ends what a failed test has left running."""
        for run in self._runs:
            run.end()

    # -- what came of them ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def objects(self) -> Iterator[ObjectStore]:
        """The bucket."""
        with ObjectStore(self.store) as objects:
            yield objects

    def stored_keys(self) -> set[str]:
        """All keys in the bucket."""
        with self.objects() as objects:
            return set(objects.list_keys(""))

    def receipt(self, dt: str, dataset: str = "jd_store") -> dict[str, Any]:
        """The receipt of a day."""
        with self.objects() as objects:
            return json.loads(objects.get_bytes(f"receipts/{dataset.partition('_')[0]}/{dataset}/dt={dt}.json"))

    def texts(self) -> str:
        """All that the runs have shown."""
        return "".join(run.text for run in self._runs)


#: Makes one more, with the options of its sandbox.
MakeWorkplace = Callable[..., Workplace]


def begin(order: Order) -> subprocess.Popen[bytes] | WarmProcess:
    """Starts `scrapy`, in a forked process where one can do."""
    return start_warm(order) or _start_cold(order)


def _start_cold(order: Order) -> subprocess.Popen[bytes]:
    """As a shell does it."""
    entered, output, errors = order.streams
    with entered.open("rb") as terminal, output.open("wb") as out, errors.open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", *order.arguments],
            cwd=order.folder,
            env=order.environment,
            stdin=terminal,
            stdout=out,
            stderr=err,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            umask=order.umask,
        )


def stand_still(process: psutil.Process) -> None:
    """Suspends it, and comes back when all its threads stand: a signal only asks for that, and takes its time."""
    process.suspend()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not _stands(process):
        assert time.monotonic() < deadline, "it was suspended, and goes on"
        time.sleep(0.01)


def _stands(process: psutil.Process) -> bool:
    if process.status() != psutil.STATUS_STOPPED:
        return False
    if sys.platform != "linux":
        return True
    return all(_thread_stands(thread.id) for thread in process.threads())


def _thread_stands(number: int) -> bool:
    # Here a thread can be looked at like a process.
    try:
        return psutil.Process(number).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return True


def is_locked(ledger: Path) -> bool:
    """True if somebody is just writing to the ledger: a process that is suspended then would hold it for good."""
    with contextlib.closing(sqlite3.connect(ledger, timeout=0)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def stand_still_unlocked(process: psutil.Process, state_dir: Path, is_ledger_locked: Callable[[], bool]) -> None:
    """Suspends a crawl, at a moment at which it has locked nothing: where its machine does not sleep, others wait."""
    stand_still(process)
    while is_ledger_locked() or any(map(_is_locked_file, state_dir.glob("sessions/*.lock"))):
        process.resume()
        time.sleep(0.02)
        stand_still(process)


def _is_locked_file(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def crawl_command(*arguments: str) -> list[str]:
    """`scrapy`'s arguments for a crawl of jd_store."""
    command = ["crawl", "jd_store"]
    for argument in arguments:
        command += [argument] if argument.startswith("-") else ["-a", argument]
    return command
