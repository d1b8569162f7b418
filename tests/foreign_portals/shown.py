"""Each export recorded by a scripted person, inferred again, and rehearsed for a third day."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml
from exports import EXPORTS, Export
from kept_journals import FOREIGN_HOSTS
from packages import bring
from place import SHOP, Place, wait_until
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from portals import PASSWORD, USER, Running, pretix, redmine
from window import press_in_bar, screen, text_of

from shopdata.wording import Texts

_T = Texts("en")
#: Days back that are shown, rehearsed, and held against it in vain.
_SHOWN, _THIRD, _OTHER = (9, 12), 6, 5


@dataclass
class Row:
    """What came of one export."""

    name: str
    asked: int = 0
    questions: int = 0
    doubts: int = 0
    seconds: float = 0
    calls: int = 0
    outcome: str = ""
    is_right: bool = False


def main() -> int:
    """Shows what was asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="keeps pretix and empty databases for the next time")
    parser.add_argument("--only", default="", help="exports whose name holds this")
    parser.add_argument("--keep", type=Path, help="put the recordings here, as the product has kept them")
    given = parser.parse_args()
    # What was started is ended then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    given.folder.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in EXPORTS if given.only in one.dataset]
    python, today = bring(given.folder), datetime.now(ZoneInfo("Asia/Shanghai")).date()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="shopdata-foreign-") as made, screen() as display:
        for name in dict.fromkeys(one.portal for one in wanted):
            folder = Path(made, name)
            folder.mkdir()
            is_pretix = name == "pretix"
            portal = pretix(python, given.folder, folder, today) if is_pretix else redmine(given.folder, folder, today)
            with portal as running:
                (folder / "desk").mkdir()
                place = Place(folder / "desk", running, display)
                code, out, err = place.scrapy("login", SHOP)
                if code:
                    print(out, err, sep="\n")
                    return 1
                for export in (one for one in wanted if one.portal == name):
                    rows.append(row := Row(export.dataset))
                    try:
                        _show(row, export, place, running, today)
                    except (TimeoutError, RuntimeError, PlaywrightError) as error:
                        row.outcome = str(error)
                    _tell(rows[-1])
                    if given.keep and row.is_right and not export.refused:
                        _keep(given.keep, export.dataset, place, running)
    return 0 if all(row.is_right for row in rows) else 1


def _keep(folder: Path, name: str, place: Place, running: Running) -> None:
    """The recording as the product has kept it, but for the name of the host, with what followed from it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (place.state / "recordings" / f"{name}.jsonl").read_text("utf-8")
    host = FOREIGN_HOSTS[running.name]
    text = text.replace(running.origin, host).replace(urlsplit(running.origin).netloc, urlsplit(host).netloc)
    (folder / f"{name}.jsonl").write_text(text, "utf-8")
    recipe, contract = (
        yaml.safe_load((place.config / part / f"{name}.yaml").read_text("utf-8")) for part in ("recipes", "datasets")
    )
    # These two are of the file, not of the request: the action adds them.
    contract.pop("sheet", None)
    recipe["steps"][-1].pop("personal", None)
    told = yaml.safe_dump({"recipe": recipe, "contract": contract}, allow_unicode=True, sort_keys=False, width=110)
    (folder / f"{name}.yaml").write_text(told, "utf-8")


def _tell(row: Row) -> None:
    print(
        f"{'✓' if row.is_right else '✗'} {row.name}: {row.seconds / 60:.1f} min, {row.asked} presses of the bar, "
        f"{row.questions} questions, "
        f"{row.doubts} doubts, {row.calls} calls recorded: {row.outcome}",
        flush=True,
    )


def _show(row: Row, export: Export, place: Place, running: Running, today: date) -> None:
    """Records, infers again, rehearses a third day, and one that can't be the same."""
    began = time.monotonic()
    days = [today - timedelta(days=back) for back in _SHOWN]
    code, out, err = _record(export, place, running, days, row)
    told = out + err
    found = re.search(r"Questions asked: (\d+)", out)
    row.questions = int(found[1]) if found else 0
    row.doubts = sum(line.startswith("? ") for line in out.splitlines())
    journal = place.state / "recordings" / f"{export.dataset}.jsonl"
    if journal.is_file():
        row.calls = sum(json.loads(line)["kind"] == "call" for line in journal.read_text("utf-8").splitlines())
    row.seconds = time.monotonic() - began
    if export.refused == "no_file":
        row.outcome = "refused: " + err.strip().splitlines()[-1]
        row.is_right = code == 1
        return
    if code:
        row.outcome = f"no recipe, exit code {code}\n{told}"
        return
    recipe = place.config / "recipes" / f"{export.dataset}.yaml"
    first = recipe.read_text("utf-8")
    again = place.scrapy("record", export.dataset, "--shop", SHOP, "--from", str(journal))
    if again[0] or recipe.read_text("utf-8") != first:
        row.outcome = f"another recipe from the recording that was kept\n{again[1]}{again[2]}"
        return
    third, other = (today - timedelta(days=back) for back in (_THIRD, _OTHER))
    files = {day: _by_hand(export, running, day, place.folder) for day in (third, other)}
    # One day's data held against another's must differ.
    wrong = _rehearse(place, export, third, files[other])
    right = _rehearse(place, export, third, files[third])
    row.seconds = time.monotonic() - began
    if export.refused == "no_day":
        row.outcome = "asks for no day, and says so"
        row.is_right = wrong[0] == 1 and "names the day" in out
        return
    row.is_right = (right[0], wrong[0]) == (0, 1)
    row.outcome = right[1].strip().splitlines()[-2] if row.is_right else f"{right}\n{wrong}\n{first}\n{told}"


