"""The HTML pages of JD, filled in. They are read as package resources, so they also work from a zip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template

from aiohttp import web


@cache
def _source(name: str) -> str:
    return resources.files("shopdata.sandbox.jd").joinpath("pages", name).read_text(encoding="utf-8")


def page(
    name: str, *, boot: Mapping[str, str | int] | None = None, frame_url: str = "", status: int = 200
) -> web.Response:
    """The page of that name as an answer. `boot` is what its script finds as JSON in the element `#boot`."""
    # Inside <script> only "</" could end the data; "<" as an escape keeps it in.
    data = json.dumps(boot or {}, ensure_ascii=False).replace("<", "\\u003c")
    text = Template(_source(name)).substitute(boot=data, frame_url=frame_url, script=_source("sign_in.js"))
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)
