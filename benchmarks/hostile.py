"""The memory of a real crawl of eight shops at once whose portal answers what nobody should hold.

    python -m benchmarks.hostile [--shops 8] [--case NAME ...]

For each case: seconds, the highest sum of memory of all processes of the run (shared pages counted once; the portal is
not among them), and the states that the cells ended in. Sessions are saved, as on every day but the first, so that a
browser runs in the last two cases only: there Chromium is what the memory goes to.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.measuring import Measured, measure
from benchmarks.workbench import workbench
from sandbox import Fault, SandboxOptions
from shopdata.periods import latest_day

LIMIT_MB = 600


@dataclass(frozen=True)
class Case:
    """A spider, and what befalls each of its calls; `lag` is its dataset's."""

    spider: str
    fault: Fault | None
    at: str
    lag: int = 1


CASES = {
    "nothing": Case("pdd_badscore", None, "reviews"),
    "8 GB of JSON in 20 MB": Case("pdd_badscore", Fault.ANSWER_BOMB, "reviews"),
    "ten million lists": Case("pdd_badscore", Fault.ANSWER_OF_VALUES, "reviews"),
    "one text of 30 MB": Case("pdd_badscore", Fault.ANSWER_OF_TEXT, "reviews"),
    "pages without an end": Case("pdd_badscore", Fault.ENDLESS_PAGES, "reviews"),
    "a download of 2 GB": Case("pdd_kpi", Fault.HUGE_DOWNLOAD, "download", 3),
    "chats, nothing": Case("pdd_chat", None, "messages"),
    "chats, 8 GB of JSON": Case("pdd_chat", Fault.ANSWER_BOMB, "messages"),
}


def main() -> None:
    """Prints a line for each case; exits with 1 if one without a browser takes more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=8)
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    is_over = False
    for name in options.case:
        measured, states = run(CASES[name], options.shops)
        told = ", ".join(f"{count} {state}" for state, count in states.items())
        print(f"{name:<24} {measured.seconds:7.1f} s   peak {measured.peak_mb:6.0f} MB   {told}", flush=True)
        is_over |= measured.peak_mb > LIMIT_MB and CASES[name].spider != "pdd_chat"
    sys.exit(is_over)


def run(case: Case, shops: int) -> tuple[Measured, Counter[str]]:
    """One crawl with fresh state and a portal of its own."""
    sandbox_options = SandboxOptions(shops=0, pdd_shops=shops, requests_per_second=100)
    with workbench(sandbox_options) as bench:
        bench.save_sessions()
        if case.fault is not None:
            bench.sandbox.set_fault("*", case.fault, at=case.at)
        day = latest_day("day", case.lag)
        measured = bench.crawl(case.spider, "-a", f"date={day}", "-s", "LOG_LEVEL=CRITICAL", good=(0, 1))
        return measured, _states(bench.environment())


def _states(environment: Mapping[str, str]) -> Counter[str]:
    status = measure([sys.executable, "-m", "scrapy", "status", "--json"], environment)
    return Counter(cell["state"] for cell in json.loads(status.output)["cells"])


if __name__ == "__main__":
    main()
