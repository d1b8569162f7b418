"""Processes that read files: their errors come back, they outlive no one, and a run can do without them."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import multiprocessing.spawn
import os
import subprocess
import sys
import textwrap
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import CancelledError
from multiprocessing import resource_tracker
from pathlib import Path

import psutil
import pytest

from shopdata.excel.workers import Workers
from shopdata.exceptions import RejectedFileError

ROOT = Path(__file__).resolve().parents[2]
#: Where work is done: a process, which takes a second to begin, or a thread.
EITHER_WAY = pytest.mark.parametrize(
    "is_started", [pytest.param(True, id="in a process", marks=pytest.mark.cold), pytest.param(False, id="in a thread")]
)


def who() -> int:
    return os.getpid()


def refuse() -> None:
    raise RejectedFileError("no table", where="here", found="a web page", expected="a workbook", todo="Look at it.")


@pytest.fixture(autouse=True)
def _busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is to wait less says so."""
    monkeypatch.setattr("shopdata.excel.workers.START_SECONDS", 600)


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers(1)
    yield workers
    workers.shutdown()


def begun(workers: Workers) -> list[psutil.Process]:
    """Its processes, all of which have begun."""
    workers.start()
    assert workers._starter is not None
    assert workers._processes is not None
    workers._starter.join()
    return [psutil.Process(process.pid) for process in workers._processes.members()]


@pytest.mark.cold
def test_work_is_done_elsewhere(workers: Workers) -> None:
    workers.start()
    assert asyncio.run(workers.run(who)) != os.getpid()


def test_without_processes_it_is_done_here(workers: Workers) -> None:
    assert asyncio.run(workers.run(who)) == os.getpid()


@EITHER_WAY
def test_a_result_goes_with_the_last_who_wants_it(workers: Workers, is_started: bool) -> None:
    """Not when Python looks for rubbish: pieces of a workbook are few and large."""
    if is_started:
        workers.start()
    gc.disable()
    try:
        wanted = workers.submit(who)
        wanted.result()
        kept = weakref.ref(wanted)
        del wanted
        # The thread that has brought it may still have it in hand.
        deadline = time.monotonic() + 30
        while kept() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert kept() is None
    finally:
        gc.enable()


@EITHER_WAY
def test_an_error_comes_back_with_its_facts(workers: Workers, is_started: bool) -> None:
    if is_started:
        workers.start()
    with pytest.raises(RejectedFileError) as refusal:
        asyncio.run(workers.run(refuse))
    assert (refusal.value.where, refusal.value.found) == ("here", "a web page")
    assert str(refusal.value) == "here: no table. Found a web page, expected a workbook. Look at it."


def test_a_worker_that_dies_does_not_take_the_run_along(workers: Workers) -> None:
    for process in begun(workers):
        process.kill()
    assert asyncio.run(workers.run(who)) == os.getpid()


def die_elsewhere() -> int:
    if multiprocessing.parent_process() is not None:
        psutil.Process().kill()
    return os.getpid()


@pytest.mark.cold
def test_what_a_worker_died_of_is_done_here(workers: Workers) -> None:
    workers.start()
    assert [workers.submit(work).result(600) for work in (die_elsewhere, who)] == [os.getpid()] * 2


