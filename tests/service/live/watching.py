"""A scripted person before the board: sees what is drawn on the page, and moves a real browser's mouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page
from workplace import Workplace

#: Finds in the picture what a person would see: the red handle, and the dark gap above it.
_FIND = """(canvas) => {
  const { width, height } = canvas;
  const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const at = (x, y) => pixels.slice((y * width + x) * 4, (y * width + x) * 4 + 3);
  const isRed = ([r, g, b]) => r > 190 && g < 90 && b < 80;
  const isDark = ([r, g, b]) => r + g + b > 120 && r + g + b < 380 && Math.abs(r - b) < 70;
  const box = (fits, from, to) => {
    let found = null;
    for (let y = from; y < to; y += 2) {
      for (let x = 0; x < width; x += 2) {
        // A square of that colour, and no letter.
        if (!fits(at(x, y)) || x + 24 >= width || y + 24 >= height) continue;
        if (![[24, 0], [0, 24], [24, 24], [12, 12]].every(([dx, dy]) => fits(at(x + dx, y + dy)))) continue;
        if (!found) found = { left: x, top: y, right: x + 24, bottom: y + 24 };
        if (x <= found.right + 2) found.right = Math.max(found.right, x + 24);
        found.bottom = Math.max(found.bottom, y + 24);
        found.left = Math.min(found.left, x);
      }
    }
    return found;
  };
  const handle = box(isRed, 100, height);
  if (!handle) return null;
  const gap = box(isDark, Math.max(0, handle.top - 140), handle.top - 10);
  return gap && { handle, gap };
}"""

#: The middle of the largest block of a colour.
_FIND_BLOCK = """(canvas, wanted) => {
  const step = 4;
  const [columns, rows] = [Math.floor(canvas.width / step), Math.floor(canvas.height / step)];
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const part = (x, y, number) => pixels[(y * canvas.width + x) * step * 4 + number];
  const fits = (x, y) => wanted.every((value, number) => Math.abs(part(x, y, number) - value) < 24);
  const seen = new Uint8Array(columns * rows);
  let best = { size: 0 };
  for (let place = 0; place < columns * rows; place++) {
    if (seen[place] || !fits(place % columns, Math.floor(place / columns))) continue;
    const [found, open] = [[], [place]];
    seen[place] = 1;
    while (open.length) {
      const one = open.pop();
      found.push(one);
      const [x, y] = [one % columns, Math.floor(one / columns)];
      for (const [nextX, nextY] of [[x + 1, y], [x - 1, y], [x, y + 1], [x, y - 1]]) {
        const next = nextY * columns + nextX;
        if (nextX < 0 || nextY < 0 || nextX >= columns || nextY >= rows || seen[next] || !fits(nextX, nextY)) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
    const [xs, ys] = [found.map((one) => one % columns), found.map((one) => Math.floor(one / columns))];
    const middle = (values) => (Math.min(...values) + Math.max(...values) + 1) * step / 2;
    if (found.length > best.size) best = { size: found.length, x: middle(xs), y: middle(ys) };
  }
  return best.size > 8 ? best : null;
}"""

#: What a telephone's camera would see of the code: 1 for each black module, row by row.
_READ_CODE = """(picture) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  const drawing = canvas.getContext("2d");
  drawing.drawImage(picture, 0, 0);
  let bits = "";
  for (let y = 2; y < 14; y++) {
    for (let x = 2; x < 14; x++) {
      const [left, top] = [((x + 0.5) * canvas.width) / 16, ((y + 0.5) * canvas.height) / 16];
      bits += drawing.getImageData(left, top, 1, 1).data[0] < 128 ? "1" : "0";
    }
  }
  return bits;
}"""

#: How often a picture is looked at. Playwright would, by default, for every frame that the browser draws.
_LOOK_EVERY_MS = 200

GREEN, VIOLET, BLUE, RED = (0, 135, 90), (123, 47, 208), (24, 104, 241), (224, 46, 36)
Colour = tuple[int, int, int]


@dataclass
class Watcher:
    """One person and one page of the board."""

    page: Page

    def begin(self, url: str, shop: str) -> None:
        """Presses the button of a shop in the list."""
        self.page.goto(f"{url}/board/sessions?q={shop}")
        row = self.page.locator("tr", has=self.page.locator(".id", has_text=shop))
        row.get_by_role("button", name="登录", exact=True).click()
        self.page.wait_for_url("**/live?view=*")

    def wait_for_words(self, words: str, seconds: float = 180) -> None:
        """Until they stand anywhere on the page."""
        self.page.get_by_text(words).first.wait_for(timeout=seconds * 1000)

    def wait_for_reloaded(self, words: str, seconds: float = 180) -> None:
        """The same where no script looks for what is new."""
        deadline = time.monotonic() + seconds
        while not self.page.get_by_text(words).count():
            assert time.monotonic() < deadline, self.page.locator("body").inner_text()
            self.page.wait_for_timeout(300)
            self.page.reload()

    def press(self, name: str) -> None:
        """A button of the board's."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def enter_code(self, code: str) -> None:
        """Into the board's own field for SMS codes."""
        self.page.locator("input[name=code]").fill(code)
        self.press("提交")

    def see(self, colour: Colour) -> tuple[float, float]:
        """Where something large of this colour is in the picture; waits for it."""
        look = f"(colour) => ({_FIND_BLOCK})(document.querySelector('canvas'), colour)"
        found = self._wait_for_picture(look, list(colour))
        return found["x"], found["y"]

    def see_no(self, colour: Colour) -> None:
        """Waits until nothing of this colour is in the picture any more."""
        look = f"(colour) => !({_FIND_BLOCK})(document.querySelector('canvas'), colour)"
        self.page.wait_for_function(look, arg=list(colour), timeout=180_000)

    def click_on(self, colour: Colour) -> None:
        """What is of this colour in the picture."""
        self.click(*self.see(colour))

    def read_code(self) -> str:
        """The code that is shown beside the picture, as an app's camera reads it."""
        picture = self.page.locator(".qr img")
        self._wait_for_picture("() => document.querySelector('.qr img')?.naturalWidth")
        return str(picture.evaluate(_READ_CODE))

    def wait_for(self, words: str, seconds: float = 180) -> None:
        """Until the page says so."""
        self.page.get_by_role("heading", name=words).first.wait_for(timeout=seconds * 1000)

    def find_slider(self) -> dict[str, dict[str, float]]:
        """Where handle and gap are in the picture, in its pixels."""
        return self._wait_for_picture(f"() => ({_FIND})(document.querySelector('canvas'))")

    def _wait_for_picture(self, look: str, argument: object = None) -> Any:
        """What `look` finds, once it finds anything."""
        found = self.page.wait_for_function(look, arg=argument, polling=_LOOK_EVERY_MS, timeout=180_000)
        return found.json_value()

    def spot(self, x: float, y: float) -> tuple[float, float]:
        """Where on the board's page a point of the picture is."""
        return self._spots()(x, y)

    def _spots(self) -> Callable[[float, float], tuple[float, float]]:
        """The same for many points, while nothing moves the picture."""
        box = self.page.locator("canvas").bounding_box()
        assert box is not None
        left, top = box["x"], box["y"]
        width, height = self.page.locator("canvas").evaluate("(canvas) => [canvas.width, canvas.height]")
        wide, high = box["width"] / width, box["height"] / height
        return lambda x, y: (left + x * wide, top + y * high)

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *, steps: int = 30, by_touch: bool = False
    ) -> None:
        """As a hand does: not all at once, and not quite straight."""
        hand = _Finger(self.page) if by_touch else self.page.mouse
        # Asked once: on a busy machine a drag would take longer than any hand otherwise.
        spot = self._spots()
        hand.move(*spot(*start))
        hand.down()
        for step in range(1, steps + 1):
            part = step / steps
            eased = part * part * (3 - 2 * part)
            x = start[0] + (end[0] - start[0]) * eased
            hand.move(*spot(x, start[1] + (step % 3)))
            self.page.wait_for_timeout(20)
        self.page.wait_for_timeout(60)
        hand.up()

    def solve_slider(self, *, by_touch: bool = False) -> None:
        """Sees where the gap is, and drags the handle there."""
        seen = self.find_slider()
        handle, gap = seen["handle"], seen["gap"]
        x, y = handle["left"] + 19, (handle["top"] + handle["bottom"]) / 2
        if by_touch:
            # What is outside of the window no finger reaches.
            self.page.locator(".glass").evaluate(
                "(glass, [x, y]) => { glass.scrollIntoView(); glass.scrollTo(x - 40, y - 120); }", self._within(x, y)
            )
        self.drag((x, y), (x + gap["left"] - handle["left"], y), by_touch=by_touch)

    def _within(self, x: float, y: float) -> list[float]:
        box, glass = self.spot(x, y), self.page.locator("canvas").bounding_box()
        assert glass is not None
        return [box[0] - glass["x"], box[1] - glass["y"]]

    def click(self, x: float, y: float) -> None:
        """Into the picture."""
        self.page.mouse.click(*self.spot(x, y))


class _Finger:
    """On a screen; `mouse` of Playwright is what it is like."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._place = (0.0, 0.0)
        self._is_down = False

    def move(self, x: float, y: float) -> None:
        self._place = (x, y)
        if self._is_down:
            self._send("touchMove")

    def down(self) -> None:
        self._is_down = True
        self._send("touchStart")

    def up(self) -> None:
        self._is_down = False
        self._send("touchEnd")

    def _send(self, kind: str) -> None:
        points = [{"x": self._place[0], "y": self._place[1]}] if kind != "touchEnd" else []
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


#: Makes one more person, with the options of a browser context.
NewWatcher = Callable[..., Watcher]


@contextmanager
def login_page_with(place: Workplace, platform: str, question: str) -> Iterator[None]:
    """The login page as it is with something more in its address."""
    before: dict[str, str] = {}

    def change(file: dict[str, dict[str, str]]) -> None:
        before.update(file[platform])
        file[platform]["login_url"] += f"?{question}"

    place.edit("portals.yaml", change)
    yield
    place.edit("portals.yaml", lambda file: file[platform].update(login_url=before["login_url"]))
