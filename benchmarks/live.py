"""What a sign-in from the board costs, and how soon one sees what one does: `python -m benchmarks.live`.

A real service, a stand-in portal that shows a slider, and a second Chromium as the person's, all on this machine. Told
are milliseconds from a move of the mouse at the board's page until the picture there has changed, pictures in a second,
and how much of a core service, sign-in (with its Chromium) take: at rest, and while the slider is held and moved. Then
the slider is dragged again and again, and what the portal's page has got of each drag is held against the hand.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.measuring import ROOT, tree_memory

TESTS = ROOT / "tests"
sys.path[:0] = [str(TESTS / name) for name in (".", "service", "service/live")]

from as_in_a_run import chromium_options  # noqa: E402
from playwright.sync_api import Error as PlaywrightError  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from running import Running  # noqa: E402
from watching import Watcher  # noqa: E402
from workplace import Workplace  # noqa: E402

from sandbox import Fault, Sandbox, SandboxOptions  # noqa: E402
from sandbox.pdd import login  # noqa: E402
from sandbox.store import SeaweedStore  # noqa: E402

SHOP = "pdd-01"
CHILD = "shopdata.service.sign_ins.child"
#: Notes when the mouse has moved over the picture, and when the picture has changed after that.
NOTE = """() => {
  const canvas = document.querySelector("canvas");
  window.taken = [];
  window.pictures = 0;
  window.drag = [];
  const note = (event) => event.buttons && window.drag.push(...event.getCoalescedEvents().map((one) => one.timeStamp));
  canvas.addEventListener("pointerdown", () => { window.drag = []; }, true);
  canvas.addEventListener("pointermove", note, true);
  let moved = 0;
  canvas.addEventListener("pointermove", () => { moved ||= performance.now(); }, true);
  new MutationObserver(() => {
    window.pictures++;
    if (moved) window.taken.push(performance.now() - moved);
    moved = 0;
  }).observe(canvas, { attributes: true, attributeFilter: ["data-number"] });
}"""


def main() -> int:
    """Prints a line for each thing measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=25)
    parser.add_argument("--drags", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=5.0, help="at rest, and while the slider is moved")
    options = parser.parse_args()
    paths = what_arrives()
    with service() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options(playwright.chromium.executable_path))
        signed_in = {"Authorization": "Basic " + b64encode(":".join(running.auth).encode()).decode()}
        look = {"width": 1380, "height": 1000}
        page = browser.new_context(locale="zh-CN", viewport=look, extra_http_headers=signed_in).new_page()
        watcher = Watcher(page)
        begun = time.perf_counter()
        watcher.begin(running.url, SHOP)
        watcher.wait_for("滑块")
        print(f"from the button to the slider: {time.perf_counter() - begun:.1f} s")
        handle = watcher.find_slider()["handle"]
        page.evaluate(NOTE)
        start = (handle["left"] + 19, (handle["top"] + handle["bottom"]) / 2)
        processes = {"service": psutil.Process(running.pid), "sign-in": sign_in_of(running)}
        used, seconds = over(processes, page, lambda: page.wait_for_timeout(options.seconds * 1000))
        tell("at rest", used, seconds, page)
        page.mouse.move(*watcher.spot(*start))
        page.mouse.down()
        page.wait_for_timeout(500)
        page.evaluate("() => { window.taken = []; }")
        for number in range(options.moves):
            page.mouse.move(*watcher.spot(start[0] + 10 + number % 2 * 60, start[1]))
            page.wait_for_function("count => window.taken.length > count", arg=number)
            page.wait_for_timeout(200)
        taken = sorted(page.evaluate("window.taken"))
        print(f"from a move to its picture: median {statistics.median(taken):.0f} ms, "
              f"of ten the slowest {taken[len(taken) * 9 // 10]:.0f} ms")  # fmt: skip
        used, seconds = over(processes, page, lambda: wander(watcher, start, options.seconds))
        tell("while it is moved", used, seconds, page)
        print(f"memory: sign-in {tree_memory(processes['sign-in'].pid):.0f} MB")
        page.mouse.up()
        drags: list[Drag] = []
        with suppress(PlaywrightError):  # what there is by then is told
            while len(drags) < options.drags:
                drags.append(drag(watcher, paths))
        tell_drags(drags)
        watcher.press("结束")
        browser.close()
    return 0


