"""Roles, hashes, the file of users, browsers that are signed in, ways back: each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scrapyd.config import Config
from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers

from shopdata.exceptions import ArgumentError, UsageError
from shopdata.service import configuration
from shopdata.service.board import actions
from shopdata.service.board.live_recording import LiveRecording
from shopdata.service.board.live_sign_in import LiveSignIn
from shopdata.service.board.site import PAGES
from shopdata.service.door.cookies import token_in
from shopdata.service.door.guesses import Guesses
from shopdata.service.door.rights import RIGHTS, parts_of, right_to
from shopdata.service.door.sign_in import Credentials, SignIn
from shopdata.service.door.way_in import is_https, way_to_sign_in, within
from shopdata.service.people import browsers as browsers_module
from shopdata.service.people.browsers import IDLE_SECONDS, MOST_SECONDS, Browsers
from shopdata.service.people.hashed import fits, hashed, is_hash
from shopdata.service.people.passwords import new_password, weakness_of
from shopdata.service.people.roles import NOBODY, Role, Visitor
from shopdata.service.people.users import Users
from shopdata.service.people.users_file import UsersFile, read_lines

GOOD = "fake-Pass-word-17"


# -- what each may do ----------------------------------------------------------------------------------------------


def test_a_role_includes_those_before_it() -> None:
    assert [[role.includes(other) for other in Role] for role in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert not any(NOBODY.may(role) for role in Role)
    assert NOBODY.may(None)
    assert Visitor("a", Role.ACT).may(Role.SEE)


def test_every_address_stands_in_the_table_and_the_table_has_no_other() -> None:
    """All pages and buttons of the board, what it asks for by itself, and all of scrapyd's services."""
    wanted = {" ".join(("GET", "/".join(("board", *pattern)))) for pattern, _ in PAGES}
    wanted |= {f"POST board/do/{action}" for action in actions.ACTIONS}
    wanted |= {f"GET board/sessions/*/live/{part}" for part in LiveSignIn.gets} | {"POST board/sessions/*/live/input"}
    wanted |= {f"GET board/record/*/{part}" for part in LiveRecording.gets} | {"POST board/record/*/input"}
    wanted |= {"GET board/login", "POST board/do/login", "POST board/do/logout", "GET board/static/*"}
    wanted |= {"GET board/password", "POST board/do/password"}
    wanted |= {"GET board/static/base.css", "GET board/static/mark.svg"}
    services = {name for name, _ in Config().items("services")} | set(configuration._SERVICES)
    reading = {name for name in services if not name.startswith(("schedule", "cancel", "add", "del"))}
    writing = services - reading | {"cron.json", "cells.json", "service.json", "signins.json", "recordings.json"}
    wanted |= {f"GET {name}" for name in reading | {"logs", "jobs", "favicon.ico"}}
    wanted |= {f"POST {name}" for name in writing}
    assert set(RIGHTS) == wanted
    assert {role for address, role in RIGHTS.items() if address.startswith("POST")} == {None, *Role}


@pytest.mark.parametrize(
    ("method", "target", "role"),
    [
        (b"GET", b"/", Role.SEE),
        (b"HEAD", b"/board?x=/do/login", Role.SEE),
        (b"GET", b"//board", Role.ADMINISTER),
        (b"POST", b"//do/collect", Role.ACT),
        (b"POST", b"/board//do/%63ollect", Role.ACT),
        (b"post", b"/board/do/collect", Role.ACT),
        (b"POST", b"/board/do/login", None),
        (b"POST", b"/board/do/login/x", Role.ADMINISTER),
        (b"GET", b"/board/do/login", Role.ADMINISTER),
        (b"GET", b"/board/static/base.css?v=1", None),
        (b"GET", b"/board/static/%2e%2e/base.css", Role.ADMINISTER),
        (b"POST", b"/schedule.json", Role.ADMINISTER),
        (b"PUT", b"/%73chedule.json", Role.ADMINISTER),
        (b"POST", b"/cron.json/static/base.css", Role.ACT),
        (b"POST", b"/service.json", Role.ADMINISTER),
        (b"GET", b"/service.json", Role.SEE),
        (b"GET", b"/logs/shopdata/x/y.log", Role.SEE),
        (b"GET", b"/nothing", Role.ADMINISTER),
        (b"GET", b"http://evil.example/board/login", Role.ADMINISTER),
        (b"OPTIONS", b"*", Role.SEE),
        (b"GET", b"/\xff", Role.ADMINISTER),
    ],
)
def test_which_role_an_address_needs(method: bytes, target: bytes, role: Role | None) -> None:
    assert right_to(parts_of(method, target)) is role


# -- users ---------------------------------------------------------------------------------------------------------


