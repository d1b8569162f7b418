"""Playwright's objects are used on the event loop that they were made on, which need not be Scrapy's.

On Windows it never is: Scrapy's loop can start no processes there, so scrapy-playwright lets Playwright have a thread
and a loop of its own. What is asked of a page from any other loop is a RuntimeError, or waits for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from playwright.async_api import Browser, Page

T = TypeVar("T")


async def on_its_loop(owner: Page | Browser, work: Coroutine[Any, Any, T]) -> T:
    """What `work` with this page or browser gives. All that awaits or listens to one in a crawl goes through here."""
    loop = owner._loop
    if loop is asyncio.get_running_loop():
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))
