"""A PostgreSQL of our own for the length of a test session, from the programs that the system has."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy import URL
from steady_port import steady_port

#: Where Debian keeps them: not in PATH.
DEBIAN_FOLDERS = "/usr/lib/postgresql/*/bin"
TIMEOUT_SECONDS = 180
USER, PASSWORD = "shopdata", "test-only-password"


def find_programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/").glob(DEBIAN_FOLDERS.lstrip("/")))
    return folders[-1] if folders else None


class PostgresServer:
    """Listens on a free loopback port, keeps its data in a folder of its own, asks for a password."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
        self._port = steady_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        password = self._folder / "password"
        password.write_text(PASSWORD)
        if self._user:
            shutil.chown(self._folder, self._user)
            shutil.chown(password, self._user)
        data = str(self._folder / "data")
        new = ["-D", data, "-U", USER, "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", "--pwfile", str(password)]
        made = self._popen("initdb", *new, "--no-sync")
        assert made.wait(TIMEOUT_SECONDS) == 0, self._log("initdb")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    @property
    def is_running(self) -> bool:
        """Whether it takes connections."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Lets it run, on the port that it had before, with what it held; does nothing if it runs."""
        if self.is_running:
            return
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        data = str(self._folder / "data")
        self._process = self._popen("postgres", "-D", data, "-p", str(self._port), *settings)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                self._execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if not self.is_running or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Ends it, whoever is connected."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(TIMEOUT_SECONDS)

    def new_database(self) -> str:
        """Makes an empty database; returns its URL."""
        name = f"test_{secrets.token_hex(6)}"
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str, password: str = PASSWORD) -> str:
        """What SHOPDATA_DATABASE_URL would say."""
        url = URL.create("postgresql+psycopg", USER, password, "127.0.0.1", self._port, database)
        return url.render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        where = {"host": "127.0.0.1", "port": self._port, "user": USER, "password": PASSWORD, "dbname": "postgres"}
        with psycopg.connect(**where, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{program}.log").open("wb") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments],
                cwd=self._folder,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _log(self, program: str) -> str:
        return (self._folder / f"{program}.log").read_text("utf-8", "replace")
