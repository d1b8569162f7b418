"""All that the shipped schedule asks for, in one go: time, processor, memory, requests, and what bounds it.

    python -m benchmarks.morning [--shops 500] [--rows 50] [--at-once 2]

So many shops on each platform, with saved sessions: jd_store of the one, the six datasets of Pinduoduo of the other, so
that there are seven cells for a pair. The jobs start in the order of schedule.yaml, as many at once as the service runs
(one for each core, two at least). Reports are small and take 3 s; lists come in pages as long as the portal's. A
shop's pace is that of production, one request a second, whichever runs ask.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import yaml

from benchmarks.measuring import ROOT, SAMPLE_SECONDS, Measured, processor_seconds, tree_memory
from benchmarks.workbench import Workbench, workbench
from sandbox import SandboxOptions


def main() -> None:
    """Prints a line for each job, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=500)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=max(2, os.cpu_count() or 1))
    options = parser.parse_args()
    sandbox_options = SandboxOptions(
        shops=options.shops,
        pdd_shops=options.shops,
        rows=options.rows,
        report_seconds=3,
        poll_every_seconds=5,
        requests_per_second=1,
    )
    with workbench(sandbox_options) as bench:
        bench.save_sessions()
        run(bench, options.at_once)


def run(bench: Workbench, at_once: int) -> None:
    """The jobs of the shipped schedule, so many at once."""
    jobs = yaml.safe_load((ROOT / "pipelines_config" / "schedule.yaml").read_text("utf-8"))["jobs"]
    # The others only look.
    jobs = [job for job in jobs if "spider" in job]
    own = {child.pid for child in psutil.Process().children()}
    peak, is_over = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_over.wait(SAMPLE_SECONDS):
            crawls = [child.pid for child in psutil.Process().children() if child.pid not in own]
            peak = max(peak, sum(map(tree_memory, crawls)))

    def crawl(job: dict[str, object]) -> Measured:
        arguments = job.get("args", {})
        assert isinstance(arguments, dict)
        given = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
        measured = bench.crawl(str(job["spider"]), *given)
        print(f"{job['name']:<16} {measured.seconds:8.1f} s   peak {measured.peak_mb:6.0f} MB", flush=True)
        return measured

    watcher = threading.Thread(target=watch)
    watcher.start()
    used, began = processor_seconds(), time.monotonic()
    try:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(crawl, sorted(jobs, key=_moment)))
    finally:
        is_over.set()
        watcher.join()
    seconds, processor = time.monotonic() - began, processor_seconds() - used
    tell(bench, seconds, processor, peak)


def tell(bench: Workbench, seconds: float, processor: float, peak: float) -> None:
    """What it took, and how far each limit is away."""
    counters, cores = bench.sandbox.counters(), os.cpu_count() or 1
    requests, gaps = counters.requests, counters.min_gap_seconds
    most = max(requests.values())
    print(f"\n{seconds / 60:.1f} minutes, processor {processor:.0f} s, all runs at once at most {peak:.0f} MB")
    print(f"{sum(requests.values())} requests to data interfaces, of one shop {min(requests.values())} to {most}")
    print(f"the shortest time between the arrivals of two requests of one shop: {min(gaps.values()):.2f} s")
    paced, busy = most / seconds, processor / seconds / cores
    print(f"of that time the pace of the busiest shop takes {paced:.0%}; the {cores} cores are busy for {busy:.0%}")


def _moment(job: dict[str, str]) -> tuple[int, int]:
    minute, hour, *_ = job["cron"].split()
    return int(hour), int(minute)


if __name__ == "__main__":
    main()