@pytest.fixture
def mute_processes(_busy_machine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Processes that are started and never do anything, as where a virus scanner looks at them for ever. None stays."""
    program, begun = tmp_path / "mute", tmp_path / "begun"
    program.write_text(f"#!/bin/sh\necho $$ >>{begun}\nexec sleep 600\n")
    program.chmod(0o755)
    begun.touch()
    # Python starts it once, by the same program.
    resource_tracker.ensure_running()
    before = multiprocessing.spawn.get_executable()
    monkeypatch.setattr("shopdata.excel.workers.START_SECONDS", 0.2)
    multiprocessing.spawn.set_executable(str(program))
    yield
    multiprocessing.spawn.set_executable(before)
    numbers = [int(line) for line in begun.read_text().splitlines()]
    assert psutil.wait_procs([psutil.Process(pid) for pid in numbers if psutil.pid_exists(pid)], timeout=120)[1] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows starts no scripts as programs")
def test_processes_that_never_begin_are_waited_for_only_so_long(mute_processes: None) -> None:
    told: list[str] = []
    with Workers(2, told.append) as workers:
        workers.start()
        begun = [workers.submit(who) for _ in range(3)]
        assert [work.result(600) for work in begun] == [os.getpid()] * 3
        assert workers.submit(who).result(600) == os.getpid()
    assert len(told) == 1
    assert "SHOPDATA_WORKERS=0" in told[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows starts no scripts as programs")
def test_where_none_can_be_started_threads_do_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program, too many processes, no memory: whatever it is, it is told and the work is done."""
    told: list[str] = []
    before = multiprocessing.spawn.get_executable()
    multiprocessing.spawn.set_executable(str(tmp_path / "nothing"))
    try:
        with Workers(2, told.append) as workers:
            workers.start()
            assert workers.submit(who).result(600) == os.getpid()
    finally:
        multiprocessing.spawn.set_executable(before)
    (sentence,) = told
    assert "could not be started" in sentence
    assert "SHOPDATA_WORKERS=0" in sentence


@pytest.mark.skipif(os.name == "nt", reason="Windows starts no scripts as programs")
@pytest.mark.parametrize("is_wanted", [True, False], ids=["work is waited for", "nobody waits"])
def test_an_end_before_the_first_sign(mute_processes: None, monkeypatch: pytest.MonkeyPatch, is_wanted: bool) -> None:
    monkeypatch.setattr("shopdata.excel.workers.START_SECONDS", 600)
    workers = Workers(1, pytest.fail)
    workers.start()
    begun = workers.submit(who)
    workers.shutdown(cancel_futures=not is_wanted)
    if is_wanted:
        assert begun.result(0) == os.getpid()
    else:
        with pytest.raises(CancelledError):
            begun.result(0)


@pytest.mark.cold
@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system has no niceness")
@pytest.mark.parametrize("gives_way", [True, False])
def test_who_gives_way_says_so_to_the_system(gives_way: bool) -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    with Workers(1, pytest.fail, gives_way=gives_way) as workers:
        workers.start()
        theirs = workers.submit(os.getpriority, os.PRIO_PROCESS, 0).result(600)
    assert (theirs > ours) is gives_way
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours


@pytest.mark.cold
def test_one_that_never_begins_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still from its start on, while another one does the work."""
    with Workers(2, pytest.fail) as workers:
        first, _ = begun(workers)
        assert workers.submit(who).result(600)
        monkeypatch.setattr("shopdata.excel.workers.START_SECONDS", 0.2)
        first.suspend()
    assert psutil.wait_procs([first], timeout=120)[1] == []


def test_none_means_threads() -> None:
    with Workers(0) as workers:
        workers.start("shopdata.excel.merging.files")
        assert [workers.submit(who).result(600) for _ in range(2)] == [os.getpid()] * 2
        assert multiprocessing.active_children() == []


@pytest.mark.cold
def test_a_worker_knows_only_what_it_needs(workers: Workers) -> None:
    """Neither the program that it was started from, nor what the caller's environment was changed by."""
    before = dict(os.environ)
    workers.start("shopdata.excel.workbook.piece")
    assert dict(os.environ) == before
    # A function of this module would bring the module along.
    loaded = workers.submit(eval, "set(__import__('sys').modules)").result(600)
    assert "shopdata.excel.workbook.piece" in loaded
    assert not {"pytest", "scrapy", "pandas", "asyncio"} & loaded


@pytest.mark.cold
def test_none_is_left_when_the_crawl_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "crawl.py"
    script.write_text(
        textwrap.dedent(
            """
            import asyncio, os, time
            from shopdata.excel import workers
            from shopdata.excel.workers import Workers

            workers.START_SECONDS = 600
            if __name__ == "__main__":
                workers = Workers(2)
                workers.start()
                asyncio.run(workers.run(os.getpid))
                print("ready", flush=True)
                time.sleep(60)
            """
        )
    )
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
        below = psutil.Process(process.pid).children(recursive=True)
        assert len(below) >= 2
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(below, timeout=120)
    assert alive == []
