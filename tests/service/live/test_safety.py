"""What nobody else may see or do of a sign-in, and what is left of it: SECURITY.md has the list."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import psutil
import pytest
import requests
from running import Running
from test_ends import browsers_of
from watching import GREEN, NewWatcher, Watcher, login_page_with

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG"


#: What no page of ours sends.
ODD: tuple[Any, ...] = (
    "no json", [], {"seq": -1, "points": []}, {"seq": 1, "points": [[1, "key", "F12"]]},
    {"seq": 1, "points": [[1, "key", "Control+Shift+I"]]}, {"seq": 1, "points": [[1, "move", 1e9, 1]]},
    {"seq": 1, "points": [[1, "move", 1, 1]] * 301}, {"seq": 1, "points": [[1, "text", "x" * 201]]},
    "x" * (65 << 10),
)  # fmt: skip


class Browser:
    """The person's own, as somebody with a script of theirs may use it."""

    def __init__(self, started: Running, watcher: Watcher, address: str) -> None:
        self.view = watcher.page.url.partition("view=")[2]
        self.token = watcher.page.locator("[data-sitting]").get_attribute("data-token") or ""
        self.base = f"{started.url}/board/{address}"
        self.session = requests.Session()
        self.session.auth = started.auth
        for cookie in watcher.page.context.cookies():
            self.session.cookies.set(cookie["name"], cookie["value"])

    def get(self, what: str, **options: Any) -> requests.Response:
        view = options.pop("view", self.view)
        return self.session.get(f"{self.base}/{what}", params={"view": view}, timeout=300, **options)

    def first_frame(self) -> requests.Response:
        """The picture, once there is one: none has come yet, or the person's own page asks at the same moment."""
        while (answer := self.get("frame")).status_code == 204:
            time.sleep(0.3)
        return answer

    def send(self, content: Any, **headers: str) -> int:
        kept = {"Content-Type": "application/json", "X-Board-Token": self.token} | headers
        body = content if isinstance(content, str) else json.dumps(content)
        address = f"{self.base}/input?view={self.view}"
        return self.session.post(address, data=body.encode(), headers=kept, timeout=300).status_code