def _record(export: Export, place: Place, running: Running, days: list[date], row: Row) -> tuple[int, str, str]:
    process = place.start(
        "record", export.dataset, "--shop", SHOP, "--days", ",".join(map(str, days)), "--title", export.dataset
    )
    said, wrong = _Heard(process.stdout), _Heard(process.stderr)
    try:
        with sync_playwright() as playwright:
            page = wait_until(lambda: _window(playwright, place.port, process), "no window came")
            for number, day in enumerate(days, start=1):
                wait_until(lambda day=day: _is_asked_for(page, day), f"nobody was asked to show {day}")
                export.show(page, running.origin, day)
                if export.kind:
                    wait_until(lambda number=number: _files(place, export) >= number, f"no file came of {day}")
                else:
                    press_in_bar(page, _T("record.bar.rows"))
                press_in_bar(page, _T("record.bar.next" if number < len(days) else "record.bar.done"))
                row.asked += 1
            # What is asked now has an answer for whoever gives none.
            assert process.stdin is not None
            process.stdin.close()
        process.wait(120)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode, said.all(), wrong.all()


def _is_asked_for(page: Page, day: date) -> bool:
    """Whether the bar in the window names this day."""
    try:
        return str(day) in text_of(page)
    except PlaywrightError:  # another page is coming
        return False


class _Heard:
    """What a process says, read while it goes on."""

    def __init__(self, stream: IO[str] | None) -> None:
        self.text = ""
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str] | None) -> None:
        while stream is not None and (sign := stream.read(1)):
            self.text += sign

    def all(self) -> str:
        self._thread.join(20)
        return self.text


def _window(playwright: Playwright, port: int, process: subprocess.Popen[str]) -> Page | None:
    if process.poll() is not None:
        raise RuntimeError("it ended before a window came")
    try:
        browser: Browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
    except PlaywrightError:
        return None
    pages = [page for context in browser.contexts for page in context.pages if page.url.startswith("http")]
    if not pages:
        browser.close()
    return pages[0] if pages else None


def _files(place: Place, export: Export) -> int:
    """How many files the recording has, which is not finished yet."""
    name = f"{export.dataset}.jsonl"
    path = place.state / "recordings" / f".{name}.unfinished" / name
    return path.read_text("utf-8").count('"kind":"download"') if path.is_file() else 0


def _rehearse(place: Place, export: Export, day: date, file: Path) -> tuple[int, str, str]:
    return place.scrapy("rehearse", export.dataset, "--shop", SHOP, "--date", str(day), "--with", str(file))


def _by_hand(export: Export, running: Running, day: date, folder: Path) -> Path:
    """The same export in a browser of somebody's own, who signs in as anybody."""
    path = folder / f"{export.dataset}-{day}.{export.kind}"
    with _own_browser(running) as page:
        with page.expect_download(timeout=120_000) as download:
            export.show(page, running.origin, day)
        download.value.save_as(path)
    return path


@contextmanager
def _own_browser(running: Running) -> Iterator[Page]:
    section = running.section
    with sync_playwright() as playwright:
        path = os.environ.get("SHOPDATA_BROWSER_PATH") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(section["login_url"])
        page.fill(section["login_page"]["username"][0], USER)
        page.fill("input[type=password]", PASSWORD)
        page.press("input[type=password]", "Enter")
        page.wait_for_url(lambda url: "login" not in url)
        yield page
        browser.close()
