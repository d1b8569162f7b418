"""`-h` of each of our commands: what it does, what it is given, examples that it takes, exit codes."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest
from scrapy.cmdline import ScrapyArgumentParser
from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.utils.project import get_project_settings

from shopdata.arguments import ARGUMENTS

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "shopdata" / "commands").glob("[a-z]*.py"))


def command_of(name: str) -> tuple[ScrapyCommand, argparse.ArgumentParser]:
    """A command and its parser, as `scrapy.cmdline.execute` makes them."""
    command: ScrapyCommand = importlib.import_module(f"shopdata.commands.{name}").Command()
    command.settings = get_project_settings()
    parser = ScrapyArgumentParser(
        formatter_class=ScrapyHelpFormatter,
        usage=f"scrapy {name} {command.syntax()}",
        conflict_handler="resolve",
        description=command.long_desc(),
    )
    command.add_options(parser)
    return command, parser


def section(text: str, heading: str) -> list[str]:
    """The lines below a heading."""
    found = re.search(rf"^{heading}\n=+\n((?:  .*\n?|\n(?=  ))*)", text, re.MULTILINE)
    return found[1].splitlines() if found else []


@pytest.mark.parametrize("name", NAMES)
def test_help(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    command, parser = command_of(name)
    text = parser.format_help()
    assert command.short_desc() in " ".join(text.split())
    assert max(len(line) for line in section(text, "Exit Codes")) <= 80

    examples = [line.strip() for line in section(text, "Examples") if line.startswith("  scrapy ")]
    assert len(examples) >= 2
    for example in examples:
        program, named, *arguments = shlex.split(example)
        assert (program, named) == ("scrapy", name)
        # What no option is known for would be left over.
        _, rest = parser.parse_known_args(arguments)
        assert not [left for left in rest if left.startswith("-")], example

    codes = {int(line.split()[0]) for line in section(text, "Exit Codes") if re.match(r"  \d", line)}
    documented = re.search(
        rf"^\| `scrapy {name}` \| (.*) \| (.*) \| (.*) \|$",
        (ROOT / "docs/reference.md").read_text("utf-8").partition("## Exit codes")[2],
        re.MULTILINE,
    )
    if documented is not None:
        assert codes - {130} == {number for number in range(3) if documented[number + 1] != "-"}
    assert {0, 2} <= codes


def test_every_spider_argument_is_there() -> None:
    lines = section(command_of("crawl")[1].format_help(), "Spider Arguments")
    assert set(re.findall(r"-a (\w+)=", "\n".join(lines))) == set(ARGUMENTS)


@pytest.mark.parametrize("name", ["service", "shops"])
def test_every_verb_is_there(name: str) -> None:
    command, parser = command_of(name)
    verbs = {line.split()[0] for line in section(parser.format_help(), "What To Do") if re.match(r"  \S", line)}
    assert verbs == set(re.findall(r"(?:^|\| ?|\|)([a-z]+)\b", command.syntax().partition("[")[0]))
