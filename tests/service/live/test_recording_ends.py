"""Somebody else goes on with a recording; its process and the service are killed: nothing half done is left, and it is
told."""

from __future__ import annotations

import psutil
import pytest
from running import Running
from test_ends import browsers_of
from test_recording_on_board import begin, export_file
from test_recording_safety import CHILD
from watching import NewWatcher

pytestmark = [pytest.mark.browser, pytest.mark.services]


def left(started: Running, name: str) -> list[str]:
    """What lies in the folder of recordings of this name; locks are nobody's once their process has gone."""
    found = (started.place.state_dir / "recordings").glob(f"*{name}*")
    return [path.name for path in found if path.suffix != ".lock"]


def test_taken_over_and_killed_in_the_middle(started: Running, new_watcher: NewWatcher) -> None:
    shop, name = "sandbox-05", "jd_gone"
    started.place.sign_in(shop)
    first, second = new_watcher(), new_watcher()
    begin(first, started, shop, name)
    export_file(first)
    address = first.page.url
    second.page.goto(address)
    second.wait_for("正在录制这张报表")
    assert "同一时间只能由一个人操作" in second.page.locator("section.say").inner_text()
    second.press("由我接手")
    first.wait_for("接手了这次录制")
    second.wait_for("收到文件：")
    # Of a take, the files that came are nothing to hand out.
    assert second.page.request.get(f"{started.url}/board/record/{name}/files.zip").status == 404
    told = {"name": name, "shop": shop, "user": "shopdata", "state": "took"}
    assert told in started.get("recordings.json")["recordings"]

    running = browsers_of(started, CHILD)
    next(process for process in running if CHILD in process.cmdline()).kill()
    second.wait_for("浏览器意外退出")
    assert psutil.wait_procs(running, timeout=300)[1] == []
    assert left(started, name) == []

    second.press("重新开始")
    export_file(second)
    running = browsers_of(started, CHILD)
    started.kill()
    assert psutil.wait_procs(running, timeout=300)[1] == []
    # Also where no picture is shown.
    second.wait_for_words("服务没有回答，正在重试")
    assert left(started, name) == []
    assert started.command("start").code == 0
    second.wait_for_words("这次录制不在了")
