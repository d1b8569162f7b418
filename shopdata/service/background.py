"""The service from outside: start it, stop it, and see to crawls that it left behind."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from shopdata.exceptions import ShopdataError
from shopdata.service.client import Client, ServiceError
from shopdata.service.crawls import END_SECONDS, Crawl, Crawls, is_alive, is_marked, kill_tree
from shopdata.service.options import ServiceOptions

#: It runs and says nothing yet: a machine that has just been switched on is busy with more than us.
_START_SECONDS = 120
_LOOK_EVERY_SECONDS = 0.1

#: Gets the key of a text, and what fills its holes.
Tell = Callable[..., None]


class StartError(ShopdataError):
    """Raised when the service can't be started or stopped."""


def find_daemon(options: ServiceOptions) -> psutil.Process | None:
    """The running service, by its pid file and start time: pids are used again."""
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        pid, mark = options.pid_file.read_text("utf-8").split()
        if is_marked(int(pid), mark):
            return psutil.Process(int(pid))
    return None


def start(options: ServiceOptions, environment: Mapping[str, str]) -> psutil.Process | None:
    """Starts the service in the background and waits until it answers.

    Args:
        environment: what the service and its crawls get to see.

    Returns:
        its process; None if it was up already.

    Raises:
        StartError: something else has the port, or it ended at once.
    """
    options.folder.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(options):
        if find_daemon(options) is not None:
            return None
        _check_port(options)
        # Made here, so that whoever types sees where it is.
        options.credentials()
        output = options.folder / "start.txt"
        with output.open("wb") as file, Path(os.devnull).open("rb") as nothing:
            process = subprocess.Popen(
                [sys.executable, "-m", "shopdata.service.daemon"],
                cwd=options.folder,
                env=dict(environment),
                stdin=nothing,
                stdout=file,
                stderr=file,
                **_detached(),
            )
        return _wait_until_up(options, process, output)


def _wait_until_up(options: ServiceOptions, process: subprocess.Popen[bytes], output: Path) -> psutil.Process:
    deadline = time.monotonic() + _START_SECONDS
    client = Client(options)
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = output.read_text("utf-8", errors="replace").strip()
            raise StartError(
                "the service ended at once",
                where=str(options.folder),
                found=said[-1500:] or f"exit code {process.returncode}",
                todo=f"See {options.log} for more.",
            )
        if find_daemon(options) is not None:
            with contextlib.suppress(ServiceError):
                client.get("daemonstatus")
                return psutil.Process(process.pid)
        time.sleep(_LOOK_EVERY_SECONDS)
    kill_tree(process.pid)
    raise StartError(f"the service did not answer within {_START_SECONDS} s", todo=f"See {options.log}.")


def stop(options: ServiceOptions, mode: str, tell: Tell) -> bool:
    """Stops the service and waits for its end.

    Args:
        mode: `wait`, `now` or `leave`, as in `stopping.py`.

    Returns:
        False if it was not up. Crawls of a service that crashed are waited for or ended all the same.

    Raises:
        StartError: it does not stop.
    """
    daemon = find_daemon(options)
    if daemon is not None:
        _ask_to_stop(options, daemon, mode, tell)
        _wait_for_end(options, daemon, mode, tell)
    if mode != "leave":
        _end_orphans(options, mode, tell)
    return daemon is not None


def drain(options: ServiceOptions, tell: Tell, *, is_now: bool) -> None:
    """Lets the service take no crawl any more, and waits until none runs.

    Args:
        is_now: crawls are ended, and given back to the others.

    Raises:
        ServiceError: it is not up, or refuses.
    """
    Client(options).post("service", action="drain", mode="now" if is_now else "wait")
    told = time.monotonic()
    while names := _names_of(_orphans(options)):
        if not is_now and time.monotonic() > told:
            tell("service.drain_waits", names=names)
            told = time.monotonic() + 60
        time.sleep(_LOOK_EVERY_SECONDS)


def undrain(options: ServiceOptions) -> None:
    """Lets the service take crawls again. Raises ServiceError."""
    Client(options).post("service", action="undrain")


def _ask_to_stop(options: ServiceOptions, daemon: psutil.Process, mode: str, tell: Tell) -> None:
    try:
        Client(options).post("service", action="stop", mode=mode)
    except ServiceError as error:
        if mode == "wait":
            raise
        tell("service.killed", why=error)
        with contextlib.suppress(psutil.Error):
            daemon.kill()


def _wait_for_end(options: ServiceOptions, daemon: psutil.Process, mode: str, tell: Tell) -> None:
    began = told = time.monotonic()
    while is_alive(daemon):
        if mode != "wait" and time.monotonic() > began + 2 * END_SECONDS + 10:
            raise StartError(
                f"the service does not end: pid {daemon.pid}", todo="Kill this process, then look at its log."
            )
        if mode == "wait" and time.monotonic() > told:
            if names := _names_of(_orphans(options)):
                tell("service.waiting", names=names)
            told = time.monotonic() + 60
        time.sleep(_LOOK_EVERY_SECONDS)


def _names_of(crawls: Iterable[Crawl]) -> str:
    return ", ".join(f"{crawl.spider} (run {crawl.job})" for crawl in crawls)


def _orphans(options: ServiceOptions) -> list[Crawl]:
    return [crawl for crawl in Crawls(options.folder).open() if crawl.process() is not None]


def _end_orphans(options: ServiceOptions, mode: str, tell: Tell) -> None:
    """Crawls without a service: it was killed. They are not taken for done, so the next service takes them up."""
    orphans = _orphans(options)
    for crawl in orphans:
        tell("service.orphan", spider=crawl.spider, run=crawl.job)
    deadline = time.monotonic() + END_SECONDS
    if mode == "now":
        for crawl in orphans:
            with contextlib.suppress(psutil.Error):
                if (process := crawl.process()) is not None:
                    process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
    while alive := [process for crawl in orphans if (process := crawl.process())]:
        if mode == "now" and time.monotonic() > deadline:
            for process in alive:
                kill_tree(process.pid)
            deadline += END_SECONDS
        time.sleep(_LOOK_EVERY_SECONDS)


def _check_port(options: ServiceOptions) -> None:
    family = socket.AF_INET6 if ":" in options.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.bind, options.port))
        except OSError as error:
            todo = "End the program that has the port, or set SHOPDATA_SERVICE_PORT to another one."
            if error.errno == errno.EADDRNOTAVAIL:
                todo = "Set SHOPDATA_SERVICE_BIND to an address of this machine."
            raise StartError(
                "the service can't listen there",
                where=f"{options.bind}:{options.port}",
                found=error.strerror or type(error).__name__,
                todo=todo,
            ) from None


@contextlib.contextmanager
def _one_at_a_time(options: ServiceOptions) -> Iterator[None]:
    try:
        lock = FileLock(options.folder / "start.lock").acquire(_START_SECONDS + 30)
    except Timeout:
        raise StartError(
            "another `scrapy service start` is at work",
            where=str(options.folder),
            expected="one",
            todo="Wait for its end.",
        ) from None
    with lock:
        yield


def _detached() -> dict[str, Any]:
    """Options for a process that outlives this terminal."""
    if os.name == "nt":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW  # type: ignore[attr-defined]
        return {"creationflags": flags}
    return {"start_new_session": True}
