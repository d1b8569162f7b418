"""The page of a recording in a browser, in each of its states: for everybody, and on a telephone too.

The states are made up, so that none takes a recording; what a person does there is in `tests/service/live`.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from board_client import NewContext
from playwright.sync_api import Page
from test_recording_pages import STATES, page

pytestmark = [pytest.mark.browser, pytest.mark.services]

#: Those in which there is something else to see than in others, half of them in each look.
AXED = {
    "desk": ("take", "which", "asking", "written"),
    "phone, dark, English": ("took", "refused", "differs", "proven"),
}
LOOKS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 900}},
    "phone, dark, English": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "en-GB"},
}


def show(shown: Page, code: str, state: str) -> None:
    """As the board would; what scripts ask for then is not there."""
    # With texts as long as a portal's may be.
    made = page(code, state, STATES[state][0]).replace("POST /a", "POST /a" + "/part" * 40).replace("/etc/x", "/x" * 60)
    shown.route("**/board/a-recording", lambda route: route.fulfill(body=made, content_type="text/html; charset=utf-8"))
    shown.goto("/board/a-recording")
    shown.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_is_for_everybody_and_fits(
    new_context: NewContext, request: pytest.FixtureRequest, look: str
) -> None:
    axe = request.getfixturevalue("axe") if os.environ.get("AXE_PATH") else ""
    shown = new_context(**LOOKS[look], bypass_csp=True).new_page()
    # They would ask how it goes on.
    shown.route(re.compile(r"\.js\b"), lambda route: route.fulfill(body="", content_type="text/javascript"))
    found = []
    for state in STATES:
        show(shown, "zh" if look == "desk" else "en", state)
        assert shown.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") != "700", "no style"
        assert shown.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, state
        if axe and state in AXED[look]:
            shown.evaluate(axe)
            result = shown.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert len(result["passes"]) > 10
            found += [
                (state, violation["id"], [node["html"] for node in violation["nodes"]][:3])
                for violation in result["violations"]
                if violation["impact"] in ("serious", "critical")
            ]
        shown.unroute("**/board/a-recording")
    assert found == []
