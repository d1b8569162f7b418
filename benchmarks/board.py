"""How long the board's pages take where many shops have a long history: `python -m benchmarks.board`.

500 shops for each of seven datasets, 90 periods each: 315,000 cells. Each page is asked some times warm, as a browser
asks (gzip), first alone, then while other processes write to the same ledger as crawls do. Told are the clock's
milliseconds at the browser, the median and the worst, and the server's own of the processor.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import insert

from benchmarks.measuring import ROOT

BOARD = ROOT / "tests" / "service" / "board"
sys.path.insert(0, str(BOARD))

from board_world import NOW, PASSWORD, RUN_ID, USER, BoardWorld, partition, past_days  # noqa: E402

from shopdata.ledger import Ledger  # noqa: E402
from shopdata.ledger.schema import Base, CellRow, DoubtRow, PartitionRow, RawRow, Run  # noqa: E402
from shopdata.periods import Period  # noqa: E402

#: How many days a dataset's newest period lies behind, by dataset.
LAGS = {"jd_store": 1, "pdd_kpi_days": 3, "pdd_chat": 1, "pdd_badscore": 1, "pdd_quality": 0}
#: Of a hundred cells.
STATES = {"published": 94, "empty": 2, "failed": 2, "needs_login": 2}
PAGES = ("", "?rows=all", "days/jd_store", "days/pdd_chat", "sessions", "schedule", "runs", f"runs/{RUN_ID}",
         "cell/jd_store/2026-11-23/jd-007", "partition/jd_store/2026-11-23", "trends", "trends/pdd_chat",
         "trends/pdd_chat?span=long", "trends/pdd_kpi_monthly?span=long",
         "trends/jd_store/jd-007?span=long")  # fmt: skip
#: What a page may take, milliseconds, and one that looks back over months.
WANTED, WANTED_OF_TRENDS = 100, 300


def main() -> int:
    """Prints a line for each page; 1 if one takes longer than wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=500, help="of each platform")
    parser.add_argument("--periods", type=int, default=90)
    parser.add_argument("--times", type=int, default=15, help="how often each page is asked")
    parser.add_argument("--writers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shopdata-board-") as name:
        world = BoardWorld(Path(name))
        for platform in ("jd", "pdd"):
            for number in range(options.shops):
                world.add_shop(f"{platform}-{number:03}", f"测试店铺 {platform} {number:03}", platform)
        world.write()
        cells = fill(world, options.shops, options.periods)
        world.tell_control()
        print(f"{cells:,} cells{'':<34}alone: median worst processor   while writing: median worst processor")
        slow = 0
        with serve(world) as (server, port):
            for page in PAGES:
                told = [ask(server, port, page, options.times)]
                with writing(world, options.writers):
                    told.append(ask(server, port, page, options.times))
                most = WANTED_OF_TRENDS if page.startswith("trends") else WANTED
                slow += max(median for median, _, _ in told) > most
                times = "".join(f"{median:>18.0f} {worst:>5.0f} {used:>9.0f}" for median, worst, used in told)
                print(f"/{page:<42}{times}", flush=True)
    return int(slow > 0)


def fill(world: BoardWorld, shops: int, periods: int) -> int:
    """Writes what so many periods leave behind; returns how many cells they are."""
    luck = random.Random(1)
    labels = {dataset: past_days(periods, lag) for dataset, lag in LAGS.items()}
    weeks = [NOW.date() - timedelta(days=4 + 7 * number) for number in range(periods)]
    labels["pdd_kpi_weekly"] = [Period(end - timedelta(days=6), end).dt for end in weeks]
    months = [divmod(NOW.year * 12 + NOW.month - 2 - number, 12) for number in range(periods)]
    labels["pdd_kpi_monthly"] = [Period.of("month", date(year, month + 1, 1)).dt for year, month in months]
    with Ledger.at(world.state_dir) as ledger:
        for dataset, dts in labels.items():
            for dt in dts:
                rows = rows_of(dataset, dt, RUN_ID if dt == max(dts) else f"r-{dataset}-{dt}", shops, luck)
                ledger._database.write(lambda session, rows=rows: [session.execute(insert(t), r) for t, r in rows])
        ledger.start_run(RUN_ID, "jd_store", {})
    return sum(map(len, labels.values())) * shops


