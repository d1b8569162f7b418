"""The first hour of a new user, walked: `python -m benchmarks.first_hour CLONE [--shops 20] [--pictures FOLDER]`.

CLONE is a clone in which `python run.py demo` has been run once, as docs/sign-in-from-the-board.md says; what follows
there is done in it by its own `scrapy`: `.env`, a workbook of shops, the service, users, and every shop signed in on
the board by a scripted person with a telephone, until what is due is published. Portals and object store are the
sandbox's. Told are seconds and clicks of each step. Exit code 1 where a shop was not offered, or something is missing
at the end.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import load_workbook

from benchmarks.measuring import ROOT

TESTS = ROOT / "tests"
sys.path[:0] = [str(TESTS / name) for name in (".", "service", "service/live")]

from as_in_a_run import chromium_options  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from watching import Watcher  # noqa: E402

from sandbox import Fault, Sandbox, SandboxOptions, SandboxShop  # noqa: E402
from sandbox.store import SeaweedStore  # noqa: E402

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
#: What the portals ask of the shops, in turn.
ASKED = (None, Fault.CAPTCHA_PATH, Fault.SMS, None, "qr")
USER, PASSWORD = "wangfang", "a-rather-fine-horse-7"
LONGEST_SECONDS = 600


@dataclass
class Walk:
    """What was done until now."""

    clone: Path
    pictures: Path | None
    variables: dict[str, str]
    began: float = field(default_factory=time.perf_counter)
    clicks: int = 0
    _number: int = 0
    _since: float = field(default_factory=time.perf_counter)
    _clicks_before: int = 0

    def run(self, *arguments: str, given: str = "", codes: tuple[int, ...] = (0,)) -> str:
        """`scrapy …` in the clone, as somebody types it; what it has said."""
        program = self.clone / ".venv" / "bin" / "scrapy"
        done = subprocess.run(
            [program, *arguments], cwd=self.clone, env=self.variables, input=given, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        print(f"$ scrapy {' '.join(arguments)}\n{done.stdout.rstrip()}", flush=True)
        if done.returncode not in codes:
            raise SystemExit(f"exit code {done.returncode}")
        return done.stdout

    def step(self, what: str) -> None:
        """Something is done: how long it took, and how many clicks."""
        now = time.perf_counter()
        print(f"== {what}: {now - self._since:.1f} s, {self.clicks - self._clicks_before} clicks", flush=True)
        self._since, self._clicks_before = now, self.clicks

    def picture(self, page: Page, name: str) -> None:
        """As somebody sees it."""
        if self.pictures is not None:
            self._number += 1
            page.screenshot(path=self.pictures / f"{self._number:02}-{name}.png", full_page=True)


def main() -> int:
    """Prints every step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--pictures", type=Path, help="a folder for what the person has seen")
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    jd = options.shops // 2
    sandbox_options = SandboxOptions(shops=jd, pdd_shops=options.shops - jd, rows=40, reviews=5, report_seconds=2)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(sandbox_options))
        store = stack.enter_context(SeaweedStore())
        foreign = ("SHOPDATA_", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {
            "LANG": "zh_CN.UTF-8"
        }
        walk = Walk(options.clone, options.pictures, kept)
        set_up(walk, sandbox, store)
        stack.callback(walk.run, "service", "stop", codes=(0, 1))
        walk.run("service", "start")
        walk.step("the service runs")
        page = stack.enter_context(telephone(walk))
        is_each_offered = sign_in_all(walk, sandbox, page)
        wait_until_published(walk, page)
        is_complete = walk.run("status", codes=(0, 1)).count("✗") == 0
    print(f"\nin all {(time.perf_counter() - walk.began) / 60:.1f} minutes, {walk.clicks} clicks")
    return 0 if is_each_offered and is_complete else 1


def set_up(walk: Walk, sandbox: Sandbox, store: SeaweedStore) -> None:
    """`.env`, the stand-ins' addresses, the workbook of shops, a user."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    lines = store.environment() | {
        "SHOPDATA_SECRET_KEY": "of this walk only, and long enough",
        "SHOPDATA_SERVICE_PORT": str(port),
        "SHOPDATA_BOARD_URL": f"http://127.0.0.1:{port}/board",
    }
    env = walk.clone / ".env"
    env.touch(0o600)
    env.write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()), "utf-8")
    walk.variables |= lines
    config = walk.clone / "pipelines_config"
    sandbox.write_config(walk.clone.parent / "stand-ins")
    (config / "portals.yaml").write_bytes((walk.clone.parent / "stand-ins" / "portals.yaml").read_bytes())
    (config / "shops.yaml").unlink(missing_ok=True)
    walk.step("addresses and keys stand in .env")
    file = walk.clone / "shops.xlsx"
    walk.run("shops", "template", str(file))
    fill(file, sandbox)
    walk.run("shops", "import", str(file))
    file.unlink()
    walk.step("shops are imported")
    walk.run("check_config", "--connect")
    walk.step("it is checked")
    walk.run("users", "add", USER, "--role", "act", "--password-stdin", given=f"{PASSWORD}\n")
    walk.step("a user is added")


def fill(file: Path, sandbox: Sandbox) -> None:
    """A line of the template for each shop, below its example."""
    workbook = load_workbook(file)
    sheet = workbook.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row, shop in enumerate(sandbox.shops, 3):
        given = {"店铺": shop.name, "平台": shop.platform, "账号": shop.username, "密码": sandbox.password(shop.id)}
        for head, value in given.items():
            sheet.cell(row, columns[head], value)
    workbook.save(file)


@contextmanager
def telephone(walk: Walk) -> Iterator[Page]:
    """Somebody who has typed their name and password at the board's door."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options(playwright.chromium.executable_path))
        page = browser.new_context(locale="zh-CN", **PHONE).new_page()
        page.goto(walk.variables["SHOPDATA_BOARD_URL"])
        walk.picture(page, "door")
        page.get_by_label("用户名").fill(USER)
        page.get_by_label("密码").fill(PASSWORD)
        click(walk, page.get_by_role("button", name="登录", exact=True))
        page.get_by_role("navigation").wait_for()
        walk.picture(page, "board")
        walk.step("the board is open")
        yield page
        browser.close()


def click(walk: Walk, target: object) -> None:
    walk.clicks += 1
    target.click()  # type: ignore[attr-defined]


def sign_in_all(walk: Walk, sandbox: Sandbox, page: Page) -> bool:
    """One shop after the other, as the page offers them; True if that were all."""
    by_name = {shop.name: shop for shop in sandbox.shops}
    wanted = {shop.id: ASKED[number % len(ASKED)] for number, shop in enumerate(sandbox.shops)}
    for shop_id, asked in wanted.items():
        if asked is not None:
            sandbox.set_fault(shop_id, Fault.SMS if asked == "qr" else asked)
    click(walk, page.get_by_role("navigation").get_by_role("link", name="店铺登录"))
    walk.picture(page, "sign-ins")
    click(walk, page.get_by_role("button", name="登录", exact=True).first)
    done: list[str] = []
    while True:
        page.wait_for_url("**/live?view=*")
        name = page.locator(".crumbs bdi").inner_text()
        began = time.perf_counter()
        asked = sign_in(walk, sandbox, page, by_name[name], wanted[by_name[name].id])
        print(f"   {name}: {asked}, {time.perf_counter() - began:.1f} s", flush=True)
        if len(done) < 6:
            walk.picture(page, f"saved-{by_name[name].id}")
        done.append(name)
        following = page.get_by_role("button", name="下一家")
        if not following.count():
            break
        click(walk, following)
        page.wait_for_function("name => document.querySelector('.crumbs bdi').innerText !== name", arg=name)
    walk.picture(page, "last")
    walk.step(f"{len(done)} shops are signed in")
    if missing := by_name.keys() - set(done):
        print("!! not offered:", ", ".join(sorted(missing)))
    return not missing


def sign_in(walk: Walk, sandbox: Sandbox, page: Page, shop: SandboxShop, how: Fault | str | None) -> str:
    """Does what the page asks for, until it says that it is done; what was asked."""
    watcher = Watcher(page)
    page.wait_for_function(
        "() => /登录成功|滑块|短信|扫码/.test(document.querySelector('h1')?.innerText ?? '')", timeout=120_000
    )
    heading = page.locator("h1").inner_text()
    if "登录成功" in heading:
        return "nothing asked"
    if "滑块" in heading:
        click(walk, page.get_by_role("button", name="2×"))
        walk.clicks += 1
        watcher.solve_slider(by_touch=True)
        walk.picture(page, f"slider-{shop.id}")
    elif how == "qr":
        click(walk, page.get_by_role("button", name="改用扫码登录"))
        code = watcher.read_code()
        walk.picture(page, f"code-{shop.id}")
        sandbox.app(shop.id).scan(code)
        watcher.wait_for_words("已扫码")
        sandbox.app(shop.id).confirm()
    else:
        click(walk, page.get_by_role("button", name="发验证码"))
        # Some pages have sent one by themselves, and have no such button.
        page.locator(".word p", has_text="获取验证码").first.wait_for()
        walk.picture(page, f"sms-{shop.id}")
        page.locator("input[name=code]").fill(sandbox.sms_code(shop.id))
        click(walk, page.get_by_role("button", name="提交", exact=True))
    watcher.wait_for("登录成功")
    return heading


def wait_until_published(walk: Walk, page: Page) -> None:
    """Nobody has asked for anything more."""
    board = walk.variables["SHOPDATA_BOARD_URL"]
    deadline = time.monotonic() + LONGEST_SECONDS
    page.goto(board)
    walk.picture(page, "today")
    while time.monotonic() < deadline:
        page.goto(f"{board}/runs")
        text = page.locator("main").inner_text()
        if "运行中" not in text and "排队" not in text:
            break
        page.wait_for_timeout(2000)
    walk.picture(page, "runs")
    page.goto(board)
    walk.picture(page, "today")
    walk.step("no run is under way")


if __name__ == "__main__":
    sys.exit(main())
