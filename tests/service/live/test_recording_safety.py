"""What nobody else may see or do of a recording, and what is left of it: as of a sign-in (`test_safety.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
import requests
from running import Running
from test_ends import browsers_of
from test_recording_on_board import begin
from test_safety import JPEG, ODD, PNG, Browser
from watching import BLUE, GREEN, NewWatcher
from workplace import Workplace

from shopdata.service.people.roles import Role
from shopdata.service.people.users import Users

pytestmark = [pytest.mark.browser, pytest.mark.services]

CHILD = "shopdata.actions.record_child"
TYPED = "typed-fake-864213"


@contextmanager
def home_with(place: Workplace, question: str) -> Iterator[None]:
    """PDD's first page with something more in its address."""
    place.edit("portals.yaml", lambda file: file["pdd"].update(home_path=f"/home?{question}"))
    yield
    place.edit("portals.yaml", lambda file: file["pdd"].pop("home_path"))


def test_only_who_has_it_sees_and_does_anything_and_nothing_is_left(started: Running, new_watcher: NewWatcher) -> None:
    shop, name, place = "pdd-16", "pdd_safe", started.place
    place.sign_in(shop)
    watcher = new_watcher()
    with home_with(place, "look=elsewhere"):
        begin(watcher, started, shop, name)
        watcher.wait_for("请只选")
        watcher.see(GREEN)
    own = Browser(started, watcher, f"record/{name}")

    # The board's door, then the view of this user in this browser.
    for what in ("frame", "state", "input"):
        assert requests.get(f"{own.base}/{what}?view={own.view}", timeout=300).status_code == 401
        assert requests.get(f"{own.base}/{what}?view={own.view}", auth=started.auth, timeout=300).status_code == 404
        assert own.get(what, view="A" * 22).status_code == 404
    frame = own.first_frame()
    assert frame.content.startswith(JPEG)
    for answer in (frame, own.get("state")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"

    # Somebody who may only look at the board can neither begin one, nor end this one, nor have it.
    users = Users(started.folder / "users", "shopdata")
    if "emil" not in users.file.users():
        users.add("emil", Role.SEE, "fake-Pass-word-23")
    emil = requests.Session()
    emil.auth = ("emil", "fake-Pass-word-23")
    emil.headers["Accept-Language"] = "en"
    board = f"{started.url}/board"
    token = re.findall(r'name="token" value="([^"]+)"', emil.get(f"{board}/password", timeout=300).text)[0]
    for action, form in (
        ("record", {"shop": shop, "name": "pdd_other"}),
        ("record-act", {"name": name, "view": own.view, "what": "take_over"}),
        ("record-act", {"name": name, "view": own.view, "what": "end"}),
    ):
        refused = emil.post(f"{board}/do/{action}", data=form | {"token": token}, timeout=300)
        assert (refused.status_code, "Your role does not allow this" in refused.text) == (403, True)
    assert own.view not in emil.get(own.base, timeout=300).text

    # What no page of ours sends.
    points = {"seq": 0, "points": [[1.0, "move", 5, 5]]}
    assert own.get("input").status_code == 405
    assert own.send(points, **{"X-Board-Token": "0"}) == 403
    assert own.send(points, **{"Content-Type": "application/x-www-form-urlencoded"}) == 415
    assert own.send(points, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert {own.send(odd) for odd in ODD} == {400}
    assert own.send(points) == 200
    # Over plain http from another machine others could read along.
    form = {"token": own.token, "shop": shop, "name": "pdd_far"}
    far = own.session.post(f"{board}/do/record", data=form, headers={"Referer": "http://192.0.2.7/board"}, timeout=300)
    assert (far.status_code, "Put TLS in front of the board" in far.text) == (409, True)

    # Nobody goes anywhere else from here.
    watcher.page.reload()
    watcher.click_on(GREEN)
    watcher.wait_for_words("不打开 elsewhere.example")
    assert watcher.page.locator(".host").inner_text().endswith(place.sandbox.origins["mms"].removeprefix("http://"))
    # A browser that nobody else can talk to, in a process that knows nothing of the service's own secrets.
    running = browsers_of(started, CHILD)
    assert len(running) > 3
    for process in running:
        try:
            command, variables = " ".join(process.cmdline()), process.environ()
        except psutil.Error:
            continue
        assert "--remote-debugging-port" not in command
        assert "SHOPDATA_SERVICE_PASSWORD" not in variables
        assert own.view not in command

    # It ends with its person, and nothing is left of it.
    watcher.click_on(BLUE)
    watcher.click_on(GREEN)
    watcher.page.keyboard.type(TYPED)
    watcher.press("结束")
    watcher.wait_for("录制已结束")
    assert psutil.wait_procs(running, timeout=300)[1] == []
    assert own.get("frame").status_code == 404
    said = started.log
    for path in place.state_dir.rglob("*"):
        if path.is_file() and "screenshots" not in path.parts:
            content = path.read_bytes()
            assert not content.startswith((JPEG, PNG)), path
            if path.suffix in (".log", ".jsonl", ".txt"):
                said += content.decode("utf-8", "replace")
    for secret in (TYPED, own.view, own.token):
        assert secret not in said
    assert not list((place.state_dir / "recordings").glob(f"{name}*"))
    assert not (place.config_dir / "recipes" / f"{name}.yaml").exists()
