"""A screen that nobody sees, the window that a command opens there, and a scripted person before it."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright
from playwright.sync_api import Error as PlaywrightError

from shopdata.browser.chromium import find_chromium, playwrights_chromium

_TIMEOUT_SECONDS = 300


@contextmanager
def screen() -> Iterator[str]:
    """A display that nobody sees; ended by the process that was started."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with os.fdopen(read) as number:
                yield f":{number.readline().strip()}"
        finally:
            server.terminate()
            server.wait(10)


def with_debugging(folder: Path, port: int) -> Path:
    """A browser that a scripted person can look into; they answer with a mouse, as anybody."""
    real = find_chromium(os.environ.get("SHOPDATA_BROWSER_PATH"), playwrights_chromium())
    script = folder / "browser"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(real))} --remote-debugging-port={port} "$@"\n', "utf-8")
    script.chmod(0o755)
    return script


def window_at(playwright: Playwright, port: int, part: str) -> tuple[Browser, Page]:
    """The window that has come there, with this in its address."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        try:
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            return browser, next(page for context in browser.contexts for page in context.pages if part in page.url)
        except (PlaywrightError, StopIteration):
            assert time.monotonic() < deadline, "no window came"
            time.sleep(0.1)


def press_in_bar(page: Page, label: str) -> None:
    """A button of a recording's bar, by the mouse, as soon as it is there: its root is closed to all else."""
    session = page.context.new_cdp_session(page)
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        tree = session.send("Accessibility.getFullAXTree")
        buttons = [node for node in tree["nodes"] if node.get("role", {}).get("value") == "button"]
        found = next((node for node in buttons if node.get("name", {}).get("value") == label), None)
        if found is not None:
            break
        assert time.monotonic() < deadline, [node.get("name") for node in buttons]
        page.wait_for_timeout(100)
    box = session.send("DOM.getBoxModel", {"backendNodeId": found["backendDOMNodeId"]})["model"]["content"]
    session.detach()
    page.mouse.click((box[0] + box[4]) / 2, (box[1] + box[5]) / 2)


def text_of(page: Page) -> str:
    """All that can be read in the window, the bar too."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return " ".join(str(node.get("name", {}).get("value", "")) for node in nodes)
