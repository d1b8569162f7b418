"""What `scrapy record` asks, one question after the other; each has an answer for whoever gives none."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from shopdata.actions.printing import say
from shopdata.wording import Texts

_YES = frozenset({"y", "yes", "j", "是", "好", "对", "1"})


class Questions:
    """Asks on the terminal.

    Args:
        takes_defaults: True if nobody is asked, as in a script.
    """

    def __init__(self, t: Texts, *, takes_defaults: bool = False) -> None:
        self.texts, self.takes_defaults = t, takes_defaults
        #: How many were asked.
        self.asked = 0

    def text(self, code: str, default: str, /, **params: Any) -> str:
        """What is typed; nothing, or the end of what can be read, is the default."""
        if self.takes_defaults:
            return default
        self.asked += 1
        say(self.texts, f"record.ask.{code}", number=self.asked, **params)
        try:
            answer = input(self.texts("record.ask.default", default=default or "-")).strip()
        except EOFError:
            # Nobody has ended the line.
            print()
            answer = ""
        return answer or default

    def truth(self, code: str, default: bool, /, **params: Any) -> bool:
        """Yes or no."""
        word = self.texts("record.ask.yes" if default else "record.ask.no")
        return self.text(code, word, **params).casefold() in {*_YES, self.texts("record.ask.yes").casefold()}

    def number(self, code: str, default: int, /, **params: Any) -> int:
        """A whole number from 0 to 999; asked again until it is one."""
        while True:
            answer = self.text(code, str(default), **params)
            if answer.isascii() and answer.isdigit() and len(answer) < 4:
                return int(answer)
            print(self.texts("record.ask.no_number", found=answer), file=sys.stderr)

    def one_of(self, code: str, all_of: Sequence[str], /, **params: Any) -> str:
        """One of several, by its number; the first is the default."""
        listed = "\n".join(f"  {number}. {one}" for number, one in enumerate(all_of, start=1))
        while True:
            answer = self.text(code, "1", listed=listed, **params)
            if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(all_of):
                return all_of[int(answer) - 1]
            print(self.texts("record.ask.no_number", found=answer), file=sys.stderr)

    def some_of(self, code: str, default: Sequence[str], known: Iterable[str], /, **params: Any) -> list[str]:
        """Some of the columns, with commas between; `-` is none."""
        names = set(known)
        while True:
            answer = self.text(code, ", ".join(default), **params)
            chosen = (
                [] if answer == "-" else [one.strip() for one in answer.replace("，", ",").split(",") if one.strip()]
            )
            if not (wrong := [one for one in chosen if one not in names]):
                return chosen
            print(self.texts("record.ask.no_column", found=", ".join(wrong)), file=sys.stderr)
