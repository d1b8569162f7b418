"""When a page is the one where one signs in."""

from __future__ import annotations

import pytest

from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.sign_in import is_login_page


@pytest.mark.parametrize(
    ("login", "url", "expected"),
    [
        pytest.param("/login/", "/login/?redirectUrl=x", True, id="as configured"),
        pytest.param("/login/", "/login?redirectUrl=x", True, id="without the stroke"),
        pytest.param("/login", "/login/index", True, id="below it"),
        pytest.param("/login/", "/loginless", False, id="a name that begins alike"),
        pytest.param("/login/", "/home", False, id="the back office"),
        pytest.param("/", "/", True, id="a portal that begins with it"),
        pytest.param("/", "/home", False, id="and its back office"),
    ],
)
def test_is_login_page(login: str, url: str, expected: bool) -> None:
    origin = "https://mms.example.com"
    portal = PddPortal(login_url=origin + login, origin=origin, download_hosts=(".example.com",))
    assert is_login_page(origin + url, portal) is expected
