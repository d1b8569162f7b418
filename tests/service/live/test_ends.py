"""However a sign-in ends: nothing runs on, nothing is half saved, and whoever looks at its page is told."""

from __future__ import annotations

import psutil
import pytest
from running import Running
from watching import NewWatcher

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]


def browsers_of(started: Running, module: str = "shopdata.service.sign_ins.child") -> list[psutil.Process]:
    """The processes of sign-ins, or of what else is live: each is marked by its module, and below it is a browser."""
    found = []
    for process in started.processes():
        try:
            if module in process.cmdline():
                found += [process, *process.children(recursive=True)]
        except psutil.Error:
            continue
    return found


def test_a_link_from_the_command_line_and_its_end(started: Running, new_watcher: NewWatcher) -> None:
    shop, place = "pdd-06", started.place
    place.sandbox.set_fault(shop, Fault.SMS)
    command = place.start("login", shop, "--board", SHOPDATA_LANGUAGE="en", SHOPDATA_BOARD_URL=f"{started.url}/board")
    command.wait_until(lambda: "Waiting for somebody" in command.out)
    link = next(word for word in command.out.split() if "invite=" in word)
    # The link alone opens nothing: it begins with the board's door.
    watcher = new_watcher()
    watcher.page.goto(link)
    watcher.press("登录")
    watcher.wait_for("短信验证码")
    watcher.press("发验证码")
    watcher.enter_code(place.sandbox.sms_code(shop))
    watcher.wait_for("登录成功")
    assert command.wait().code == 0, command.text
    assert "asks for an SMS code" in command.out
    assert "Signed in, the session is saved" in command.out
    # It is good once.
    watcher.page.goto(link)
    watcher.wait_for_words("这个链接用过了")


def test_restarted_and_killed_in_the_middle(started: Running, new_watcher: NewWatcher) -> None:
    shop, place = "pdd-07", started.place
    place.sandbox.set_fault(shop, Fault.SMS)
    watcher = new_watcher()
    watcher.begin(started.url, shop)
    watcher.wait_for("短信验证码")
    running = browsers_of(started)
    assert len(running) > 3
    started.restart()
    assert psutil.wait_procs(running, timeout=300)[1] == []
    # Without anybody's doing: the page sees that its sign-in is gone, and says why.
    watcher.wait_for("这次登录不在了")

    watcher.press("重新开始")
    watcher.wait_for("短信验证码")
    running = browsers_of(started)
    started.kill()
    # Nobody is left to end them: the end of the pipe is theirs.
    assert psutil.wait_procs(running, timeout=300)[1] == []
    watcher.wait_for_words("服务没有回答，正在重试")
    assert not (place.state_dir / "sessions" / f"pdd_{shop}.session").exists()
    assert started.command("start").code == 0
    watcher.wait_for("这次登录不在了")
    watcher.press("重新开始")  # so the lock is free, too
    watcher.wait_for("短信验证码")
    watcher.press("发验证码")
    watcher.enter_code(place.sandbox.sms_code(shop))
    watcher.wait_for("登录成功")


def test_forgotten_and_out_of_time(started: Running, new_watcher: NewWatcher) -> None:
    # Each with the setting of its own, and from whichever state it has come to: a busy machine may be at the first.
    sandbox = started.place.sandbox
    try:
        sandbox.set_fault("pdd-08", Fault.SMS)
        started.restart(SHOPDATA_SIGN_IN_AWAY_SECONDS="1")
        watcher = new_watcher()
        watcher.begin(started.url, "pdd-08")
        address = watcher.page.url
        watcher.page.goto("about:blank")
        started.wait_until(lambda: not browsers_of(started), "a browser runs on, and nobody looks")
        watcher.page.goto(address)
        watcher.wait_for("很久没人看这个页面")

        sandbox.set_fault("pdd-09", Fault.SMS)
        started.restart(SHOPDATA_SIGN_IN_SECONDS="15")
        watcher.begin(started.url, "pdd-09")
        watcher.wait_for("时间到了")
        started.wait_until(lambda: not browsers_of(started), "a browser runs on when its time is over")
    finally:
        started.restart()
