"""The HTML pages of Pinduoduo's back office."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from aiohttp import web

from sandbox.html_pages import DEVICE_SCRIPT, DRAG_SCRIPT, OBSTACLES_SCRIPT, Pages

_PAGES = Pages("sandbox.pdd")


def login_page(form: str, boot: Mapping[str, object]) -> web.Response:
    """The login page with its `old` or `new` form. Class names of the new one end differently with every load."""
    return _PAGES.page(
        f"login_{form}.html",
        boot=boot,
        look=_PAGES.source("login_look.html"),
        signing=_PAGES.source("signing.js"),
        sign_in=DEVICE_SCRIPT
        + DRAG_SCRIPT
        + OBSTACLES_SCRIPT
        + _PAGES.source("sign_in.js")
        + _PAGES.source("app_code.js"),
        suffix=secrets.token_hex(4),
    )


def back_office_page(boot: Mapping[str, object], name: str = "back_office.html") -> web.Response:
    """A page behind the login."""
    script = OBSTACLES_SCRIPT + _PAGES.source("signing.js")
    return _PAGES.page(name, boot=boot, signing=script)
