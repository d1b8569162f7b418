"""The HTML pages of JD."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from sandbox.html_pages import DEVICE_SCRIPT, DRAG_SCRIPT, OBSTACLES_SCRIPT, Pages

_PAGES = Pages("sandbox.jd")


def page(name: str, *, boot: Mapping[str, object] | None = None, frame_url: str = "") -> web.Response:
    """The page of that name as an answer. `boot` is what its script finds as JSON in the element `#boot`."""
    own = _PAGES.source("sign_in.js") + _PAGES.source("app_code.js")
    script = DEVICE_SCRIPT + DRAG_SCRIPT + OBSTACLES_SCRIPT + own
    return _PAGES.page(name, boot=boot, frame_url=frame_url, script=script)
