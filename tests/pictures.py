"""Takes the pictures of the documentation anew: `python tests/pictures.py [NAME ...]`, into docs/images.

Each is of the real thing in a real browser: the board of the tests' ordinary morning, and a service whose shops sign in
at stand-in portals. The machine needs a Chinese font (Debian: fonts-wqy-zenhei); the window of a recording wants
Xvfb and ImageMagick besides.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
sys.path[:0] = [str(ROOT), *(str(TESTS / name) for name in (".", "service", "service/board", "service/live"))]

from as_in_a_run import chromium_options  # noqa: E402
from board_client import basic  # noqa: E402
from board_scenes import looked_back_on, ordinary_morning  # noqa: E402
from board_world import NOW, PASSWORD, USER, BoardWorld  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from running import Running  # noqa: E402
from watching import BLUE, GREEN, VIOLET, Watcher  # noqa: E402
from window import press_in_bar, screen, window_at, with_debugging  # noqa: E402
from workplace import Workplace  # noqa: E402

from sandbox import Fault, Sandbox, SandboxOptions  # noqa: E402
from sandbox.store import SeaweedStore  # noqa: E402
from shopdata.wording import Texts  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DESK = {"viewport": {"width": 1280, "height": 900}}
#: As wide and tall as most telephones, with their fine pixels.
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
_LIST = (
    "店铺,平台,账号,密码,店铺ID,数据集,负责人,起始日期",
    "回力童鞋旗舰店,京东,13800000001,fake-1,kids,,张三,2026-03-01",
    "回力运动店,淘宝,13800000002,fake-2,sport,,张三,",
    "回力箱包店,拼多多,1.38E+10,fake-3,bags,pdd_chat，pdd_quality,李四,",
    "回力户外店,拼多多,13800000004,,outdoor,pdd_chats,李四,2026-02-30",
)
#: Of the same recording, and taken with it.
RECORDING = ("record", "record-follows", "record-proven")
SLIDER_SHOP, SMS_SHOP = "sandbox-01", "pdd-01"


def main(names: list[str]) -> int:
    """Takes those that are named, or all."""
    wanted = names or [*PICTURES]
    if unknown := set(wanted) - set(PICTURES):
        print(f"no such picture: {', '.join(sorted(unknown))}. There are {', '.join(PICTURES)}.")
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options(playwright.chromium.executable_path))
        for name in wanted:
            PICTURES[name](browser, IMAGES / f"{name}.png")
            print(*(f"docs/images/{one}.png" for one in (RECORDING if name == "record" else (name,))))
        browser.close()
    return 0


@contextmanager
def person(browser: Browser, origin: str, user: str, password: str, **look: object) -> Iterator[Page]:
    """Somebody who is signed in at a board."""
    signed_in = {"Authorization": basic(user, password)}
    context = browser.new_context(locale="zh-CN", base_url=origin, extra_http_headers=signed_in, **look)
    yield context.new_page()
    context.close()


def open_page(page: Page) -> None:
    """The page as it comes."""


def send_list(page: Page) -> None:
    """A list of shops with some mistakes in it."""
    page.locator("summary").first.click()
    content = "\n".join(_LIST).encode()
    page.set_input_files("#file", {"name": "shops.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="检查文件").click()
    page.get_by_role("heading", name="个错误").wait_for()


def of_the_board(
    address: str,
    go_on: Callable[[Page], None] = open_page,
    scene: Callable[[Path], BoardWorld] = ordinary_morning,
    **look: object,
) -> Callable[[Browser, Path], None]:
    """A page of the board on the tests' ordinary morning or another one, or what it leads to."""

    def take(browser: Browser, file: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = scene(Path(folder))
            Path(folder, "key").write_text("of these pictures only", "utf-8")
            command = [sys.executable, str(TESTS / "service/board/board_server.py"), folder]
            kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPDATA_")}
            environment = kept | {"PYTHONPATH": str(ROOT), "SHOPDATA_CONFIG_DIR": str(world.config_dir)}
            with subprocess.Popen(
                [*command, NOW.isoformat(), USER, PASSWORD, "sign-ins"],
                cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            ) as server:  # fmt: skip
                assert server.stdout is not None
                origin = f"http://127.0.0.1:{int(server.stdout.readline())}"
                with person(browser, origin, USER, PASSWORD, **look) as page:
                    page.goto(f"/board/{address}")
                    go_on(page)
                    page.screenshot(path=file, full_page=True)
                server.communicate()

    return take


def of_a_sign_in(
    shop: str, fault: Fault, words: str, *, field: str = "canvas", **look: object
) -> Callable[[Browser, Path], None]:
    """The page of a shop's sign-in, as soon as it asks for something and shows its picture and a field."""

    def take(browser: Browser, file: Path) -> None:
        with running_service(fault, shop) as service, person(browser, service.url, *service.auth, **look) as page:
            watcher = Watcher(page)
            watcher.begin(service.url, shop)
            watcher.wait_for(words)
            page.wait_for_function(_IS_DRAWN)
            page.locator(field).first.wait_for()
            page.locator(".host").get_by_text("127.0.0.1").wait_for()
            page.screenshot(path=file, full_page=True)
            watcher.press("结束")

    return take


#: The picture of the portal's page is there and light: under load it comes black at first.
_IS_DRAWN = """() => {
  const canvas = document.querySelector("canvas");
  if (!canvas?.dataset.number || canvas.width < 300) return false;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let light = 0;
  for (let place = 0; place < pixels.length; place += 400) light += pixels[place] > 200 ? 1 : 0;
  return light > pixels.length / 1600;
}"""


def of_a_recording(browser: Browser, file: Path) -> None:
    """A report that is shown on the board: its page, what follows, and the third day that proves it."""
    with running_service(None, SLIDER_SHOP) as service, person(browser, service.url, *service.auth, **DESK) as page:
        service.place.sign_in(SLIDER_SHOP)
        watcher = Watcher(page)
        page.goto("/board/record")
        page.get_by_label("用哪家店铺").select_option(SLIDER_SHOP)
        page.get_by_label("报表叫什么").fill("stock")
        watcher.press("开始录制")
        for number, button in enumerate(("就是它，下一天", "就是它，看看推出了什么")):
            _order_report(watcher)
            if not number:
                page.screenshot(path=file, full_page=True)
            _fetch_report(watcher, button)
        watcher.wait_for("推出了配方")
        page.get_by_label("大家怎么叫这张报表").fill("供应链商品明细")
        page.get_by_text("recipes/jd_stock.yaml").click()
        # Else the menu, which stays on top of the screen, would lie over the middle.
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=file.with_name("record-follows.png"), full_page=True)
        watcher.press("写文件")
        watcher.wait_for("已经写好")
        watcher.press("在这里导出第三天")
        _order_report(watcher)
        _fetch_report(watcher, "比较")
        watcher.wait_for("核对成功")
        page.set_viewport_size({"width": 1280, "height": 520})
        page.screenshot(path=file.with_name("record-proven.png"), full_page=True)


