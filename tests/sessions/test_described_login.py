"""What a portal that portals.yaml describes says of a session, in data and in pages."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shopdata.config.described import LoginDescription, portal_of
from shopdata.sessions.sign_in.described import DescribedLogin
from shopdata.sessions.sign_in.steps import PortalAnswer

SECTION: dict[str, Any] = {
    "login_url": "https://desk.example/login",
    "origin": "https://desk.example",
    "home_path": "/my/page",
    "session_cookies": ["desk"],
    "download_hosts": [".desk.example"],
    "login_page": {"username": ["#user"]},
    "login": {"check": "{desk.origin}/my/account", "alive_on_page": "Signed in as „Mei“"},
}
OWN = b"<!doctype html><div>Signed in as &bdquo;Mei&ldquo;</div>"
FORM = b"<!doctype html><form action=/login><input type=password></form>"


def answer(body: bytes, status: int = 200, kind: str = "text/html; charset=utf-8") -> PortalAnswer:
    return PortalAnswer(status, "https://desk.example/my/account", kind, "", body)


@pytest.mark.parametrize(
    ("given", "alive", "dead"),
    [
        (answer(OWN), True, False),
        (answer(FORM), False, True),
        (answer(b"", 302), False, True),
        (answer(OWN, 401), True, True),
        (answer(b"a,b\r\n1,2\r\n", kind="text/csv"), False, False),
        (answer(b'{"user": "Signed in as "Mei""}', kind="application/json"), False, False),
    ],
    ids=["its own page", "the form", "led away", "refused", "a file", "data"],
)
def test_a_page_tells_whether_a_session_lives(given: PortalAnswer, alive: bool, dead: bool) -> None:
    portal = portal_of(SECTION).model_validate(SECTION)
    login = DescribedLogin("Desk", SECTION["login"])
    assert login.check_call(portal) == ("https://desk.example/my/account", {})
    assert (login.is_session_alive(given), login.is_session_dead(given, portal)) == (alive, dead)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "one thing tells"),
        ({"alive": {"$.user": "*"}, "alive_on_page": "Sign out"}, "one thing tells"),
    ],
)
def test_one_thing_tells_it(told: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        LoginDescription.model_validate({"check": "{desk.origin}/me", **told})
