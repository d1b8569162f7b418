"""How tests start a Chromium of their own."""

from __future__ import annotations

import os
from typing import Any

from shopdata.browser.chromium import launch_options, needs_no_sandbox


def chromium_options(playwrights_own: str) -> dict[str, Any]:
    """As a run does: without what a window that nobody sees loads by default, half of a page costs the processor.

    Args:
        playwrights_own: `playwright.chromium.executable_path`.
    """
    given = {"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")}
    return launch_options(playwrights_own, given, has_sandbox=not needs_no_sandbox())
