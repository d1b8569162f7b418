"""A process that has imported what `scrapy` needs, and forks itself for each command: a start costs two CPU seconds
less, hundreds of times. What a command then does, it does in a process of its own, as ever.

Nothing is called here that depends on where and how a command runs: settings, the door of the commands and the reactor
come after the fork.
Run by `warm_process.py`. Arg: the descriptor of its connection.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import runpy
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

#: What a crawl imports while it runs.
_LATE = ("_strptime", "email.policy", "numpy.ma", "twisted.conch.telnet", "unittest")
#: Would bring aiohttp along, which no crawl has.
_LEFT_OUT = ("scrapy.extensions.remote_control.RemoteControl",)
#: Read or done once for each process, so by the forked one; and what no command of a test needs.
_NOT_HERE = ("shopdata.settings", "shopdata.crawl_settings", "shopdata.commands", "sandbox", "shopdata.service")


@dataclass(frozen=True)
class Order:
    """A command to run: `scrapy`'s arguments, where, with which environment, and the files of its streams."""

    arguments: tuple[str, ...]
    folder: Path
    environment: dict[str, str]
    streams: tuple[Path, Path, Path]
    umask: int


def import_all() -> None:
    """All that a start of `scrapy` in the project may import."""
    for name in ("scrapy.cmdline", "sqlalchemy.dialects.sqlite", *components(), *_LATE):
        importlib.import_module(name)
    for package in ("scrapy.commands", "shopdata"):
        import_below(package)
    prepare()
    for name in ("twisted.internet.reactor", "shopdata.settings", "shopdata.commands"):
        assert name not in sys.modules, name


def prepare() -> None:
    """What each process would make of modules and of files that come with them, and always the same: a tenth of what
    a crawl of two shops computes."""
    importlib.import_module("sqlalchemy.orm").configure_mappers()
    importlib.import_module("shopdata.wording.texts").catalogue("en")


def components() -> Iterator[str]:
    """The modules that Scrapy's own settings name, where ours leave them in."""
    default_settings = importlib.import_module("scrapy.settings.default_settings")
    for value in vars(default_settings).values():
        for name in (*value, *value.values()) if isinstance(value, dict) else (value,):
            if isinstance(name, str) and name.startswith("scrapy.") and name not in _LEFT_OUT:
                yield name.rpartition(".")[0]


def import_below(package: str) -> None:
    """Imports a package's modules. `pkgutil.walk_packages` would import every package to look into it."""
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if not module.name.startswith(_NOT_HERE):
            importlib.import_module(module.name)
            if module.ispkg:
                import_below(module.name)


def serve(connection: Connection) -> Order | None:
    """Forks for each order and tells whose process has ended, with its exit code.

    Returns:
        in a forked process its order; in this one None, when nobody is connected any more.
    """
    bell, clapper = socket.socketpair()
    clapper.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(clapper.fileno())
    while True:
        for ready in wait([connection, bell]):
            if ready is bell:
                bell.recv(64)
                tell_the_dead(connection)
                continue
            try:
                order = Order(**connection.recv())
            except EOFError:
                return None
            if (pid := os.fork()) == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for end in (bell, clapper, connection):
                    end.close()
                return order
            connection.send((pid, None))


def tell_the_dead(connection: Connection) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        connection.send((pid, os.waitstatus_to_exitcode(status)))


def enter(order: Order) -> None:
    """Makes of the forked process what the shell would have started."""
    os.environ.clear()
    os.environ.update(order.environment)
    time.tzset()
    os.umask(order.umask)
    os.chdir(order.folder)
    for number, (path, flags) in enumerate(zip(order.streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["scrapy", *order.arguments]
    more = [folder for folder in order.environment["PYTHONPATH"].split(os.pathsep) if folder not in sys.path]
    sys.path[:1] = [str(order.folder), *more]


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    import_all()
    gc.collect()
    # A forked process would copy each page in which it looks at an object.
    gc.freeze()
    order = serve(Connection(int(sys.argv[1])))
    if order is not None:
        enter(order)
        runpy.run_module("scrapy", run_name="__main__", alter_sys=True)
