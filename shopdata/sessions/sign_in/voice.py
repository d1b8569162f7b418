"""What a login page says after its button was pressed: new lines of text, its own dialogs, and answers that failed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus
from weakref import WeakSet

from playwright.async_api import Dialog, Frame, Page, Request, Response
from playwright.async_api import Error as PlaywrightError

from shopdata.config import Portal, Shop
from shopdata.sessions.sign_in.glance import seen_of
from shopdata.sessions.sign_in.looking import any_of
from shopdata.sessions.sign_in.trust import frames_of_page
from shopdata.sessions.sign_in.verdict import OUTCOMES
from shopdata.sessions.sign_in.words import Says, is_label, what_it_says

#: Whoever says something says it in so many signs; longer lines are articles.
_LONGEST_LINE = 120
_MOST_LINES = 400

#: How long a page has to think better of it: a word about a check may stand there while the check passes by itself.
GRACE_SECONDS = 2.5

#: What counts more, the last most, where a page says several things.
_WEIGHT = (
    Says.UNKNOWN,
    Says.BUSY,
    Says.MAINTENANCE,
    Says.AGREEMENT,
    Says.NOTICE,
    Says.FORM,
    Says.CHOICE,
    Says.RISK,
    Says.CAPTCHA,
    Says.SMS,
    Says.REFUSED,
    Says.LOCKED,
)

#: Pages whose questions a person answers, and not we.
_IN_A_PERSONS_HANDS: WeakSet[Page] = WeakSet()


def hand_over(page: Page) -> None:
    """From now on a person answers what the page's own dialogs ask."""
    _IN_A_PERSONS_HANDS.add(page)


def take_back(page: Page) -> None:
    """From now on the program does."""
    _IN_A_PERSONS_HANDS.discard(page)


@dataclass
class Word:
    """One thing that a page has said."""

    text: str
    says: Says
    #: True if it was said where pages say why they let nobody in, and not just somewhere.
    is_pointed: bool
    #: By `time.monotonic()`.
    heard_at: float
    #: True if it stood on the page, where a later look may not find it any more; dialogs are gone once they were read.
    is_text: bool = False
    is_there: bool = True

    @property
    def is_settled(self) -> bool:
        """True if the page will not think better of it."""
        if time.monotonic() - self.heard_at < GRACE_SECONDS:
            return False
        if self.says is Says.UNKNOWN:
            return self.is_pointed
        # Messages come and go by themselves; a question that is gone was answered.
        return self.is_there or OUTCOMES[self.says] == "again"


