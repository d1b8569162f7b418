"""Which Chromium to sign in with."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from shopdata.exceptions import BrowserMissingError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def find_chromium(chosen: str | None, playwrights_own: str | None = None) -> Path:
    """The browser's executable: the one that was chosen, else Playwright's own, else a system one.

    Raises:
        BrowserMissingError: there is none.
    """
    if chosen:
        if Path(chosen).is_file():
            return Path(chosen)
        raise BrowserMissingError(
            "there is no browser at this path",
            where="SHOPDATA_BROWSER_PATH",
            found=chosen,
            todo="Mend the path, or unset the variable to use another Chromium.",
        )
    if playwrights_own and Path(playwrights_own).is_file():
        return Path(playwrights_own)
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    for place in _PLACES:
        if Path(place).is_file():
            return Path(place)
    raise BrowserMissingError(
        "no Chromium was found to sign in with",
        where="SHOPDATA_BROWSER_PATH",
        found="not set, and none at the usual places",
        todo="Run `playwright install chromium`, install Debian's `chromium`, or set SHOPDATA_BROWSER_PATH.",
    )


def needs_no_sandbox() -> bool:
    """True where Chromium refuses its own sandbox: as root on Linux."""
    return sys.platform.startswith("linux") and os.geteuid() == 0


_SYSTEMS = {"win32": "Windows NT 10.0; Win64; x64", "darwin": "Macintosh; Intel Mac OS X 10_15_7"}


def user_agent_of(version: str) -> str:
    """What a Chromium of this version calls itself in a window; without one it would say `HeadlessChrome`."""
    system, major = _SYSTEMS.get(sys.platform, "X11; Linux x86_64"), version.partition(".")[0]
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"


def playwrights_chromium() -> str | None:
    """The path of Playwright's own Chromium, asked of its driver; None if the driver does not run here."""
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            return playwright.chromium.executable_path
    except (Error, OSError):
        return None


if __name__ == "__main__":
    # `python -m shopdata.login.chromium [PATH]` says which one it would be.
    try:
        print(find_chromium(next(iter(sys.argv[1:]), None), playwrights_chromium()))
    except BrowserMissingError as missing:
        sys.exit(str(missing))
