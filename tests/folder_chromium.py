"""One Chromium for the tests of a folder, which one worker runs: a start costs two seconds of a core."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from as_in_a_run import chromium_options
from playwright.sync_api import Browser, sync_playwright


class FolderChromium:
    """Playwright's loop runs in the thread of the tests for as long as it is there, and no other one can run in it: so
    it begins when it is asked for, and ends before a test of another folder.

    Args:
        folder: of the conftest that has it, and passes on its hook.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._browser: Browser | None = None

    def get(self) -> Browser:
        """Started, if it is not; or if it has died with a test."""
        if self._browser is not None and not self._browser.is_connected():
            self._end()
        if self._browser is None:
            playwright = self._stack.enter_context(sync_playwright())
            options = chromium_options(playwright.chromium.executable_path)
            self._browser = playwright.chromium.launch(**options)
            self._stack.callback(self._browser.close)
        return self._browser

    def end_before(self, next_item: pytest.Item | None) -> None:
        """To be called when all of a test is torn down."""
        if next_item is None or self._folder not in next_item.path.parents:
            self._end()

    def _end(self) -> None:
        self._browser = None
        self._stack.close()
