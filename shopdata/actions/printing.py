"""Tables and lines on a terminal: text, not markup, for they quote what portals and files say."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING

from shopdata.wording import Texts

# A command that prints neither does without.
if TYPE_CHECKING:
    from rich.text import Text


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Container[int] = ()) -> None:
    """A table without lines.

    Args:
        right: the numbers of the columns that are aligned to the right, from 0.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    Console().print(table)


def print_line(text: str | Text) -> None:
    """Whole, however long it is."""
    from rich.console import Console
    from rich.text import Text

    Console(soft_wrap=True).print(Text(text) if isinstance(text, str) else text)


def say(t: Texts, key: str, /, **values: object) -> None:
    """A text of the catalogue, at once: whoever reads it through a pipe is waited for as well."""
    print(t(key, **values), flush=True)


def of_other_keys(t: Texts, ids: Iterable[str]) -> str:
    """The sentence about shops whose sessions another key has saved; "" for none."""
    names = t("format.listed").join(ids)
    return names and t("session_list.other_keys", shops=names)
