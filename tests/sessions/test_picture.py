"""What the person sees of a page that changes faster than pictures go: in the end it is the page as it is."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping

import pytest
from pages import Chromium, chromium
from playwright.async_api import Page
from two_hosts import Host, serving

from shopdata.sessions.live.picture import Picture

pytestmark = pytest.mark.browser

#: Another colour with each frame for a moment, then green, and nothing more.
HASTY = """<body><script>
  window.go = () => {
    let left = 12;
    const step = () => {
      document.body.style.background = left ? `rgb(${left * 20}, 0, 90)` : "rgb(0, 200, 0)";
      if (left--) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };
</script>"""
LOOK = """async (jpeg) => {
  const bytes = Uint8Array.from(atob(jpeg), (sign) => sign.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  const drawing = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  drawing.drawImage(picture, 0, 0);
  return [...drawing.getImageData(40, 40, 1, 1).data.slice(0, 3)];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


def test_the_last_picture_is_of_the_page_as_it_is(browser: Chromium) -> None:
    with serving(Host(pages={"/": HASTY, "/look": "<p>look</p>"})) as host:

        async def act(page: Page) -> None:
            shown: asyncio.Queue[bytes] = asyncio.Queue()

            async def show(_: Mapping[str, int], jpeg: bytes) -> None:
                shown.put_nowait(jpeg)

            eye = await page.context.new_page()
            await eye.goto(f"{host.origin}/look")
            await page.bring_to_front()
            picture = Picture(show)
            await picture.follow(page)
            await picture.set_pace(2)
            async with asyncio.timeout(60):
                await shown.get()
                await page.evaluate("() => window.go()")
                is_green = False
                while not is_green:
                    jpeg = base64.b64encode(await shown.get()).decode()
                    red, green, _ = await eye.evaluate(LOOK, jpeg)
                    is_green = green > 150 and red < 60
                # It is asked no more of a page that rests.
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(2):
                        await shown.get()
            await picture.follow(None)

        browser.visit(f"{host.origin}/", act)