def test_what_is_kept_of_a_password_tells_only_whether_it_fits() -> None:
    kept = hashed("e\u0301tude-Pass-17 中文")
    assert kept.startswith("$scrypt$ln=15,r=8,p=3$")
    assert kept != hashed("e\u0301tude-Pass-17 中文")
    assert fits("\u00e9tude-Pass-17 中文", kept), "another keyboard's é"
    assert not fits("etude-Pass-17 中文", kept)
    greedy = kept.replace("ln=15", "ln=40")
    for text in ("", "x", "$2b$12$abc", kept[:-1], greedy, kept.replace("r=8", "r=0")):
        assert not is_hash(text)
        assert not fits("x", text)


def test_passwords_of_our_own_making_are_good_ones() -> None:
    made = {new_password("tester") for _ in range(50)}
    assert len(made) == 50
    assert all(weakness_of("tester", password) == "" and len(password) == 19 for password in made)


def test_a_line_that_says_nothing_is_told_and_never_quoted() -> None:
    kept = hashed(GOOD)
    lines = [
        f"anna:act:{kept}",
        "# a note",
        "",
        "bob:act:Secret-in-plain",
        f"carl:boss:{kept}",
        f"anna:see:{kept}",
        kept,
    ]
    users, problems = read_lines(lines)
    assert {name: user.role for name, user in users.items()} == {"anna": Role.ACT}
    assert [problem.split()[1] for problem in problems] == ["4", "5", "6", "7"]
    assert "Secret" not in " ".join(problems)
    assert kept not in repr(users)