class Voice:
    """Listens to one page from the moment it is made, and on `listen` looks what is new on it."""

    def __init__(self, page: Page, shop: Shop, portal: Portal) -> None:
        self._page = page
        self._portal = portal
        # By these the request of the sign-in is known among those that a page makes for other purposes.
        self._signs = {shop.username, quote(shop.username), quote_plus(shop.username)}
        self._old: frozenset[str] = frozenset()
        self._words: dict[str, Word] = {}
        #: True if the page has sent anything, or gone anywhere, since its button was pressed.
        self.has_sent = False
        page.on("request", self._on_request)
        page.on("dialog", self._on_dialog)
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failure)

    async def forget(self) -> None:
        """What stands on the page now was there before its button was pressed."""
        self._old = frozenset(await self._lines()) | frozenset(await self._pointed())
        self._words.clear()
        self.has_sent = False

    async def listen(self) -> None:
        """Looks what is new on the page, and what of it is gone."""
        pointed = await self._pointed()
        now = {text for text in (*pointed, *await self._lines()) if text not in self._old and not is_label(text)}
        for text in now:
            self.hear(text, is_pointed=text in pointed, is_text=True)
        for text, word in self._words.items():
            word.is_there = text in now or not word.is_text

    def hear(self, text: str, *, is_pointed: bool = True, is_text: bool = False, says: Says | None = None) -> None:
        """Takes note of what was said; `says` where more than its words tells the kind."""
        if text.strip() and text not in self._words:
            kind = what_it_says(text, self._portal.login_page.refused_words) if says is None else says
            self._words[text] = Word(text, kind, is_pointed, time.monotonic(), is_text)

    def verdict(self) -> Word | None:
        """What the sign-in ends with, if the page has said enough; None while it may still lead on."""
        words = list(self._words.values())
        clear = _loudest(word for word in words if word.says in (Says.REFUSED, Says.LOCKED))
        return clear or _loudest(word for word in words if word.is_settled)

    def last_word(self) -> Word | None:
        """What the sign-in ends with when its time is up; None if nothing was said."""
        return _loudest(word for word in self._words.values() if word.is_there or OUTCOMES[word.says] == "again")

    def asks(self, says: Says) -> str:
        """What stands there now of this kind; "" for nothing."""
        word = _loudest(word for word in self._words.values() if word.says is says and word.is_there)
        return "" if word is None else word.text

    def start_anew(self) -> None:
        """What was heard has been answered; what still stands there is heard again."""
        self._words.clear()

    # -- where it is said -------------------------------------------------------------------------------------------

    async def _lines(self) -> list[str]:
        return [line for frame in frames_of_page(self._page, self._portal) for line in await lines_of(frame)]

    async def _pointed(self) -> list[str]:
        lines: list[str] = []
        for frame in frames_of_page(self._page, self._portal):
            known = seen_of(frame)
            texts = None if known is None else known.pointed
            try:
                if texts is None:
                    texts = await any_of(frame, self._portal.login_page.refused).all_inner_texts()
            except PlaywrightError:
                continue
            lines += [line for text in texts for line in _split(text)]
        return lines

    def _on_dialog(self, dialog: Dialog) -> None:
        self.hear(" ".join(dialog.message.split()))
        if self._page in _IN_A_PERSONS_HANDS:
            return
        # As a person who has read it: what asks whether to go on is not agreed to unread.
        answer = dialog.accept if dialog.type in ("alert", "beforeunload") else dialog.dismiss
        self._answering = asyncio.ensure_future(_quietly(answer()))

    def _on_request(self, request: Request) -> None:
        self.has_sent = self.has_sent or request.method == "POST" or request.is_navigation_request()

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self._hear_failure(response.request, f"HTTP {response.status}")

    def _on_failure(self, request: Request) -> None:
        failure = request.failure or ""
        # A page that moves on ends its own requests.
        if "ERR_ABORTED" not in failure:
            self._hear_failure(request, f"no answer ({failure})")

    def _hear_failure(self, request: Request, text: str) -> None:
        if not self._portal.allows_login(request.url):
            return
        try:
            is_page = request.is_navigation_request() and request.frame == self._page.main_frame
            sent = request.post_data or ""
        except (PlaywrightError, UnicodeDecodeError):
            return
        if is_page or any(sign in sent for sign in self._signs):
            self.hear(text, says=Says.BUSY)
        elif request.method == "POST":
            self.hear(text, says=Says.UNKNOWN, is_pointed=False)


def _loudest(words: Iterable[Word]) -> Word | None:
    return max(words, key=lambda word: (_WEIGHT.index(word.says), word.is_pointed), default=None)


async def lines_of(frame: Frame) -> list[str]:
    """What a person could read in a frame, line by line."""
    known = seen_of(frame)
    text = None if known is None else known.text
    try:
        if text is None:
            text = await frame.evaluate("() => document.body ? document.body.innerText : ''")
    except PlaywrightError:
        # The page is moving on; the next look sees what came after.
        return []
    return _split(str(text))[:_MOST_LINES]


def _split(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if 2 <= len(line) <= _LONGEST_LINE]


async def _quietly(answer: Awaitable[None]) -> None:
    # The page may have gone, and its dialog with it.
    with contextlib.suppress(PlaywrightError):
        await answer
