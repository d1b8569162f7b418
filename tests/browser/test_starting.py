"""A browser that can't be started says why, in its own last words; one that could leaves nothing behind."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from shopdata.browser import chromium
from shopdata.browser.chromium import find_chromium, playwrights_chromium
from shopdata.browser.starting import OwnChromium, last_words
from shopdata.exceptions import BrowserError

pytestmark = [pytest.mark.browser, pytest.mark.skipif(os.name == "nt", reason="scripts of a shell play the browser")]

NOISE = "[9:9:1128/151340.574058:ERROR:dbus/bus.cc:405] Failed to connect to the bus"


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, empty. Sockets in it have short addresses."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def script(folder: Path, *lines: str) -> str:
    path = folder / "browser"
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), "utf-8")
    path.chmod(0o755)
    return str(path)


def why_not(program: str) -> str:
    """Why this program can't be started as a browser."""

    async def start() -> None:
        own = OwnChromium({"executable_path": program})
        try:
            await own.start()
        finally:
            await own.close()

    with pytest.raises(BrowserError, match="this machine: the browser can't be started because ") as refusal:
        asyncio.run(start())
    return refusal.value.what.removeprefix("the browser can't be started because ")


def test_what_a_program_says_before_it_ends(temporary: Path, tmp_path: Path) -> None:
    says = "libnss3.so: cannot open shared object file"
    program = script(tmp_path, f"echo '{NOISE}' >&2", f"echo '{says}' >&2", "exit 127")
    assert why_not(program) == f"{program} says: {says}"
    assert list(temporary.iterdir()) == []


def test_what_is_no_program(temporary: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program", "utf-8")
    assert why_not(str(plain)) == f"{plain} may not be executed by this user"
    assert why_not(str(tmp_path)) == f"SHOPDATA_BROWSER_PATH leads to a folder, {tmp_path}"
    assert list(temporary.iterdir()) == []


def test_no_place_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    monkeypatch.setenv("TMPDIR", str(gone))
    assert why_not("/bin/true") == f"temporary files can't be written to {gone}: No such file or directory"


def test_no_room_for_them(temporary: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        assert why_not("/bin/true") == f"temporary files can't be written to {temporary}: File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("program", ["/nowhere/node", "/bin/false", "/etc/passwd"])
def test_a_driver_that_does_not_run(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, program: str
) -> None:
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", program)
    assert why_not("/bin/true").startswith("Playwright's driver does not run: C")
    # Nothing that asyncio has to say about it.
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("report", "words"),
    [
        pytest.param("<launching> /opt/chrome --a --b\n<launched> pid=9", "/opt/chrome ended", id="nothing"),
        pytest.param(
            f"<launching> /opt/chrome --a\n[pid=9][err] {NOISE}\n"
            "[pid=9][err] [9:8:1128/1.2:FATAL:base/pump.cc:146] Check failed: . : Too many open files (24)\n"
            "[pid=9][err] Failed to open /dev/null",
            "/opt/chrome says: Check failed: . : Too many open files (24)",
            id="a fatal line, not the last one",
        ),
        pytest.param(
            "<launching> /opt/chrome --a\n"
            "[pid=9][err] [9:8:1128/1.2:ERROR:base/x.cc:3] Creating shared memory failed: Too many open files (24)\n"
            f"[pid=9][err] {NOISE}",
            "/opt/chrome says: Creating shared memory failed: Too many open files (24)",
            id="what the system refused",
        ),
        pytest.param(
            "<launching> /bin/cat --a\n[pid=9][err] cat: unrecognized option\n[pid=9][err] Try 'cat --help'",
            "/bin/cat says: cat: unrecognized option",
            id="another program",
        ),
        pytest.param("BrowserType.launch: EMFILE: spawn", "EMFILE: spawn", id="no browser log"),
        pytest.param("<launching> /opt/c --p\n[pid=9][err] a\x1b]0;b\x07c", "/opt/c says: a ]0;b c", id="controls"),
    ],
)
def test_the_last_telling_words(report: str, words: str) -> None:
    assert last_words(PlaywrightError(report + "\nCall log:\n[pid=9][err] again")).startswith(words)


async def _use(program: str | None, use: Callable[[Browser], object]) -> None:
    own = OwnChromium({"executable_path": program} if program else {})
    try:
        browser = await own.start()
        await (await browser.new_page()).goto("data:text/html,<p>hello")
        use(browser)
    except PlaywrightError:
        assert use is not _look, "only a killed one may fail"
    finally:
        await own.close()


def _look(_: Browser) -> None:
    """Nothing more than that it was there."""


def _the_browser() -> psutil.Process:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # one that ends as it is looked at
            line = process.cmdline()
            if "--remote-debugging-pipe" in line and not any("--type=" in part for part in line):
                return process
    raise AssertionError("there is no browser")


def _kill(_: Browser) -> None:
    _the_browser().kill()


def _kill_driver(_: Browser) -> None:
    _the_browser().parent().kill()  # type: ignore[union-attr]


@pytest.mark.parametrize("use", [_look, _kill, _kill_driver], ids=["closed", "killed", "its driver was killed"])
def test_nothing_stays(temporary: Path, use: Callable[[Browser], object]) -> None:
    asyncio.run(_use(os.environ.get("SHOPDATA_BROWSER_PATH"), use))
    assert list(temporary.iterdir()) == []
    assert os.environ["TMPDIR"] == str(temporary)


def test_a_folder_too_deep_for_its_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    used: list[str] = []
    asyncio.run(
        _use(os.environ.get("SHOPDATA_BROWSER_PATH"), lambda _: used.append(_the_browser().environ()["TMPDIR"]))
    )
    assert list(deep.iterdir()) == []
    assert used
    assert not Path(used[0]).exists()


def test_its_sandbox_is_used_where_the_system_lets_it(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Here the system does not: the browser says so, is started without it, and a person is told."""
    real = shlex.quote(str(find_chromium(os.environ.get("SHOPDATA_BROWSER_PATH"), playwrights_chromium())))
    seen = shlex.quote(str(tmp_path / "seen"))
    program = script(
        tmp_path,
        'for argument; do [ "$argument" = --no-sandbox ] && has=1; done',
        f"echo $has >> {seen}",
        f'[ $has ] && exec {real} "$@"',
        "echo '[9:9:1128/1.2:FATAL:zygote_host_impl_linux.cc(117)] No usable sandbox!' >&2; exit 1",
    )
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 1500)
    with caplog.at_level(logging.WARNING):
        asyncio.run(_use(program, _look))
    assert (tmp_path / "seen").read_text("utf-8") == "\n1\n"
    assert "without its own sandbox because this system does not let it have one" in caplog.text
    assert list(temporary.iterdir()) == []
