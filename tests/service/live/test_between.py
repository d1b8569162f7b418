"""What stands in a sign-in's way and is nobody's doing: a run that has the account, a proxy between, a full disk."""

from __future__ import annotations

import contextlib
import os
from base64 import b64encode
from pathlib import Path

import psutil
import pytest
from filelock import FileLock
from playwright.sync_api import Page, expect
from reverse_proxy import reverse_proxy
from running import Running
from test_ends import browsers_of
from watching import NewWatcher

from sandbox import Fault
from shopdata.service.people.roles import Role
from shopdata.service.people.users import Users

pytestmark = [pytest.mark.browser, pytest.mark.services]

#: No answer of ours that waits is so quick; all others may take their time.
CUT_SECONDS = 3
WAITING = ("/frame", "/state")


def violations(page: Page) -> list[str]:
    """What axe has to say, with everything unfolded; nothing where there is no axe."""
    path = Path(os.environ.get("AXE_PATH", ""))
    if not path.is_file():
        return []
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.add_script_tag(content=path.read_text("utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in result["violations"]]


def test_a_run_has_the_account_and_a_proxy_cuts_what_waits(started: Running, new_watcher: NewWatcher) -> None:
    shop, place = "pdd-13", started.place
    place.sandbox.set_fault(shop, Fault.SMS)
    watcher = new_watcher(bypass_csp=True)
    (place.state_dir / "sessions").mkdir(exist_ok=True)
    with reverse_proxy(started.port, patience_seconds=CUT_SECONDS, cuts=WAITING) as between:
        with FileLock(place.state_dir / "sessions" / f"pdd_{shop}.lock"):
            watcher.begin(between.url, shop)
            watcher.wait_for("一次取数正在登录这家店铺，等它完成")
        watcher.wait_for("短信验证码")
        # Nothing moves now: what waits for a picture is cut, however fast all of it was until here.
        started.wait_until(lambda: between.cut > 0, "it was never in the way")
        trouble = watcher.page.locator("[data-trouble]")
        # The page has learnt how long it may wait, and nothing is said of what nobody can do anything about.
        watcher.page.wait_for_function("() => document.querySelector('canvas').dataset.number")
        watcher.press("发验证码")
        watcher.wait_for_words("已点“获取验证码”")
        expect(trouble).to_be_hidden()
        assert violations(watcher.page) == []
        watcher.enter_code("000000")
        watcher.wait_for_words("平台不认这个验证码")
        expect(trouble).to_be_hidden()
        watcher.enter_code(place.sandbox.sms_code(shop))
        watcher.wait_for("登录成功")


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="a process can't be kept from writing here")
def test_no_room_for_the_session_at_the_end(started: Running, new_watcher: NewWatcher) -> None:
    shop, place = "pdd-14", started.place
    place.sandbox.set_fault(shop, Fault.SMS)
    watcher = new_watcher()
    watcher.begin(started.url, shop)
    watcher.wait_for("短信验证码")
    for process in browsers_of(started):
        with contextlib.suppress(psutil.Error):  # one of Chromium's that ends as it is looked at
            if "shopdata.service.sign_ins.child" in process.cmdline():
                process.rlimit(psutil.RLIMIT_FSIZE, (50, process.rlimit(psutil.RLIMIT_FSIZE)[1]))
    watcher.press("发验证码")
    watcher.enter_code(place.sandbox.sms_code(shop))
    watcher.wait_for("平台放行了，但会话没能保存")
    watcher.wait_for_words("磁盘不可写、已满")
    started.wait_until(lambda: not browsers_of(started), "a browser runs on")
    assert not (place.state_dir / "sessions" / f"pdd_{shop}.session").exists()
    with FileLock(place.state_dir / "sessions" / f"pdd_{shop}.lock", timeout=5):
        pass
    entry = next(one for one in started.get("signins.json")["sign_ins"] if one["shop"] == shop)
    assert entry["outcome"] == "failed"


@pytest.mark.parametrize(
    "look", [{}, {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}], ids=["desk", "phone, dark"]
)
def test_the_page_of_ones_own_password_is_for_everybody(
    started: Running, new_watcher: NewWatcher, look: dict[str, object]
) -> None:
    users = Users(started.folder / "users", "shopdata")
    if "dora" not in users.file.users():
        users.add("dora", Role.SEE, "fake-Pass-word-19")
    page = new_watcher(bypass_csp=True, **look).page
    signed_in = b64encode(b"dora:fake-Pass-word-19").decode()
    page.context.set_extra_http_headers({"Authorization": f"Basic {signed_in}"})
    page.goto(f"{started.url}/board")
    page.get_by_role("link", name="dora").click()
    assert violations(page) == []
    page.get_by_label("现在的密码").fill("wrong-Word-20-x")
    for label in ("新密码", "再输一次新密码"):
        page.get_by_label(label, exact=True).fill("another-fake-Word-21")
    page.get_by_role("button", name="改密码").click()
    expect(page.get_by_role("alert")).to_have_text("现在的密码不对，没有改。")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
