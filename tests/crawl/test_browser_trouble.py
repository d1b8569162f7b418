"""A browser that can't be started, or is killed: this machine's trouble, and no shop pays for it twice."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from workplace import Run, Workplace

from sandbox import EVERY_SHOP, Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

WHY = "the browser can't be started because temporary files can't be written to "
SIGNED_IN, ONE, OTHER = "sandbox-01", "sandbox-02", "sandbox-03"


@pytest.fixture(scope="module")
def temporary() -> Iterator[Path]:
    """The folder for temporary files of these runs."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace], temporary: Path) -> Workplace:
    # So long does the page stay after the password was sent: the browser is to be killed meanwhile.
    place = make_workplace(shops=3, pdd_shops=0, login_delay_seconds=10.0, slow_seconds=60.0)
    place.sign_in(SIGNED_IN)
    place.variables["TMPDIR"] = str(temporary)
    return place


def kill(run: Run, option: str) -> None:
    """Ends what runs below it with this option."""
    for process in psutil.Process(run.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if option in process.cmdline():
                process.kill()


def cells(place: Workplace) -> dict[str, tuple[str, str]]:
    """State and reason of each shop."""
    return {cell["shop"]: (cell["state"], cell["reason"]) for cell in place.status()["cells"]}


def test_a_browser_that_cant_be_started_is_told_once_and_is_no_shops_fault(place: Workplace, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    run = place.crawl("date=2026-03-01", TMPDIR=gone)
    assert run.code == 1
    found = cells(place)
    assert {shop: state for shop, (state, _) in found.items()} == {
        SIGNED_IN: "published",
        ONE: "failed",
        OTHER: "failed",
    }
    for shop in (ONE, OTHER):
        assert found[shop][1].startswith(f"this machine: {WHY}{gone}: No such file or directory.")
    # In the log, and in the summary.
    assert run.err.count(WHY) == 2
    assert "login_url" not in run.text
    assert "Traceback" not in run.text
    assert set(place.sandbox.counters().logins) <= {SIGNED_IN}

    by_hand = place.scrapy("login", ONE, TMPDIR=gone)
    assert by_hand.code == 1
    assert f"\nthis machine: {WHY}{gone}" in f"\n{by_hand.err}"
    assert "Traceback" not in by_hand.text


def test_a_browser_that_is_killed_is_started_anew(place: Workplace, temporary: Path) -> None:
    """Killed while it waits for the login page: nobody's password was sent."""
    place.sandbox.set_fault(EVERY_SHOP, Fault.LOGIN_PAGE_SLOW, times=1)
    run = place.start("crawl", "jd_store", "-a", "date=2026-03-01", "-a", f"shops={ONE}")
    # It is asked for, and does not come.
    run.wait_until(lambda: not place.sandbox.faults())
    kill(run, "--remote-debugging-pipe")
    run.wait()
    assert run.code == 0, run.text
    assert "the browser ended while the shop was in it" in run.err
    assert place.sandbox.counters().logins[ONE] == 1
    assert "Traceback" not in run.text
    assert run.survivors() == []
    assert list(temporary.iterdir()) == []


def test_one_that_is_killed_after_the_password_was_sent_costs_the_shop_this_run(
    place: Workplace, temporary: Path
) -> None:
    run = place.start("crawl", "jd_store", "-a", "date=2026-03-01", "-a", f"shops={OTHER}")
    run.wait_until(lambda: place.sandbox.counters().logins.get(OTHER))
    # With its driver, that says nothing.
    kill(run, "run-driver")
    run.wait()
    assert run.code == 1
    state, reason = cells(place)[OTHER]
    assert state == "failed"
    assert "the browser ended after the password was sent" in reason
    assert place.sandbox.counters().logins[OTHER] == 1
    assert "Traceback" not in run.text
    assert run.survivors() == []
    assert list(temporary.iterdir()) == []
