"""Which Chromium to sign in with, what it is started with, and what every page in it looks like to a portal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shopdata.config import in_project
from shopdata.exceptions import BrowserError, BrowserMissingError
from shopdata.network import current_network
from shopdata.network.for_chromium import proxy_options

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
#: `browser` in portals.yaml, and the names that a program of the second kind has.
CHROMIUM, HEADLESS_SHELL = "chromium", "headless_shell"
_SHELLS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
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
        BrowserError: the chosen one is no program.
    """
    if chosen:
        path = in_project(chosen)
        if path.is_dir():
            raise cannot_start(f"SHOPDATA_BROWSER_PATH leads to a folder, {chosen}")
        if path.is_file() and not os.access(path, os.X_OK):
            raise cannot_start(f"{chosen} may not be executed by this user")
        if path.is_file():
            return path
        raise BrowserMissingError(
            "there is no browser at this path",
            where="SHOPDATA_BROWSER_PATH",
            found=str(path),
            todo="Fix the path, or unset the variable to use another Chromium.",
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


def path_for(kind: str, chosen: str | None, *, is_headed: bool = False) -> str | None:
    """The path of the browser that a platform asks for; None where any Chromium will do.

    Args:
        kind: `browser` in portals.yaml.
        chosen: SHOPDATA_BROWSER_PATH; it is the path of the whole Chromium, or of the one for all platforms.
        is_headed: a person is to see its window, which only the whole Chromium has.

    Raises:
        BrowserMissingError: a headless shell is asked for, and there is none.
    """
    if kind != HEADLESS_SHELL or is_headed or (chosen and Path(chosen).name in _SHELLS):
        return chosen
    found = next(filter(None, map(shutil.which, _SHELLS)), None)
    if found is None:
        raise BrowserMissingError(
            "no headless shell was found to sign in with",
            where="browser in portals.yaml",
            found=f"{HEADLESS_SHELL}, and none of {', '.join(_SHELLS)} on the PATH",
            expected="the program that this platform is to be signed in with",
            todo="Install Debian's `chromium-headless-shell`, or take `browser` out of portals.yaml.",
        )
    return found


def cannot_start(why: str) -> BrowserError:
    """The error for a browser that can't be started; `why` goes on after "because"."""
    return BrowserError(
        f"the browser can't be started because {why}",
        where="this machine",
        todo=(
            "Fix that here (usual causes: no room in TMPDIR, a low `ulimit -n`, a wrong SHOPDATA_BROWSER_PATH, "
            "missing libraries, no memory); the next run asks again."
        ),
    )


def needs_no_sandbox() -> bool:
    """True where Chromium refuses its own sandbox: as root on Linux."""
    return sys.platform.startswith("linux") and os.geteuid() == 0


#: What Playwright switches off itself. It has to be repeated: Chromium takes the last `--disable-features` only.
PLAYWRIGHTS_OWN = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
#: Every window, also one that nobody sees, loads the drop-down of its address bar as web pages, and keeps a spare
#: process at hand: together more than half of what a sign-in costs the processor (Chromium 156).
#: And it would tell its maker about each form that it sees.
_UNUSED = ("AutofillServerCommunication", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess")

#: Chromium's own calls home are of no use to a sign-in either, and noisy where there is no internet.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join((*PLAYWRIGHTS_OWN, *_UNUSED))}",
)
#: Half of what opening a login page may take by default; a program that is no browser may never answer.
START_SECONDS = 30


def launch_options(
    playwrights_own: str | None, given: Mapping[str, Any], *, is_headed: bool = False, has_sandbox: bool = True
) -> dict[str, Any]:
    """What every browser is started with, whoever starts it.

    Args:
        playwrights_own: where Playwright would look for its own browser.
        given: what else is wished; `executable_path` is the chosen browser.

    Raises:
        BrowserMissingError, BrowserError: as `find_chromium`.
    """
    way_out, arguments = proxy_options(current_network())
    own = given.get("args", ())
    return {
        "headless": not is_headed,
        "timeout": START_SECONDS * 1000,
        **way_out,
        **given,
        "executable_path": str(find_chromium(given.get("executable_path"), playwrights_own)),
        "chromium_sandbox": has_sandbox,
        "args": [*own, *(argument for argument in (*_QUIET, *arguments) if argument not in own)],
    }


def context_options(version: str, **own: Any) -> dict[str, Any]:
    """What every context of a browser of this version is made with: a portal sees the same device in all of them.

    Args:
        own: what this one has for itself, as `storage_state`.
    """
    return {
        "user_agent": user_agent_of(version),
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1280, "height": 800},
        "device_scale_factor": 1,
        **own,
    }


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
    # `python -m shopdata.browser.chromium [PATH]` says which one it would be.
    try:
        print(find_chromium(next(iter(sys.argv[1:]), None), playwrights_chromium()))
    except (BrowserError, BrowserMissingError) as missing:
        sys.exit(str(missing))
