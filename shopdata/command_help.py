"""What `-h` says below a command's options: what else is given to it, examples, exit codes. It must stay light."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Mapping
from typing import Any

from scrapy.commands import ScrapyHelpFormatter

_WIDEST = 100


class _AsWritten(ScrapyHelpFormatter):
    """Keeps the lines of what stands below a heading."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(f"{indent}{line}".rstrip() for line in _with_names(text).splitlines())


def explain(
    parser: argparse.ArgumentParser,
    *,
    examples: Mapping[str, str],
    exit_codes: Mapping[int, str],
    **sections: Mapping[str, str],
) -> None:
    """Adds to the help of a command.

    Args:
        examples: commands, and what each does; at least two. Here and in sections, `{daily}` stands for a dataset that
            is a spider, too, `{kinds}` for a spider of days, weeks and months, `{weekly}` for its dataset of weeks.
        exit_codes: each that there is, and what it means.
        sections: what else a person types, by its name; a `_` in the heading is a blank.
    """
    parser.formatter_class = _AsWritten
    for heading, words in sections.items():
        parser.add_argument_group(heading.replace("_", " "), _two_columns(words))
    parser.add_argument_group("Examples", "\n".join(f"{command}\n    {what}" for command, what in examples.items()))
    parser.add_argument_group("Exit codes", _two_columns(exit_codes))


def _with_names(text: str) -> str:
    # Only where help is shown: other starts need no platform to be looked for.
    from shopdata.config.platforms import example_names

    for hole, name in example_names().items():
        text = text.replace(f"{{{hole}}}", name)
    return text


def _two_columns(words: Mapping[Any, str]) -> str:
    left = max(len(str(word)) for word in words) + 2
    # As argparse does it, with room for the indentation.
    right = max(20, min(_WIDEST, shutil.get_terminal_size().columns) - left - 4)
    lines = []
    for word, meaning in words.items():
        first, *rest = textwrap.wrap(meaning, right)
        lines += [f"{word!s:<{left}}{first}", *(f"{'':<{left}}{line}" for line in rest)]
    # So that it is told from a text that may be wrapped.
    return "\n".join(lines) + "\n"
