"""What only a page can sign: each way of it follows from what was shown, or there is no recipe."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from as_in_a_run import shared_chromium
from board_person import board_shown
from kept_journals import dialects
from person import FIRST, SECOND, Notes, open_back_office, quick_sandbox
from playwright.async_api import Browser
from signing_portal import CLICK, SigningPortal, recipe

from shopdata.recording.inference import NotInferredError, infer
from shopdata.recording.inference.known import Known
from shopdata.recording.journal import Journal
from shopdata.recording.recorder import Recorder

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[tuple[asyncio.Runner, Browser]]:
    with shared_chromium() as shared:
        yield shared


@pytest.fixture(scope="module")
def shown(chromium: tuple[asyncio.Runner, Browser]) -> Iterator[tuple[Journal, Known]]:
    runner, browser = chromium
    with SigningPortal(is_double=False) as portal:
        yield runner.run(board_shown(browser, portal)), Known("board", {"origin": portal.origin})


def _said(found: dict[str, Any]) -> dict[str, Any]:
    """What a recipe of the board says, but for names and what a good answer holds."""
    job = found["steps"][0]
    create = {key: value for key, value in job["create"].items() if key != "ok"}
    find = {key: value for key, value in job["find"].items() if key != "ok"}
    said = {"page": found["recipe"]["page"], "create": create, "find": find, "take": job["take"]}
    # Of a single day both are the same.
    return dict(json.loads(json.dumps(said).replace("{end:%Y", "{start:%Y")))


def test_a_button_is_pressed_and_the_day_changed(shown: tuple[Journal, Known]) -> None:
    journal, known = shown
    found = infer(journal, [known], "board_x")
    assert _said(found.recipe) == _said(recipe("board_x", "{board.origin}/board", {"rewrite": ["Report", "Order it"]}))
    assert {"sign_rewrite", "sign_borrow"} <= {line.code for line in found.doubts}


def test_what_is_signed_as_a_whole_is_only_pressed(shown: tuple[Journal, Known]) -> None:
    """Which of both it is nobody sees in a recording: a person says it, once the first was refused."""
    journal, known = shown
    found = infer(journal, [replace(known, wanted_sign="click")], "board_x")
    wanted = _said(recipe("board_x", "{board.origin}/board", CLICK))
    # All that the page must have said is held against it.
    wanted["create"]["json"] = {"table": "sales", **wanted["create"]["json"]}
    assert _said(found.recipe) == wanted


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("presses", "page_made"),
        ("page", "pages_of_sign_differ"),
        ("filter", "page_made"),
    ],
)
def test_what_was_not_seen_is_refused(shown: tuple[Journal, Known], change: str, reason: str) -> None:
    journal, known = shown
    takes = list(journal.takes)
    if change == "presses":
        # In the second take something else was pressed.
        last = takes[1].presses[-1]
        takes[1] = replace(takes[1], presses=(*takes[1].presses[:-1], replace(last, word="Order two")))
    elif change == "page":
        # Another page in the second take.
        calls = tuple(replace(call, page=f"{call.page}?2") for call in takes[1].calls)
        presses = tuple(replace(press, page=f"{press.page}?2") for press in takes[1].presses)
        takes[1] = replace(takes[1], calls=calls, presses=presses)
    else:
        takes[1] = replace(
            takes[1],
            calls=tuple(
                replace(call, body={"json": {**call.body["json"], "table": "stock"}}) if call.body else call
                for call in takes[1].calls
            ),
        )
    with pytest.raises(NotInferredError) as error:
        infer(replace(journal, takes=tuple(takes)), [known], "board_x")
    assert error.value.line.code == f"no.{reason}"


def test_what_the_portal_does_not_ask_for_is_left_out(chromium: tuple[asyncio.Runner, Browser]) -> None:
    """Pages sign all that they ask; the platform knows which paths are answered without, too."""
    runner, browser = chromium

    async def shown(sandbox: Any) -> Journal:
        notes = Notes([])
        recorder = Recorder(notes.begin, notes.note)
        context, page = await open_back_office(browser, sandbox, "pdd_kpi_days")
        recorder.listen(context)
        for day in (FIRST, SECOND):
            recorder.begin(day)
            await page.goto(f"{sandbox.origins['mms']}/mms-chat/search?msfrom=mms_sidenav")
            async with page.expect_download() as download:
                await page.evaluate(_SIGNED_KPI, day.isoformat())
            await (await download.value).path()
            await recorder.end()
        await context.close()
        return notes.journal()

    with quick_sandbox() as sandbox:
        journal = runner.run(shown(sandbox))
        known = dialects("pdd_kpi_days", sandbox.origins)
        assert all(any("anti-content" in call.headers for call in take.calls) for take in journal.takes)
        found = infer(journal, known, "pdd_kpi_days")
        assert "unsigned" in {line.code for line in found.lines}
        assert "sign" not in found.recipe["steps"][0]
        with pytest.raises(NotInferredError, match="page made"):
            infer(journal, [replace(one, unsigned=frozenset()) for one in known], "pdd_kpi_days")


_SIGNED_KPI = """async (day) => {
  while (!window.__mms) await new Promise((resolve) => setTimeout(resolve, 20));
  const start = Date.parse(day + "T00:00:00+08:00") / 1000;
  const q = new URLSearchParams({starttime: start, endtime: start + 86399, csRemoveRefundSalesAmountGray: true});
  const answer = await window.__mms.fetch.get("/chats/csReportDetail/download?" + q);
  const a = document.createElement("a"); a.href = answer.result; document.body.append(a); a.click();
}"""
