"""The HTML pages of the portals, filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template

from aiohttp import web


class Pages:
    """The folder `pages` of one package."""

    def __init__(self, package: str) -> None:
        self._package = package

    def source(self, name: str) -> str:
        """A file of the folder as it is."""
        return _source(self._package, name)

    def page(
        self, name: str, *, boot: Mapping[str, object] | None = None, status: int = 200, **parts: str
    ) -> web.Response:
        """The page of that name as an answer, each `$part` in it replaced.

        `boot` is what its script finds as JSON in the element `#boot`.
        """
        # Inside <script> only "</" could end the data; "<" as an escape keeps it in.
        data = json.dumps(boot or {}, ensure_ascii=False).replace("<", "\\u003c")
        text = Template(self.source(name)).substitute(parts, boot=data)
        return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)


@cache
def _source(package: str, name: str) -> str:
    return resources.files(package).joinpath("pages", name).read_text(encoding="utf-8")


_SHARED = Pages("sandbox")

DEVICE_SCRIPT = _SHARED.source("device.js")
"""What login pages know a device by: `findDevice`."""

DRAG_SCRIPT = _SHARED.source("drag.js")
"""What sliders are dragged by: `onDrag`."""

OBSTACLES_SCRIPT = _SHARED.source("obstacles.js")
"""What login pages call to put something before their form: `setObstacles`."""


def maintenance() -> web.Response:
    """A page that has been put in the place of the login page."""
    return _SHARED.page("maintenance.html")


def notice(*, status: int = 200) -> web.Response:
    """A page that says that the system is busy, where a file or data were asked for."""
    return _SHARED.page("notice.html", status=status)
