"""The small bar in the window of a recording: which day to export, what came, and the buttons."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from shopdata.periods import Period, PeriodKind
from shopdata.recording.showing import End, Take, Took
from shopdata.wording import Texts

#: The page's own scripts see neither its functions nor what is called by them.
_WORLD, _BINDING = "shopdata-bar", "shopdataTell"
_MOST_COLUMNS = 6
_TAKES: Mapping[PeriodKind, str] = {
    "day": "record.bar.take_day",
    "week": "record.bar.take_week",
    "month": "record.bar.take_month",
}


class Bar:
    """In every window of a context, its popups too.

    Args:
        wish: gets what is pressed.
        kind: of which periods the report is known to be; None for whatever a day's may turn out to be.
    """

    def __init__(
        self, context: BrowserContext, texts: Texts, wish: Callable[[End], None], kind: PeriodKind | None = None
    ) -> None:
        self._kind = kind
        self._context = context
        self._texts = texts
        self._wish = wish
        self._said: Mapping[str, Any] = {}
        self._sessions: dict[Page, CDPSession] = {}

    async def begin(self) -> None:
        """From now on."""
        for page in self._context.pages:
            await self._attach(page)
        self._context.on("page", self._attach)

    async def show_take(self, take: Take) -> None:
        t = self._texts
        await self._say(
            text=t(_TAKES[self._kind or "day"], number=take.number, of=take.of, day="{day}"),
            day=Period.of(self._kind or "day", take.day).dt,
            detail=t("record.bar.take_detail"),
            buttons=[[End.ROWS, t("record.bar.rows"), False]],
        )

    async def show_took(self, took: Took) -> None:
        t, is_last = self._texts, took.take.number == took.take.of
        await self._say(
            text=told_took(t, took.files, took.calls),
            day="",
            detail="",
            buttons=[
                [End.NEXT, t("record.bar.done" if is_last else "record.bar.next"), True],
                [End.AGAIN, t("record.bar.again", day=took.take.day), False],
            ],
        )

    async def _say(self, **said: Any) -> None:
        self._said = {**said, "move": self._texts("record.bar.move")}
        for page in list(self._sessions):
            await self._show(page)

    async def _attach(self, page: Page) -> None:
        with contextlib.suppress(PlaywrightError):
            session = await self._context.new_cdp_session(page)
            session.on("Runtime.bindingCalled", self._on_called)
            await session.send("Page.enable")
            await session.send("Runtime.enable")
            await session.send("Runtime.addBinding", {"name": _BINDING, "executionContextName": _WORLD})
            self._sessions[page] = session
            page.on("close", lambda _: self._forget(page))
            page.on("domcontentloaded", self._show)
            await self._show(page)

    def _forget(self, page: Page) -> None:
        self._sessions.pop(page, None)

    async def _show(self, page: Page) -> None:
        session = self._sessions.get(page)
        if session is None or not self._said:
            return
        with contextlib.suppress(PlaywrightError):  # it is moving on, and shows it there
            tree = await session.send("Page.getFrameTree")
            world = await session.send(
                "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": _WORLD}
            )
            await session.send(
                "Runtime.evaluate",
                {
                    "expression": f"({_script()})({json.dumps(self._said, ensure_ascii=False)})",
                    "contextId": world["executionContextId"],
                },
            )

    def _on_called(self, event: Mapping[str, Any]) -> None:
        if event.get("name") == _BINDING and event.get("payload") in {End.ROWS, End.NEXT, End.AGAIN}:
            self._wish(End(event["payload"]))


def told_took(t: Texts, files: tuple[Mapping[str, Any], ...], calls: int) -> str:
    """What came of a take, in a sentence."""
    if not files:
        return t("record.bar.took_rows", n=calls)
    file = files[-1]
    if not file["columns"]:
        return t("record.bar.took_unread", kind=file["kind"])
    columns = t("format.listed").join(file["columns"][:_MOST_COLUMNS])
    if len(file["columns"]) > _MOST_COLUMNS:
        columns += t("format.listed") + "…"
    return t("record.bar.took_file", rows=file["rows"], columns=columns)


@cache
def _script() -> str:
    text = resources.files("shopdata.recording").joinpath("bar.js").read_text(encoding="utf-8")
    return text[text.index("(said) =>") :].rstrip().removesuffix(";")
