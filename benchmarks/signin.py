"""What a sign-in costs the browser, against another revision of the project: `python -m benchmarks.signin REVISION`.

Each round crawls the same shops with both revisions in turn, on both platforms, twice: on devices that the portal has
never seen, and, after all sessions have ended, on those that it knows. Counted are the processor seconds of the
browser's processes and of its driver, not of the crawl, and their memory, shared pages once. Beside them stands a bare
sign-in, which is the least that it can be (`bare_sign_in.py`). `--browser PATH` measures another browser as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.measuring import ROOT
from benchmarks.start import unpack
from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.periods import latest_day

CRAWLS = {"jd": ("jd_store", 1), "pdd": ("pdd_badscore", 1)}
#: What a sign-in does in the last moments before its processes end is not seen.
LOOK_EVERY_SECONDS = 0.1
MEMORY_EVERY_LOOKS = 5
BARE = "bare"
KINDS = ("driver", "browser", "pages", "others")


@dataclass(frozen=True)
class Cost:
    """Processor seconds by kind of process, and the highest memory (MB) of all of them together."""

    seconds: Mapping[str, float]
    peak_mb: float

    @property
    def total(self) -> float:
        """Of all processes."""
        return sum(self.seconds.values())

    def of_each(self, sign_ins: int) -> Cost:
        """The same for one of so many sign-ins."""
        return Cost({kind: spent / sign_ins for kind, spent in self.seconds.items()}, self.peak_mb)


def main() -> int:
    """Prints a line for each platform, kind of device and contestant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", help="what to compare with, as git names it")
    parser.add_argument("--shops", type=int, default=12, help="sign-ins of each crawl")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--browser", help="the path of another browser, measured with today's code")
    options = parser.parse_args()
    costs: dict[tuple[str, str, str], list[Cost]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="shopdata-signin-") as name:
        then = Path(name) / "code"
        unpack(options.revision, then)
        contestants = {"then": (then, None), "now": (ROOT, None), BARE: (ROOT, None)}
        if options.browser:
            other = " in the other browser"
            contestants |= {f"now{other}": (ROOT, options.browser), f"{BARE}{other}": (ROOT, options.browser)}
        for number in range(options.rounds):
            for who, (code, browser) in contestants.items():
                for platform in CRAWLS:
                    folder = Path(name) / f"{number}-{who}-{platform}"
                    new, known = costs_of(who, platform, code, browser, folder, options.shops)
                    costs[platform, "new", who].append(new)
                    costs[platform, "known", who].append(known)
    report(costs)
    return 0


def costs_of(who: str, platform: str, code: Path, browser: str | None, folder: Path, shops: int) -> list[Cost]:
    """Of a sign-in on a new device, and of one on a known device."""
    spider, lag = CRAWLS[platform]
    sandbox_options = SandboxOptions(
        shops=shops if platform == "jd" else 0,
        pdd_shops=shops if platform == "pdd" else 0,
        rows=1,
        reviews=1,
        report_seconds=0,
        empty_link_seconds=0,
        form="new",
    )
    found = []
    with Sandbox(sandbox_options) as sandbox, SeaweedStore() as store:
        sandbox.write_config(folder / "config")
        environment = {
            **os.environ,
            **sandbox.environment(),
            **store.environment(),
            "SHOPDATA_CONFIG_DIR": str(folder / "config"),
            "SHOPDATA_STATE_DIR": str(folder / "state"),
            **({"SHOPDATA_BROWSER_PATH": browser} if browser else {}),
        }
        for back in (1, 0):
            day = latest_day("day", lag) - timedelta(days=back)
            crawl = [sys.executable, "-m", "scrapy", "crawl", spider, "-a", f"date={day}", "-s", "LOG_LEVEL=WARNING"]
            bare = [sys.executable, "-m", "benchmarks.bare_sign_in", platform]
            before = sum(sandbox.counters().logins.values())
            cost = watch(bare if who.startswith(BARE) else crawl, environment, code)
            found.append(cost.of_each(sum(sandbox.counters().logins.values()) - before))
            sandbox.expire_sessions()
    return found


def watch(command: list[str], environment: Mapping[str, str], folder: Path) -> Cost:
    """Runs a crawl to its end, and counts what its browser and driver have used.

    Raises:
        CalledProcessError: it has failed, so there is nothing to compare.
    """
    used: dict[int, tuple[str, float]] = {}
    peak, looks = 0.0, 0
    with subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            memory = 0.0
            for child in children(process.pid):
                with suppress(psutil.Error):
                    used[child.pid] = look(child)
                    memory += 0 if looks % MEMORY_EVERY_LOOKS else child.memory_full_info().pss
            peak, looks = max(peak, memory), looks + 1
            time.sleep(LOOK_EVERY_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    seconds = {kind: sum(spent for of, spent in used.values() if of == kind) for kind in KINDS}
    return Cost(seconds, peak / 1e6)


def children(pid: int) -> list[psutil.Process]:
    """The driver, and all below it; a crawl's workers are none of them."""
    with suppress(psutil.Error):
        drivers = [child for child in psutil.Process(pid).children() if "node" in Path(child.exe()).name]
        return [each for driver in drivers for each in (driver, *driver.children(recursive=True))]
    return []


def look(process: psutil.Process) -> tuple[str, float]:
    """The kind of a process, and the processor seconds that it has used."""
    times, arguments = process.cpu_times(), process.cmdline()
    if not arguments:
        # It has just ended: what was seen of it before is all there is.
        raise psutil.NoSuchProcess(process.pid)
    kind = next((part.partition("=")[2] for part in arguments if part.startswith("--type=")), "")
    if kind == "renderer":
        # Counted when it has ended, by the process that has made it.
        return "pages", 0.0
    if kind == "zygote":
        return "pages", sum(times[:4])
    if kind:
        return "others", times.user + times.system
    return ("driver" if "node" in Path(arguments[0]).name else "browser"), times.user + times.system


def report(costs: Mapping[tuple[str, str, str], list[Cost]]) -> None:
    """Medians, and the ratio to the other revision."""
    print(
        f"{'platform, device':<18}{'':<27}{'s a sign-in':>12}{'ratio':>7}   driver browser pages others{'peak MB':>9}"
    )
    for (platform, device, who), runs in sorted(costs.items(), key=lambda item: item[0][:2]):
        total = statistics.median(run.total for run in runs)
        base = statistics.median(run.total for run in costs[platform, device, "then"])
        parts = [statistics.median(run.seconds[kind] for run in runs) for kind in runs[0].seconds]
        told = "".join(f"{part:>8.2f}" for part in parts)
        peak = max(run.peak_mb for run in runs)
        print(f"{platform + ', ' + device:<18}{who:<27}{total:>12.2f}{total / base:>7.2f} {told}{peak:>9.0f}")


if __name__ == "__main__":
    sys.exit(main())
