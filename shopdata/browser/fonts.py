"""Whether the browser can draw what portals write: without a Chinese font it draws the same box for each sign."""

from __future__ import annotations

from playwright.async_api import Page

_CHINESE = "店铺登录验证"
#: Draws each sign alone; as many different pictures as there are different signs.
_COUNT_PICTURES = """text => new Set([...text].map(sign => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 48;
    const pen = canvas.getContext('2d');
    pen.font = '32px sans-serif';
    pen.fillText(sign, 4, 38);
    return canvas.toDataURL();
})).size"""

#: What to do about it, for people.
INSTALL_ONE = "Install one: Debian has `fonts-wqy-zenhei` (small) and `fonts-noto-cjk`"


async def can_draw(page: Page, text: str = _CHINESE) -> bool:
    """True if the signs of a text look different in this browser; it has at least two."""
    return bool(await page.evaluate(_COUNT_PICTURES, text) > 1)