def test_only_who_has_it_sees_and_does_anything(started: Running, new_watcher: NewWatcher) -> None:
    shop, place = "pdd-10", started.place
    place.sandbox.set_fault(shop, Fault.SMS)
    watcher = new_watcher()
    with login_page_with(place, "pdd", "look=elsewhere"):
        watcher.begin(started.url, shop)
        watcher.wait_for("短信验证码")
    own = Browser(started, watcher, f"sessions/{shop}/live")

    # 1: the board's door, then the view of this user in this browser.
    for what in ("frame", "state", "qr.png", "input"):
        assert requests.get(f"{own.base}/{what}?view={own.view}", timeout=300).status_code == 401
        assert requests.get(f"{own.base}/{what}?view={own.view}", auth=started.auth, timeout=300).status_code == 404
        assert own.get(what, view="A" * 22).status_code == 404
    frame = own.first_frame()
    assert frame.content.startswith(JPEG)
    # 2, 3: nothing of it stays in caches, and no other site gets it.
    for answer in (frame, own.get("state")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    points = {"seq": 0, "points": [[1.0, "move", 5, 5]]}
    assert own.get("input").status_code == 405
    assert own.send(points, **{"X-Board-Token": "0"}) == 403
    assert own.send(points, **{"Content-Type": "application/x-www-form-urlencoded"}) == 415
    assert own.send(points, **{"Sec-Fetch-Site": "cross-site"}) == 403
    # 8, 9: what no page of ours sends.
    for odd in ODD:
        assert own.send(odd) == 400
    assert own.send(points) == 200

    # 7: nobody goes anywhere else from here.
    watcher.page.reload()
    watcher.click_on(GREEN)
    watcher.wait_for_words("不打开 elsewhere.example")
    assert watcher.page.locator(".host").inner_text().endswith(place.sandbox.origins["mms"].removeprefix("http://"))
    # 8, 10: a browser that nobody else can talk to, in a process that knows nothing of the service's own secrets.
    for process in browsers_of(started):
        try:
            command, variables = " ".join(process.cmdline()), process.environ()
        except psutil.Error:
            continue
        assert "--remote-debugging-port" not in command
        assert "SHOPDATA_SERVICE_PASSWORD" not in variables
        assert own.view not in command

    # 3, 4, 5: what is left of it.
    watcher.press("发验证码")
    watcher.enter_code("864213")
    watcher.wait_for_words("平台不认这个验证码")
    watcher.enter_code(place.sandbox.sms_code(shop))
    watcher.wait_for("登录成功")
    assert own.get("frame").status_code == 404
    own_password = place.sandbox.password(shop)
    said = started.log
    for path in place.state_dir.rglob("*"):
        if path.is_file() and "screenshots" not in path.parts:
            content = path.read_bytes()
            assert not content.startswith((JPEG, PNG)), path
            if path.suffix in (".log", ".jsonl", ".txt"):
                said += content.decode("utf-8", "replace")
    for secret in (own_password, own.view, own.token):
        assert secret not in said
    for code in ("864213", place.sandbox.sms_code(shop)):
        # Six digits may be part of any longer number: recordings of other tests have many, made up by chance.
        assert re.search(rf"(?<!\d){code}(?!\d)", said) is None
    entry = next(one for one in started.get("signins.json")["sign_ins"] if one["shop"] == shop)
    assert (entry["user"], entry["outcome"], entry["asked"]) == ("shopdata", "saved", ["sms_code_wanted"])
    assert entry["points"] > 0
    assert entry["keys"] == 2
    assert entry["hosts"] == [place.sandbox.origins["mms"].removeprefix("http://")]
    metrics = requests.get(f"{started.url}/metrics", auth=started.auth, timeout=300).text
    assert re.search(r'^shopdata_sign_ins_total\{outcome="saved"\} [1-9]', metrics, re.MULTILINE)
    watcher.page.goto(f"{started.url}/board/sessions")
    row = watcher.page.locator(".past tr").nth(1).inner_text()
    assert "shopdata" in row
    assert "短信" in row


def test_how_many_at_once_how_often_and_by_which_way(started: Running, new_watcher: NewWatcher) -> None:
    shops, sandbox = ("pdd-11", "pdd-12", "pdd-06"), started.place.sandbox
    watchers = [new_watcher() for _ in shops]
    for watcher, shop in zip(watchers, shops, strict=True):
        sandbox.set_fault(shop, Fault.SMS)
        watcher.begin(started.url, shop)
    # 9: the third waits until one of the others is over.
    watchers[2].wait_for("前面还有店铺在登录，这家排第 1")
    watchers[0].wait_for("短信验证码")
    watchers[0].press("结束")
    watchers[0].wait_for("登录已结束，什么也没保存")
    watchers[2].wait_for("短信验证码")

    own = Browser(started, watchers[1], f"sessions/{shops[1]}/live")
    board = f"{started.url}/board"
    form = {"token": own.token, "shop": "pdd-09"}
    page = own.session.post(f"{board}/do/sign-in", data=form, timeout=300)
    ending = form | {"view": page.url.partition("view=")[2], "what": "end"}
    assert "登录已结束" in own.session.post(f"{board}/do/sign-in-act", data=ending, timeout=300).text
    # Not again within half a minute, which a busy machine may take for these lines.
    for _ in range(5):
        again = own.session.post(f"{board}/do/sign-in", data=form, timeout=300)
        if again.status_code == 409:
            break
        ending["view"] = again.url.partition("view=")[2]
        assert "登录已结束" in own.session.post(f"{board}/do/sign-in-act", data=ending, timeout=300).text
    assert again.status_code == 409
    assert "Portals lock accounts that sign in all the time" in again.text
    # 10: over plain http from another machine others could read along.
    far = {"Referer": "http://192.0.2.7/board/sessions"}
    answer = own.session.post(f"{board}/do/sign-in", data=form | {"shop": "pdd-08"}, headers=far, timeout=300)
    assert answer.status_code == 409
    assert "Put TLS in front of the board" in answer.text