def rows_of(
    dataset: str, dt: str, run_id: str, shops: int, luck: random.Random
) -> list[tuple[type[Base], list[dict[str, Any]]]]:
    """The rows of one period, by table."""
    platform = dataset.partition("_")[0]
    cells: list[dict[str, Any]] = []
    for number, state in enumerate(luck.choices([*STATES], [*STATES.values()], k=shops)):
        is_good = state in ("published", "empty")
        key = {"dataset": dataset, "dt": dt, "shop": f"{platform}-{number:03}"}
        known = {"platform": platform, "state": state, "attempts": 1, "updated_at": NOW, "run_id": run_id}
        why = {"reason": "", "reason_code": ""} if is_good else {"reason": "HTTP 503", "reason_code": "portal_failed"}
        cells.append(key | known | why | {"rows": luck.randint(1, 20_000) if is_good else None})
    good = [cell for cell in cells if cell["rows"] is not None]
    raw = [
        {name: cell[name] for name in ("dataset", "dt", "shop", "rows")}
        | {"key": f"raw/{platform}/{dataset}/dt={dt}/{cell['shop']}.xlsx", "sha256": "0" * 64, "bytes": 50_000}
        | {"ext": "xlsx", "fetched_at": NOW, "shop_name": cell["shop"], "in_store": True, "warnings": [], "drift": []}
        | {"first_fetched_at": NOW, "seconds": luck.randint(5, 400)}
        for cell in good
    ]
    whole = partition(dataset, dt, sum(cell["rows"] for cell in good), len(good), [])
    published = {name: value for name, value in vars(whole).items() if not name.startswith("_")} | {"run_id": run_id}
    doubts = [
        {name: cell[name] for name in ("dataset", "dt", "shop", "rows")}
        | {"state": "confirmed", "sha256": "0" * 64, "answers": 2, "found": [], "updated_at": NOW}
        for cell in luck.sample(good, len(good) // 100)
    ]
    run = {"run_id": run_id, "spider": dataset, "arguments": {}, "counts": {}, "outcome": "complete"}
    run |= {"started_at": NOW - timedelta(minutes=luck.randint(5, 90)), "finished_at": NOW}
    runs = [] if run_id == RUN_ID else [run]
    tables = [(CellRow, cells), (RawRow, raw), (PartitionRow, [published]), (DoubtRow, doubts), (Run, runs)]
    return [(table, rows) for table, rows in tables if rows]


@contextlib.contextmanager
def serve(world: BoardWorld) -> Iterator[tuple[psutil.Process, int]]:
    """The board in a process of its own, as it is behind the service's sign-in; its process and port."""
    environment = dict(os.environ) | {"PYTHONPATH": str(ROOT), "SHOPDATA_CONFIG_DIR": str(world.config_dir)}
    command = [sys.executable, str(BOARD / "board_server.py"), str(world.folder), NOW.isoformat(), USER, PASSWORD]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield psutil.Process(process.pid), int(process.stdout.readline())
        process.stdin.close()


@contextlib.contextmanager
def writing(world: BoardWorld, writers: int) -> Iterator[None]:
    """For the length of the block others write as fast as the ledger takes it, each as a crawl of six cells at once."""
    url = f"sqlite:///{world.state_dir / 'ledger.sqlite3'}"
    command = [sys.executable, "-m", "benchmarks.ledger", "--cells", "1000000", "--writer", url]
    runs = [f"r-{time.time_ns()}-{number}" for number in range(writers)]
    started = [subprocess.Popen([*command, run], cwd=ROOT) for run in runs]
    try:
        with Ledger(url) as ledger:
            while not all(map(ledger.run, runs)):
                time.sleep(0.1)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def ask(server: psutil.Process, port: int, page: str, times: int) -> tuple[float, float, float]:
    """Milliseconds of a page: the clock's median and worst, and those of the server's processor for each."""
    headers = {"Authorization": "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode(), "Accept-Encoding": "gzip"}
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    used = 0.0
    for number in range(times + 3):
        if number == 3:  # now it is warm
            used = sum(server.cpu_times()[:2])
        begun = time.perf_counter()
        connection.request("GET", f"/board/{page}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        taken.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise SystemExit(f"/{page}: HTTP {answer.status}")
    used = (sum(server.cpu_times()[:2]) - used) * 1000 / times
    connection.close()
    return statistics.median(taken[3:]), max(taken[3:]), used


if __name__ == "__main__":
    sys.exit(main())
