"""docs/engines/airflow_dag.py for real: `python tests/engines/airflow_day.py [--airflow FOLDER] [--shops 9]`.

Installs Airflow from its package into an environment of its own, unless FOLDER has one, and starts its scheduler, DAG
processor and API server. The stand-in portals serve a day of JD; three mapped tasks collect it with a PostgreSQL
ledger, and one of their crawls is killed (SIGKILL) while it has shops in work. Airflow must try it again, the day be
published once, with the rows that the portals have, and each shop's report be ordered once. Prints what it found; exit
code 1 if it is not so. Takes some minutes; nothing is left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
import psycopg

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import pyarrow.parquet as pq  # noqa: E402
from postgresql_server import PostgresServer, find_programs  # noqa: E402
from workplace import Workplace  # noqa: E402

from sandbox import Sandbox, SandboxOptions  # noqa: E402
from sandbox.store import SeaweedStore  # noqa: E402
from shopdata.periods import SHANGHAI  # noqa: E402
from shopdata.store.keys import parquet_key  # noqa: E402

#: What was tried; others may do as well.
PACKAGE = "apache-airflow==3.3.2"
DAG, DAY, ROWS = "shopdata_jd_store", "2026-03-01", 50
#: In the delivered DAG a retry waits for minutes; and a run of its schedule would begin beside ours.
CHANGES = {
    "retry_delay=timedelta(minutes=5)": "retry_delay=timedelta(seconds=5)",
    '"30 8 * * *"': "None",
}
TIMEOUT_SECONDS = 900


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--airflow", type=Path, help="an environment with Airflow, or where to make one")
    parser.add_argument("--shops", type=int, default=9)
    options = parser.parse_args()
    programs = find_programs()
    if programs is None:
        print("PostgreSQL's programs are not on this machine: install the package postgresql.")
        return 2
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shopdata-airflow-")))
        airflow = Airflow(options.airflow or folder / "airflow-environment", folder)
        server = stack.enter_context(PostgresServer(programs))
        store = stack.enter_context(SeaweedStore(folder / "store"))
        sandbox = stack.enter_context(
            Sandbox(SandboxOptions(shops=options.shops, pdd_shops=0, rows=ROWS, report_seconds=20))
        )
        place = Workplace(folder, sandbox, store.settings(bucket=f"test-{secrets.token_hex(6)}"))
        stack.callback(place.close)
        place.sign_in(*(shop.id for shop in place.shops))
        database = server.new_database()
        project = make_project(folder, place)
        stack.enter_context(airflow.running(project, environment(place, database)))
        return judge(place, database, airflow)


class Airflow:
    """Airflow in an environment of its own, with a folder for its own state."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self._python, self._home = environment / "bin" / "python", folder / "airflow"
        self._home.mkdir()
        self._variables: dict[str, str] = {}
        if not (environment / "bin" / "airflow").exists():
            print(f"installing {PACKAGE} …", flush=True)
            venv.create(environment, with_pip=True)
            subprocess.run([self._python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)

    @contextlib.contextmanager
    def running(self, project: Path, variables: dict[str, str]) -> Iterator[None]:
        """Its processes, and ours in their environment."""
        port = _free_port()
        dags = self._home / "dags"
        dags.mkdir()
        text = (ROOT / "docs" / "engines" / "airflow_dag.py").read_text("utf-8")
        for delivered, here in {**CHANGES, '"/opt/shopdata"': f'"{project}"'}.items():
            assert delivered in text, f"the DAG no longer says {delivered}: change it here too"
            text = text.replace(delivered, here)
        (dags / "airflow_dag.py").write_text(text, "utf-8")
        own = {
            "AIRFLOW_HOME": str(self._home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        }
        self._variables = {**_plain_environment(), **variables, **own}
        self.do("db", "migrate")
        servers = ("api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
        started = [self._start(*servers), self._start("scheduler"), self._start("dag-processor")]
        try:
            _wait("the API server", lambda: _listens(port))
            _wait("the DAG", lambda: DAG in self.do("dags", "list", "--output", "plain"))
            yield
        finally:
            for process in started:
                _end(process)

    def do(self, *arguments: str) -> str:
        """A command of Airflow, to its end; what it printed."""
        command = [self._python, "-m", "airflow", *arguments]
        done = subprocess.run(command, env=self._variables, cwd=self._home, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"airflow {arguments[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self._home / f"{arguments[0]}.log").open("wb")
        command = [str(self._python), "-m", "airflow", *arguments]
        return subprocess.Popen(
            command, env=self._variables, cwd=self._home, stdout=log, stderr=log, start_new_session=True
        )

    def tries(self, run: str) -> dict[int, tuple[str, int]]:
        """Of each mapped task its state and how often it was begun."""
        database = f"file:{self._home / 'airflow.db'}?mode=ro"
        with sqlite3.connect(database, uri=True) as connection:
            query = "SELECT map_index, state, try_number FROM task_instance WHERE dag_id = ? AND run_id = ?"
            return {index: (state or "", number) for index, state, number in connection.execute(query, (DAG, run))}

    def logs(self) -> str:
        """All that tasks have logged."""
        return "\n".join(path.read_text("utf-8", "replace") for path in self._home.rglob("logs/**/*.log"))


def make_project(folder: Path, place: Workplace) -> Path:
    """A folder as the DAG expects it: this checkout, and its environment."""
    project = folder / "project"
    project.mkdir()
    (project / ".venv").symlink_to(Path(sys.prefix).resolve())
    for name in ("scrapy.cfg", "shopdata", "setup.py", "pyproject.toml"):
        (project / name).symlink_to(ROOT / name)
    (project / "pipelines_config").symlink_to(place.config_dir)
    return project


def environment(place: Workplace, database: str) -> dict[str, str]:
    """What Airflow's processes get: connections with secrets, the rest as variables."""
    given = place.environment({})
    ledger, store = urlsplit(database), place.store
    secret = quote(store.secret_key.get_secret_value(), safe="")
    connections = {
        "SHOPDATA_LEDGER": f"postgres://{ledger.username}:{ledger.password}@{ledger.hostname}:{ledger.port}{ledger.path}",
        "SHOPDATA_STORE": f"aws://{quote(store.access_key, safe='')}:{secret}@{store.endpoint}",
        "SHOPDATA_KEY": "generic://:a-key-for-this-day-alone@",
    }
    by_connection = ("SHOPDATA_S3_ENDPOINT", "SHOPDATA_S3_ACCESS_KEY", "SHOPDATA_S3_SECRET_KEY")
    names = {"SCRAPY_SETTINGS_MODULE", *place.sandbox.environment(), *(name for name in given if "SHOPDATA_" in name)}
    return {
        **{name: given[name] for name in names if name in given and name not in by_connection},
        **{f"AIRFLOW_CONN_{name}": value for name, value in connections.items()},
        "SHOPDATA_LEASE_SECONDS": "10",
    }


def judge(place: Workplace, database: str, airflow: Airflow) -> int:
    """Has the day collected, kills a crawl, and says what came of it."""
    run, began = "day-1", datetime.now(SHANGHAI)
    airflow.do("dags", "unpause", DAG)
    airflow.do("dags", "trigger", DAG, "--run-id", run, "--conf", json.dumps({"day": DAY}))
    victim = _wait("three crawls, and reports ordered", lambda: _victim(database, place, airflow, run))
    os.kill(victim, signal.SIGKILL)
    print(f"killed crawl {victim}", flush=True)
    _wait("the end of all tasks", lambda: _all_over(airflow.tries(run)))
    tries, counters = airflow.tries(run), place.sandbox.counters()
    # As the schedule has it, no day is named: it is yesterday in Shanghai.
    airflow.do("dags", "trigger", DAG, "--run-id", "day-2")
    _wait("the end of the second run", lambda: _all_over(airflow.tries("day-2")))
    # A mistake that no try would mend: exit code 2.
    airflow.do("dags", "trigger", DAG, "--run-id", "day-3", "--conf", json.dumps({"day": "no day"}))
    _wait("the end of the third run", lambda: _all_over(airflow.tries("day-3")))
    yesterday = {(moment - timedelta(days=1)).date().isoformat() for moment in (began, datetime.now(SHANGHAI))}
    with psycopg.connect(_plain_url(database)) as connection:
        runs = connection.execute("SELECT run_id, outcome, exit_code FROM runs ORDER BY started_at").fetchall()
        days = {row[0] for row in connection.execute("SELECT dt FROM partitions").fetchall()}
    expected = {shop.name: ROWS for shop in place.shops}
    found = rows_of(place)
    history = [key for key in place.stored_keys() if key.startswith("history/")]
    receipt = place.receipt(DAY)
    print(f"tasks, with their tries: {tries}")
    print(f"runs in the ledger: {runs}")
    print(f"rows by shop: {found}")
    print(f"reports ordered: {counters.jobs}")
    secret = place.store.secret_key.get_secret_value()
    checks = {
        "every task ended well": all(state == "success" for state, _ in tries.values()),
        "one was tried twice, no other": sorted(number for _, number in tries.values()) == [1, 1, 2],
        "each shop has the rows that its portal has": found == expected,
        "each shop's report was ordered once": counters.jobs == {shop.id: {DAY: 1} for shop in place.shops},
        "no shop is missing from the receipt": receipt["missing"] == [] and len(receipt["shops"]) == len(place.shops),
        "the day was published once: nothing of it was replaced": history == [],
        "without a day it is yesterday": len(days) == 2 and days - {DAY} <= yesterday,
        "arguments that are wrong fail at once": set(airflow.tries("day-3").values()) == {("failed", 1)},
        "no secret in a task's log": secret not in airflow.logs() and "a-key-for-this-day-alone" not in airflow.logs(),
    }
    for what, is_so in checks.items():
        print(f"{'yes' if is_so else 'NO '}  {what}")
    return 0 if all(checks.values()) else 1


def rows_of(place: Workplace) -> dict[str, int]:
    """Rows by shop name in the partition."""
    path = place.folder / "day.parquet"
    with place.objects() as objects:
        objects.get_file(parquet_key("jd", "jd_store", DAY), path)
    counts = pq.read_table(path, partitioning=None).column("shop").value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in counts}


def _victim(database: str, place: Workplace, airflow: Airflow, run: str) -> int | None:
    """The process of the crawl that has most shops in work, once three run and half of the reports are ordered."""
    assert not _all_over(airflow.tries(run)), "the day was over before a crawl could be killed"
    try:
        with psycopg.connect(_plain_url(database)) as connection:
            runs = connection.execute("SELECT run_id, pid FROM runs WHERE outcome IS NULL").fetchall()
            query = "SELECT lease_owner FROM cells WHERE lease_owner <> ''"
            owners = [row[0] for row in connection.execute(query).fetchall()]
    except psycopg.Error:
        return None
    held = {pid: sum(owner.startswith(f"{run_id}|") for owner in owners) for run_id, pid in runs}
    ordered = sum(map(len, place.sandbox.counters().jobs.values()))
    if len(runs) < 3 or ordered * 2 < len(place.shops) or not any(held.values()):
        return None
    print(f"shops in work, by process: {held}; reports ordered: {ordered}", flush=True)
    return max(held, key=lambda pid: held[pid])


def _all_over(tries: dict[int, tuple[str, int]]) -> bool:
    return len(tries) == 3 and all(state in ("success", "failed", "upstream_failed") for state, _ in tries.values())


def _wait(what: str, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not (result := found()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {TIMEOUT_SECONDS} s")
        time.sleep(0.5)
    return result


def _plain_url(database: str) -> str:
    return database.replace("postgresql+psycopg", "postgresql")


def _plain_environment() -> dict[str, str]:
    others = ("AIRFLOW", "SHOPDATA_", "VIRTUAL")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends it, and what it has started: tasks are in sessions of their own."""
    with contextlib.suppress(psutil.NoSuchProcess):
        started = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        _, alive = psutil.wait_procs([psutil.Process(process.pid), *started], timeout=30)
        for one in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


if __name__ == "__main__":
    # As after Ctrl-C, all that was started is ended.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
