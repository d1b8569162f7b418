"""Takes the pictures of the documentation anew: `python tests/pictures.py [NAME ...]`, into docs/images.

Each is of the real thing in a real browser: the board of the tests' ordinary morning, and a service whose shops sign in
at stand-in portals. The machine needs a Chinese font (Debian: fonts-wqy-zenhei).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
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
from watching import Watcher  # noqa: E402
from workplace import Workplace  # noqa: E402

from sandbox import Fault, Sandbox, SandboxOptions  # noqa: E402
from sandbox.store import SeaweedStore  # noqa: E402

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
            print(f"docs/images/{name}.png")
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
                [*command, NOW.isoformat(), USER, PASSWORD],
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
            page.wait_for_function("() => document.querySelector('canvas')?.width > 300")
            page.locator(field).first.wait_for()
            page.screenshot(path=file, full_page=True)
            watcher.press("结束")

    return take


@contextmanager
def running_service(fault: Fault, shop: str) -> Iterator[Running]:
    """One whose portals ask a shop for something at its sign-in."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        sandbox = stack.enter_context(Sandbox(SandboxOptions(shops=4, pdd_shops=4)))
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
    "sign-in": of_a_sign_in(SLIDER_SHOP, Fault.CAPTCHA_PATH, "滑块", **DESK),
    "sign-in-phone": of_a_sign_in(SMS_SHOP, Fault.SMS, "短信", field="input[name=code]", **PHONE),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