def test_users_and_their_rules(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    users = Users(tmp_path / "users", "shopdata")
    other = UsersFile(users.file.path)
    assert other.users() == {}
    users.add("王芳", Role.ADMINISTER, GOOD)
    users.add("bob", Role.SEE, GOOD)
    assert list(other.users()) == ["王芳", "bob"], "another process sees it"
    assert users.file.path.stat().st_mode & 0o777 == 0o600
    refused = {
        "there already": lambda: users.add("BOB", Role.SEE, GOOD),
        "the settings already": lambda: users.add("Shopdata", Role.SEE, GOOD),
        "invalid user name": lambda: users.add("a:b", Role.SEE, GOOD),
        "too weak": lambda: users.add("carl", Role.SEE, "carl-carl-carl"),
        "no such user": lambda: users.remove("bobb"),
        "not in the file of users": lambda: users.set_password("shopdata", GOOD),
        "last administrator": lambda: users.remove("王芳"),
        "is the last administrator": lambda: users.set_role("王芳", Role.ACT),
    }
    for said, work in refused.items():
        with pytest.raises(ArgumentError, match=said) as raised:
            work()
        assert GOOD not in str(raised.value)
    users.set_role("bob", Role.ADMINISTER)
    users.set_role("王芳", Role.ACT)
    users.remove("王芳")
    assert {name: user.role for name, user in other.users().items()} == {"bob": Role.ADMINISTER}
    with users.file.path.open("a", encoding="utf-8") as file:
        file.write("anna:see:Secret-in-plain\n")
    with pytest.raises(UsageError, match=r"damaged.*line 3"):
        users.set_role("bob", Role.ADMINISTER)
    assert list(other.users()) == ["bob"]
    assert "line 3" in caplog.text
    assert "Secret" not in caplog.text
    # What can't be read lets nobody in, and stops nobody else.
    users.file.path.unlink()
    users.file.path.mkdir()
    assert other.users() == {}
    assert "Nobody can sign in by it" in caplog.text


# -- who is signed in ----------------------------------------------------------------------------------------------


def test_a_check_is_done_once_for_as_long_as_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = Users(tmp_path / "users", "shopdata")
    users.add("anna", Role.SEE, GOOD)
    sign_in = SignIn("shopdata", "fake", users.file)
    # Threads are the reactor's, which does not run here.
    monkeypatch.setattr("shopdata.service.door.sign_in.deferToThread", lambda work: _done(work()))
    given = Credentials("anna", GOOD)
    assert sign_in.known(given) is None
    assert result(sign_in.check(given)) == Visitor("anna", Role.SEE)
    assert sign_in.known(given) == Visitor("anna", Role.SEE)
    assert sign_in.known(Credentials("anna", GOOD + "x")) is None
    assert result(sign_in.check(Credentials("nobody", GOOD))) is None
    users.set_role("anna", Role.ACT)
    assert sign_in.known(given) == Visitor("anna", Role.ACT), "the role is looked up each time"
    users.set_password("anna", GOOD + "-new")
    assert sign_in.known(given) is None
    assert result(sign_in.check(given)) is None
    assert sign_in.known(Credentials("shopdata", "fake")) == Visitor("shopdata", Role.ADMINISTER)
    assert GOOD not in repr(given)


def _done(value: Any) -> Deferred[Any]:
    done: Deferred[Any] = Deferred()
    done.callback(value)
    return done


def result(deferred: Deferred[Any]) -> Any:
    found: list[Any] = []
    deferred.addCallback(found.append)
    return found[0]


def test_a_browser_stays_known_until_it_is_away_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers_module, "deferToThread", lambda work, *arguments: _done(work(*arguments)))
    now, marks = [1_000_000.0], {"anna": "one"}
    path = tmp_path / "browsers.json"

    def opened() -> Browsers:
        return Browsers(path, lambda name, token: marks.get(name, ""), lambda: now[0])

    browsers = opened()
    token = browsers.begin("anna")
    assert browsers.name_of(token) == "anna"
    assert browsers.name_of(token + "x") is None
    assert opened().name_of(token) == "anna", "after a restart"
    assert path.stat().st_mode & 0o777 == 0o600
    again = browsers.begin("anna", token)
    assert (browsers.name_of(token), browsers.name_of(again)) == (None, "anna"), "a sign-in makes the cookie anew"
    for _ in range(int(MOST_SECONDS // (IDLE_SECONDS / 2)) - 1):
        now[0] += IDLE_SECONDS / 2
        assert browsers.name_of(again) == "anna"
    now[0] += IDLE_SECONDS / 2 + 1
    assert browsers.name_of(again) is None, "a month is the end, however busy"
    token = browsers.begin("anna")
    now[0] += IDLE_SECONDS + 1
    assert browsers.name_of(token) is None
    token = browsers.begin("anna")
    marks["anna"] = "another password"
    assert browsers.name_of(token) is None
    tokens = [browsers.begin("anna") for _ in range(25)]
    assert [browsers.name_of(token) for token in tokens] == [None] * 5 + ["anna"] * 20
    browsers.end(tokens[-1])
    assert browsers.name_of(tokens[-1]) is None
    assert not any(token in path.read_text("utf-8") for token in tokens)
    path.write_text("[{", "utf-8")
    assert opened().name_of(tokens[-2]) is None


def test_guesses_of_many_addresses_at_one_user_are_slowed_as_well(caplog: pytest.LogCaptureFixture) -> None:
    guesses = Guesses(lambda: 0.0)
    waits = [guesses.note(f"192.0.2.{number}", "anna") for number in range(8)]
    assert waits == [0, 0, 0, 0.25, 0.5, 1, 2, 2]
    assert guesses.note("192.0.2.99", "bob") == 0
    assert "as anna" in caplog.text
    for _ in range(20):
        guesses.note("198.51.100.1")
    assert guesses.are_too_many("198.51.100.1")
    assert not guesses.are_too_many("192.0.2.1")


# -- where a browser is sent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["board/runs", "board/days/jd_store?end=2026-03-01", "?day=2026-03-01", "listjobs.json", "board/sessions/"],
)
def test_a_way_back(address: str) -> None:
    assert within(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example", "/evil", "https://evil.example", "https:evil", "javascript:alert(1)", "\\\\evil.example",
        "board/../../x",
        "board/%2e%2E/x", "%2e.", "..%2f..%2fx", "a%5cb", "..", "./x", "board//evil.example", "board/runs\r\nX: y",
        "board/login", "x" * 3000, "é",
    ],
)  # fmt: skip
def test_no_way_back_leads_to_another_site(address: str) -> None:
    assert within(address) == ""


def test_the_way_to_sign_in_is_relative() -> None:
    assert way_to_sign_in(b"GET", b"/board/runs/x?a=1") == "../../board/login?next=board%2Fruns%2Fx%3Fa%3D1"
    assert way_to_sign_in(b"GET", b"/") == "board/login"
    assert way_to_sign_in(b"POST", b"/board/do/collect") == "../../board/login?told=expired"


def test_what_the_cookie_is_called() -> None:
    headers = Headers({"Cookie": ["a=b; shopdata=plain", "__Host-shopdata=secure"]})
    assert token_in(headers) == "secure"
    assert token_in(Headers({"Cookie": [" shopdata=plain ;=;x"]})) == "plain"
    assert token_in(Headers({})) == ""
    assert is_https(Headers({"Origin": ["https://board.example.com"]}), "127.0.0.1")
    assert is_https(Headers({"X-Forwarded-Proto": ["https"]}), "127.0.0.1")
    assert not is_https(Headers({"X-Forwarded-Proto": ["https"]}), "192.0.2.1")
    assert not is_https(Headers({"Origin": ["null"], "Referer": ["http://x/"]}), "127.0.0.1")
