"""A person before the back office whose gateway takes only what its page has signed."""

from __future__ import annotations

from person import FIRST, SECOND, Notes
from playwright.async_api import Browser
from signing_portal import SigningPortal

from shopdata.recording.journal import Journal
from shopdata.recording.recorder import Recorder

#: Takes the newest file that the page's list has named.
_DOWNLOAD = """async (day) => {
  const link = document.createElement("a"); link.href = "/files/" + day; document.body.append(link); link.click();
}"""


async def board_shown(browser: Browser, portal: SigningPortal, *, chooses: bool = True) -> Journal:
    """A person orders a day on the page, opens it again, and takes the file."""
    portal.sessions.add("of-the-test")
    notes = Notes([])
    recorder = Recorder(notes.begin, notes.note)
    context = await browser.new_context(accept_downloads=True)
    await context.add_cookies([{"name": "board_session", "value": "of-the-test", "url": portal.origin}])
    recorder.listen(context)
    page = await context.new_page()
    for day in (FIRST, SECOND):
        recorder.begin(day)
        await page.goto(f"{portal.origin}/board")
        if chooses:
            await page.fill("#day", day.isoformat())
        else:
            await page.evaluate("(day) => { document.getElementById('day').value = day; }", day.isoformat())
        await page.get_by_text("Report", exact=True).click()
        async with page.expect_response("**/gateway/orders"):
            await page.get_by_text("Order it", exact=True).click()
        async with page.expect_response("**/gateway/orders"):
            await page.goto(f"{portal.origin}/board")
        async with page.expect_download() as download:
            await page.evaluate(_DOWNLOAD, day.isoformat())
        await (await download.value).path()
        await recorder.end()
    await context.close()
    return notes.journal()