@contextmanager
def service() -> Iterator[Running]:
    """One whose portal asks for a slider."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        sandbox = stack.enter_context(Sandbox(SandboxOptions(shops=1, pdd_shops=1)))
        sandbox.set_fault(SHOP, Fault.CAPTCHA_PATH)
        place = Workplace(Path(folder), sandbox, stack.enter_context(SeaweedStore()).settings(bucket="live"))
        stack.callback(place.close)
        place.edit("schedule.yaml", lambda file: file.update(jobs=[]))
        running = Running(place)
        stack.callback(running.end)
        started = running.command("start")
        assert started.code == 0, started.text
        yield running


@dataclass(frozen=True)
class Drag:
    """One of the hand's: milliseconds and points, and what the portal's page saw of them."""

    hand_ms: float
    portal_ms: float
    hand_points: int
    portal_points: int
    picture_ms: float


def what_arrives() -> list[list[list[float]]]:
    """The paths that the portal's page sends, as they come."""
    paths: list[list[list[float]]] = []
    judge = login.is_solved

    def note(puzzle: str, place: object, path: list[list[float]]) -> bool:
        paths.append(path)
        return judge(puzzle, place, path)

    login.is_solved = note
    return paths


def drag(watcher: Watcher, paths: list[list[list[float]]]) -> Drag:
    """Drags the handle past the gap, where nothing fits, and waits for the next puzzle."""
    page, count = watcher.page, len(paths)
    seen = watcher.find_slider()
    handle = seen["handle"]
    x, y = handle["left"] + 19, (handle["top"] + handle["bottom"]) / 2
    page.evaluate("() => { window.taken = []; }")
    watcher.drag((x, y), (x + seen["gap"]["left"] - handle["left"] + 40, y))
    while len(paths) == count:
        page.wait_for_timeout(50)
    hand, taken = page.evaluate("[window.drag, window.taken]")
    page.wait_for_timeout(500)
    path = paths[-1]
    return Drag(hand[-1] - hand[0], path[-1][0] - path[0][0], len(hand), len(path), taken[0] if taken else 0.0)


def tell_drags(drags: list[Drag]) -> None:
    """How near what arrived was to what the hand did."""
    longer = sorted(one.portal_ms - one.hand_ms for one in drags)
    within = sum(abs(one.portal_ms - one.hand_ms) <= 0.15 * one.hand_ms + 100 for one in drags)
    pictures = sorted(one.picture_ms for one in drags if one.picture_ms)
    print(f"{len(drags)} drags of {statistics.median(one.hand_ms for one in drags):.0f} ms: "
          f"{statistics.median(longer):+.0f} ms at the portal, from {longer[0]:+.0f} to {longer[-1]:+.0f}; "
          f"within 15 % and 100 ms {within}; points {sum(one.hand_points for one in drags)} of the hand, "
          f"{sum(one.portal_points for one in drags)} at the portal")  # fmt: skip
    print(f"from a drag's first move to its picture: median {statistics.median(pictures):.0f} ms, "
          f"of ten the slowest {pictures[len(pictures) * 9 // 10]:.0f} ms")  # fmt: skip


def sign_in_of(running: Running) -> psutil.Process:
    """The process that holds the portal's page; its browser is below it."""
    return next(process for process in running.processes() if CHILD in process.cmdline())


def over(
    processes: dict[str, psutil.Process], page: Page, work: Callable[[], object]
) -> tuple[dict[str, float], float]:
    """Seconds of the processor of each tree while something is done, and the clock's."""
    page.evaluate("() => { window.pictures = 0; }")
    before = {name: processor_of(process) for name, process in processes.items()}
    begun = time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    return {name: processor_of(process) - before[name] for name, process in processes.items()}, seconds


def processor_of(root: psutil.Process) -> float:
    """Of a process and all below it that still run; the service's sign-ins are counted for themselves."""
    trees = [root] if CHILD not in " ".join(root.cmdline()) else [root, *root.children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in trees)


def wander(watcher: Watcher, start: tuple[float, float], seconds: float) -> None:
    """Moves the slider to and fro, as fast as a hand does."""
    end, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        number += 1
        watcher.page.mouse.move(*watcher.spot(start[0] + abs(number % 80 - 40) * 3, start[1]))
        watcher.page.wait_for_timeout(16)


def tell(when: str, used: dict[str, float], seconds: float, page: Page) -> None:
    """One line."""
    shares = ", ".join(f"{name} {100 * share / seconds:.1f} %" for name, share in used.items())
    print(f"{when}: {page.evaluate('window.pictures') / seconds:.1f} pictures a second; of a core: {shares}")


if __name__ == "__main__":
    sys.exit(main())
