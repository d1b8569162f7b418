"""Whether a browser has a font for what it is to draw."""

from __future__ import annotations

import pytest
from pages import chromium

from shopdata.browser.fonts import can_draw

pytestmark = pytest.mark.browser


def test_signs_that_all_fonts_have_and_signs_that_none_has() -> None:
    with chromium() as browser:
        assert browser.visit("about:blank", lambda page: can_draw(page, "abc"))
        # For private use: whatever is installed here draws a box, or nothing.
        assert not browser.visit("about:blank", lambda page: can_draw(page, "\U0010f00d\U0010f10e\U0010f20f"))