def _order_report(watcher: Watcher) -> None:
    """The day of the bar, in the portal's form, until the report is there."""
    watcher.wait_for("请只选")
    day = watcher.page.locator(".sentinel").inner_text()
    watcher.click_on(BLUE)
    watcher.click_on(GREEN)
    watcher.page.keyboard.type(day)
    watcher.click_on(BLUE)
    watcher.see(VIOLET)


def _fetch_report(watcher: Watcher, button: str) -> None:
    watcher.click_on(VIOLET)
    watcher.wait_for("收到文件")
    watcher.press(button)


def of_a_window(_: Browser, file: Path) -> None:
    """The window on a desk, all of its screen."""
    with running_service(None, SMS_SHOP) as service, screen() as display, ThreadPoolExecutor(1) as person:
        place = service.place
        place.sign_in(SMS_SHOP)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        own = str(with_debugging(place.folder, port))
        variables = {"DISPLAY": display, "SHOPDATA_BROWSER_PATH": own, "SHOPDATA_LANGUAGE": "zh"}
        run = place.start("record", "pdd_stars", "--shop", SMS_SHOP, **variables)
        person.submit(_look_at_window, port, display, file).result(120)
        run.wait()


def _look_at_window(port: int, display: str, file: Path) -> None:
    t = Texts("zh")
    with sync_playwright() as playwright:
        browser, page = window_at(playwright, port, "/home")
        page.locator("#reviews").click()
        page.locator("#ask").wait_for()
        page.wait_for_selector("shopdata-bar", state="attached")
        nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        said = " ".join(str(node.get("name", {}).get("value", "")) for node in nodes)
        page.locator("#day").fill(re.findall(r"\d{4}-\d\d-\d\d", said)[0])
        page.locator("#ask").click()
        page.get_by_text("第 1 页").wait_for()
        subprocess.run(["import", "-display", display, "-window", "root", "-trim", "+repage", str(file)], check=True)
        press_in_bar(page, t("record.bar.rows"))
        page.close()
        browser.close()


@contextmanager
def running_service(fault: Fault | None, shop: str) -> Iterator[Running]:
    """One whose portals ask a shop for something at its sign-in, or for nothing."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="shopdata-"))
        sandbox = stack.enter_context(Sandbox(SandboxOptions(shops=4, pdd_shops=4)))
        if fault is not None:
            sandbox.set_fault(shop, fault)
        place = Workplace(Path(folder), sandbox, stack.enter_context(SeaweedStore()).settings(bucket="pictures"))
        stack.callback(place.close)
        place.edit("schedule.yaml", lambda file: file.update(jobs=[]))
        service = Running(place)
        stack.callback(service.end)
        started = service.command("start")
        assert started.code == 0, started.text + service.log
        yield service


PICTURES: dict[str, Callable[[Browser, Path], None]] = {
    "board": of_the_board("", **DESK),
    "trends": of_the_board("trends", scene=looked_back_on, **DESK),
    "history": of_the_board("trends/jd_store/jd-01", scene=looked_back_on, **DESK),
    "shop-list": of_the_board("shops", send_list, **DESK),
    "record": of_a_recording,
    "record-window": of_a_window,
    "sign-in": of_a_sign_in(SLIDER_SHOP, Fault.CAPTCHA_PATH, "滑块", **DESK),
    "sign-in-phone": of_a_sign_in(SMS_SHOP, Fault.SMS, "短信", field="input[name=code]", **PHONE),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
