"""Several people before one running service: each may do what their role says, and it is kept who did what."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime
from urllib.parse import urlencode

import pytest
from people_place import Browser, Place
from tiny_service import PASSWORD, USER, tiny_egg

from shopdata.ledger import Ledger
from shopdata.ledger.acts import Act
from shopdata.periods import SHANGHAI

pytestmark = [pytest.mark.services, pytest.mark.cold]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def passwords(place: Place) -> dict[str, str]:
    """Of one user of each role, added while the service runs."""
    return {role: place.add(f"{role}-user", role) for role in ("see", "act", "administer")}


#: By the role that each needs: reading and acting, as programs do it.
PROGRAMS = {
    "see": ["/", "/board/schedule", "/service.json", "/cron.json", "/cells.json", "/listjobs.json", "/metrics"],
    "act": ["cron.json action=pause&job=jd_store", "cron.json action=resume&job=jd_store", "cancel.json project=x"],
    "administer": [
        "schedule.json project=shopdata&spider=jd_store&setting=LOG_LEVEL=INFO",
        "delversion.json project=shopdata&version=9",
        "delproject.json project=nothing",
        "addversion.json project=shopdata",
        "service.json action=nothing",
    ],
}  # fmt: skip


def test_each_role_may_do_its_own_and_what_is_below(place: Place, passwords: dict[str, str]) -> None:
    roles = list(PROGRAMS)
    for role, password in passwords.items():
        auth = f"{role}-user:{password}"
        for needed, addresses in PROGRAMS.items():
            for address in addresses:
                page, _, body = address.partition(" ")
                if body:
                    status, _, said = place.request("POST", f"/{page}", body.encode(), FORM, auth=auth)
                else:
                    status, _, said = place.request("GET", page, auth=auth)
                is_allowed = roles.index(role) >= roles.index(needed)
                assert (status == 200) is is_allowed, (role, address, status, said[:300])
                if not is_allowed:
                    assert status == 403
                    assert f"{role}-user has the role {role}, and this needs the role {needed}" in said.decode()
    assert place.request("GET", "/service.json", auth=f"see-user:{passwords['act']}")[0] == 401
    assert place.request("GET", "/service.json", auth="nobody:" + passwords["act"])[0] == 401
    # The one of the settings is who they were.
    assert place.request("POST", "/delproject.json", b"project=nothing", FORM)[0] == 200


def test_a_browser_signs_in_by_a_page_and_finds_back(place: Place, passwords: dict[str, str]) -> None:
    browser = Browser(place).go("/board/schedule?lang=en")
    assert (browser.status, browser.path.partition("?")[0]) == (200, "/board/login")
    assert "<nav" not in browser.text, "a stranger is offered nothing"
    browser.press("login", name="see-user", password="wrong")
    assert (browser.status, "User name or password is wrong." in browser.text) == (403, True)
    assert 'value="see-user"' in browser.text
    browser.press("login", name="see-user", password=passwords["see"])
    assert (browser.status, browser.path) == (200, "/board/schedule?lang=en")
    (cookie,) = [line for line in browser.set_cookies if line.startswith("shopdata=")]
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    # What they may not do is not there to be pressed, and refused in their words when it is tried all the same.
    assert "may look" in browser.text
    assert set(browser.forms()) == {"logout"}
    token = browser.forms()["logout"]["token"]
    browser.go("/board/do/pause", {"job": "jd_store", "token": token})
    assert (browser.status, "Your role does not allow this" in browser.text) == (403, True)
    assert browser.go("/board/nothing").status == 404
    assert browser.go("/board/do/nothing", {"token": token}).status == 404
    # By the same cookie everything else of the site, as far as the role goes.
    assert browser.go("/listjobs.json").status == 200
    assert browser.go("/schedule.json", {"project": "shopdata", "spider": "jd_store"}).status == 403
    old = dict(browser.cookies)
    browser.go("/board/runs").press("logout")
    assert browser.path.startswith("/board/login?told=signed_out")
    browser.cookies = old
    assert "board/login" in browser.go("/board/runs").path, "the cookie of before is worth nothing"
    assert place.wait_for_act("see-user", "signed_in").via == "board"
    assert place.wait_for_act("see-user", "signed_out").address == "127.0.0.1"


def test_programs_and_scripts_are_answered_as_such(place: Place) -> None:
    status, headers, _ = place.request("GET", "/board/runs", auth="")
    assert (status, headers["www-authenticate"][:5]) == (401, "Basic")
    # A page of ours that asks by itself: a browser would open a window for a password.
    status, headers, _ = place.request("GET", "/board/runs", headers={"Sec-Fetch-Mode": "cors"}, auth="")
    assert (status, "www-authenticate" in headers) == (401, False)
    browser = Browser(place).go("/cron.json", {"action": "run", "job": "jd_store"})
    assert "You were signed out" in browser.text
    # A link from another site brings no cookie: the page asks for itself once more, which does.
    status, headers, body = place.request(
        "GET", "/board/login?next=board%2Fruns", headers={"Sec-Fetch-Site": "cross-site"}, auth=""
    )
    assert (status, "set-cookie" in headers) == (200, False)
    assert b'http-equiv="refresh" content="0; url=../board/login?next=board%2Fruns&amp;again=1"' in body


@pytest.mark.parametrize(
    ("headers", "values"),
    [
        ({}, {"token": "a.b"}),
        ({"Sec_Fetch_Site": "cross-site"}, {}),
        ({"Origin": "http://evil.example"}, {"token": ""}),
    ],
    ids=["no token", "another site", "an old browser at another site"],
)
def test_nobody_is_signed_in_by_another_sites_form(
    place: Place, passwords: dict[str, str], headers: dict[str, str], values: dict[str, str]
) -> None:
    browser = Browser(place).go("/board/login")
    form = browser.forms()["login"] | {"name": "see-user", "password": passwords["see"]} | values
    browser.go("/board/do/login", form, **headers)
    assert browser.status == 403
    assert "shopdata" not in browser.cookies


def test_a_form_of_a_stranger_is_short(place: Place) -> None:
    status, _, _ = place.request("POST", "/board/do/login", b"name=" + b"x" * 9000, FORM, auth="")
    assert status == 413


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example", "..%2f..%2fevil", "\\evil.example"])
def test_a_sign_in_leads_to_no_other_site(place: Place, passwords: dict[str, str], wanted: str) -> None:
    browser = Browser(place).go(f"/board/login?{urlencode({'next': wanted})}")
    browser.press("login", name="see-user", password=passwords["see"], next=wanted)
    assert (browser.status, browser.path) == (200, "/")


def test_over_https_the_cookie_is_secure(place: Place, passwords: dict[str, str]) -> None:
    browser = Browser(place, X_Forwarded_Proto="https").go("/board/login")
    browser.headers["X-Forwarded-Proto"] = "https"
    browser.press("login", name="see-user", password=passwords["see"])
    (cookie,) = [line for line in browser.set_cookies if line.startswith("__Host-shopdata=")]
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()


def test_guesses_at_the_page_are_slowed_and_told_in_words(place: Place, passwords: dict[str, str]) -> None:
    browser = Browser(place, **{"X-Forwarded-For": "203.0.113.9"}).go("/board/login")
    for number in range(5):
        browser.press("login", name="see-user", password=f"Guess-No-{number}")
        assert browser.status == 403
    assert "Guess-No-" not in place.log
    place.wait_until(lambda: "from 203.0.113.9, 5 since" in place.log, "it is not told")
    browser.press("login", name="see-user", password=passwords["see"])
    assert browser.status == 200


def test_a_change_counts_at_once(place: Place) -> None:
    """From the command to the next click: another role, another password, gone; a restart changes nothing."""
    password = place.add("王芳", "see")
    auth = f"王芳:{password}"
    browser = Browser(place).sign_in("王芳", password, "/board/schedule")
    assert set(browser.forms()) == {"logout"}
    assert place.users("role", "王芳", "act")[0] == 0
    assert {"pause", "run-now"} <= set(browser.go("/board/schedule").forms())
    browser.press("pause", job="jd_store")
    assert "paused" in browser.path
    browser.go("/board/schedule").press("resume", job="jd_store")
    place.stop()
    place.start()
    assert browser.go("/board/schedule").path == "/board/schedule", "the browser is still known"
    assert place.request("GET", "/service.json", auth=auth)[0] == 200
    code, said = place.users("password", "王芳", "--password-stdin", typed="another-fake-Word-18\n")
    assert (code, "another-fake" in said) == (0, False)
    assert "board/login" in browser.go("/board/schedule").path
    assert place.request("GET", "/service.json", auth=auth)[0] == 401
    browser.sign_in("王芳", "another-fake-Word-18", "/board/runs")
    assert browser.path == "/board/runs"
    assert place.users("remove", "王芳")[0] == 0
    assert "board/login" in browser.go("/board/runs").path
    assert place.request("GET", "/service.json", auth="王芳:another-fake-Word-18")[0] == 401
    acts = [(act.code, act.target, act.via) for act in place.acts() if "王芳" in (act.user, act.target)]
    assert acts[:2] == [("user_remove", "王芳", "command"), ("signed_in", "", "board")]
    assert ("pause", "jd_store", "board") in acts


def test_people_change_their_own_password(place: Place) -> None:
    """Only with the present one; their other browsers are signed out by it, and programs with the old one."""
    old, new = place.add("zhao", "see"), "another-fake-Word-21"
    browser, elsewhere = (Browser(place).sign_in("zhao", old, "/board/password") for _ in range(2))
    for status, said, values in (
        (403, "The present password is wrong", {"current": new, "new": new, "again": new}),
        (409, "The two new passwords differ", {"current": old, "new": new, "again": f"{new}."}),
        (409, "too weak", {"current": old, "new": "zhao-zhao-zhao", "again": "zhao-zhao-zhao"}),
        (403, "This page is too old", {"current": old, "new": new, "again": new, "token": "a.b"}),
    ):
        browser.go("/board/password").press("password", **values)
        assert (browser.status, said in browser.text) == (status, True), browser.text
        assert elsewhere.go("/board/runs").path == "/board/runs", "nothing was changed"
    browser.go("/board/password").press("password", current=old, new=new, again=new)
    assert (browser.path, browser.status) == ("/board/password?told=changed", 200)
    assert browser.go("/board/runs").path == "/board/runs"
    assert "board/login" in elsewhere.go("/board/runs").path
    assert [place.request("GET", "/service.json", auth=f"zhao:{one}")[0] for one in (old, new)] == [401, 200]
    assert place.wait_for_act("zhao", "own_password").via == "board"
    kept = repr(place.acts()) + place.log + (place.state_dir / "service" / "browsers.json").read_text("utf-8")
    assert [secret for secret in (old, new) if secret in kept] == []
    # The one of the settings is told where theirs is.
    single = Browser(place).sign_in(USER, PASSWORD, "/board/password")
    assert "SHOPDATA_SERVICE_PASSWORD" in single.text
    assert set(single.forms()) == {"logout"}
    form = {"token": single.forms()["logout"]["token"], "current": PASSWORD, "new": new, "again": new}
    assert single.go("/board/do/password", form).status == 409
    assert place.request("GET", "/service.json")[0] == 200


def test_who_did_what_is_kept_without_secrets(place: Place, passwords: dict[str, str]) -> None:
    auth = f"administer-user:{passwords['administer']}"

    def post(page: str, **form: str) -> dict[str, object]:
        return json.loads(place.request("POST", f"/{page}", urlencode(form).encode(), FORM, auth=auth)[2])

    started = post("schedule.json", project="shopdata", spider="jd_store", setting="SOME_KEY=Secret-value")
    assert started["status"] == "ok", started
    act = place.wait_for_act("administer-user", "schedule", "jd_store", settings="SOME_KEY")
    assert act.params == {"project": "shopdata", "settings": "SOME_KEY"}
    assert (act.via, act.address) == ("api", "127.0.0.1")
    assert post("cron.json", action="pause", job="nothing")["status"] == "error"
    assert post("cron.json", action="pause", job="jd_store")["status"] == "ok"
    place.wait_for_act("administer-user", "pause", "jd_store")
    assert place.deploy(tiny_egg(), "2")["status"] == "ok"
    assert place.wait_for_act(USER, "deploy", "shopdata", version="2").params == {"version": "2"}
    assert post("cells.json", dataset="jd_store", dt="2026-03-01", shops="flagship")["status"] == "ok"
    collected = place.wait_for_act("administer-user", "collect", "jd_store")
    assert collected.params == {"dt": "2026-03-01", "shops": "flagship"}
    acts: list[Act] = place.acts()
    assert "nothing" not in {act.target for act in acts}, "what was refused was not done"
    assert "Secret" not in repr(acts)
    kept = repr(acts) + place.log + (place.state_dir / "service" / "browsers.json").read_text("utf-8")
    assert [secret for secret in (PASSWORD, *passwords.values()) if secret in kept] == []


def test_administrators_see_to_users_on_the_board(place: Place, passwords: dict[str, str]) -> None:
    browser = Browser(place).sign_in("administer-user", passwords["administer"], "/board/users")
    browser.press("user-add", name="li.na", role="act", password="")
    assert "shown this once" in browser.text
    made = re.findall(r"<code>([a-z0-9]{4}(?:-[a-z0-9]{4}){3})</code>", browser.text)[0]
    assert made not in browser.go("/board/users").text
    assert "may look and act" in Browser(place).sign_in("li.na", made).text
    browser.press("user-role", name="li.na", role="see")
    assert "told=user_changed" in browser.path
    colleague = Browser(place).sign_in("li.na", made)
    for page in ("/board/users", "/board/activity"):
        assert (colleague.go(page).status, "Your role does not allow this" in colleague.text) == (403, True)
    assert "board/users" not in colleague.go("/").text
    browser.press("user-password", name="li.na")
    assert made not in browser.text
    assert "board/login" in colleague.go("/").path
    refused = {
        "there already": ("user-add", {"name": "LI.NA", "role": "see", "password": ""}),
        "too weak": ("user-add", {"name": "new", "role": "see", "password": "new-new-new-new"}),
        "invalid user name": ("user-add", {"name": "a:b", "role": "see", "password": ""}),
        "last administrator": ("user-remove", {"name": "administer-user"}),
        "no such user": ("user-remove", {"name": "nobody-here"}),
    }
    for said, (action, values) in refused.items():
        browser.go("/board/users").press(action, **values)
        assert (browser.status, said in browser.text) == (409, True), browser.text
    assert browser.go("/board/users").press("user-add", name="x", role="boss", password="").status == 400
    browser.go("/board/users").press("user-remove", name="li.na")
    assert "told=user_removed" in browser.path
    assert "li.na" not in browser.text.partition("</h1>")[2]
    acts = {(act.code, str(act.params.get("role", ""))) for act in place.acts() if act.target == "li.na"}
    assert acts == {("user_add", "act"), ("user_role", "see"), ("user_password", ""), ("user_remove", "")}


def test_what_everybody_did_is_shown_narrowed_and_paged(place: Place, passwords: dict[str, str]) -> None:
    with Ledger.at(place.state_dir) as ledger:
        for number in range(120):
            ledger.acts.add(Act(user="<b>mallory", code="pause", via="board", target=f"job-{number:03}"))
        long_ago = datetime(2026, 3, 1, 23, 59, tzinfo=SHANGHAI)
        ledger.acts.add(Act(user="old", code="invented_later", via="api", at=long_ago, params={"version": "7"}))
    browser = Browser(place).sign_in("administer-user", passwords["administer"], "/board/activity?lang=en")
    assert "&lt;b&gt;mallory" in browser.text
    seen: list[str] = []
    browser.go("/board/activity?who=%3Cb%3Emallory&what=pause")
    for _ in range(3):
        seen += re.findall(r"Pause: (job-\d+)", browser.text)
        older = re.findall(r'<p class="more"><a href="([^"]+)"', browser.text)
        if older:
            browser.go(html.unescape(older[0]))
    assert seen == [f"job-{number:03}" for number in reversed(range(120))]
    assert older == []
    browser.go("/board/activity?day=2026-03-01")
    assert (
        "invented_later" in browser.text,
        "version=7" in browser.text,
        "Pause" in browser.text.partition("<tbody>")[2],
    ) == (
        True,
        True,
        False,
    )
    assert "Nothing of that kind" in browser.go("/board/activity?day=2026-02-28").text
    for odd in ("before=x", "before=%C2%B2", "before=" + "9" * 30, "day=2026-13-40"):
        assert browser.go(f"/board/activity?{odd}").status == 404


def test_a_password_is_typed_twice_and_not_seen(place: Place) -> None:
    first, again = "New password of dora:", "Once more:"
    code, seen = place.users("add", "dora", "--role", "see", asked=[(first, "fake-Pass-word-19"), (again, "another")])
    assert (code, "two different passwords" in seen) == (2, True), seen
    code, seen = place.users("add", "dora", "--role", "see", asked=[(first, "dora-dora-dora")])
    assert (code, "too weak" in seen) == (2, True), seen
    typed = [(first, "fake-Pass-word-19"), (again, "fake-Pass-word-19")]
    code, seen = place.users("add", "dora", "--role", "see", asked=typed)
    assert (code, "fake-Pass" in seen) == (0, False), seen
    assert place.request("GET", "/service.json", auth="dora:fake-Pass-word-19")[0] == 200


def test_what_the_command_says(place: Place, passwords: dict[str, str]) -> None:
    code, said = place.users("list")
    assert code == 0
    assert "its password comes from the settings" in said.replace("\n", " ") or USER in said
    refused = {
        "nobody sits here": ("add", "carl", "--role", "see"),
        "there is no such role": ("add", "carl", "--role", "boss", "--generate"),
        "a user has a role": ("add", "carl", "--generate"),
        "either made or read": ("add", "carl", "--role", "see", "--generate", "--password-stdin"),
        "Did you mean 'see-user'?": ("remove", "see-users"),
        "what can be done with users": ("invent",),
    }
    for expected, arguments in refused.items():
        code, said = place.users(*arguments)
        assert (code, expected in said) == (2, True), said
