"""What a job, project, version or spider may be called, and what a spider may be told: checked before it is queued.

A name becomes a file's name and a word of a command line, on every system that we run on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from shopdata.arguments import check_names
from shopdata.exceptions import ArgumentError
from shopdata.service.options import PROJECT
from shopdata.texts import did_you_mean

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
#: Files of these names are devices on Windows, whatever stands behind a dot.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)
#: What scrapyd's queue calls its own parts.
_RESERVED = frozenset({"name", "priority", "project", "self", "settings", "spider_name"})
#: Linux takes one argument of 128 KiB; 500 shops with the longest ids are 32 kB.
_MOST_VALUE_BYTES = 100_000
_MOST_BYTES = 400_000
_MOST_QUOTED = 60


def checked_name(what: str, text: str) -> str:
    """A name as it was given.

    Args:
        what: which one it is, as the caller calls it.

    Raises:
        ArgumentError: it could not be a file's name everywhere.
    """
    stem = text.partition(".")[0].lower()
    if not _NAME.fullmatch(text) or text.endswith(".") or stem in _DEVICES:
        raise ArgumentError(
            "this name can't be used",
            where=what,
            found=quoted(text),
            expected="1 to 100 ASCII letters, digits, `.`, `_`, `+` or `-`, a letter or digit first",
            todo="Change it; names of Windows devices (`nul`, `com1`) are none either.",
        )
    return text


def quoted(text: str) -> str:
    """A text for a sentence: nothing in it acts on a terminal or a log, and it is short."""
    return ascii(text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…")


def checked_form(given: Mapping[str, Sequence[str]], names: Sequence[str] | None = None) -> dict[str, str]:
    """The fields of a form, each once: what is misspelt, or sent twice, would be passed over without a word.

    Args:
        names: those that there are; None if any may come. Names that begin with `_` are for others.

    Raises:
        ArgumentError: a name is not known, or has several values.
    """
    for name, values in given.items():
        if names is not None and name not in names and not name.startswith("_"):
            raise ArgumentError(
                "this page knows no such name",
                found=quoted(name),
                expected=", ".join(names) or "none",
                todo=did_you_mean(name, names, "Leave it out."),
            )
        if len(values) > 1:
            raise ArgumentError(
                "this was sent more than once",
                where=quoted(name),
                found=str(len(values)),
                expected="one value; several shops or periods with commas between",
                todo="Send it once.",
            )
    return {name: values[0] for name, values in given.items()}


def check_job(project: str, spider: str, job: str, arguments: Mapping[str, str], settings: Mapping[str, str]) -> None:
    """Everything that a job's command line is made of.

    Args:
        arguments: the spider's own, without scrapyd's.

    Raises:
        ArgumentError: the first thing that could not be started, or that our spiders would refuse.
    """
    for what, text in (("project", project), ("spider", spider), ("jobid", job)):
        checked_name(what, text)
    for name, value in settings.items():
        if not _SETTING.fullmatch(name):
            raise ArgumentError(
                "invalid name of a setting", where="setting", found=quoted(name), expected="NAME=VALUE", todo="Fix it."
            )
        _check_value(f"setting={name}", value)
    for name, value in arguments.items():
        if not _SETTING.fullmatch(name) or name.startswith("_") or name in _RESERVED:
            raise ArgumentError(
                "invalid name of a spider's argument",
                where="schedule.json",
                found=quoted(name),
                expected="letters, digits and `_`, the first a letter",
                todo="Change it, or leave it out.",
            )
        _check_value(name, value)
    if project == PROJECT:
        check_names(spider, arguments)
    if sum(len(text.encode()) for text in (*arguments.values(), *settings.values())) > _MOST_BYTES:
        raise ArgumentError(
            "arguments and settings are too long for a command line",
            where="schedule.json",
            expected=f"at most {_MOST_BYTES} bytes in all",
            todo="Ask for it in several runs.",
        )


def _check_value(where: str, value: str) -> None:
    # A NUL ends a word of a command line; half a pair has no bytes.
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ArgumentError(
            "this can't stand on a command line", where=where, found=quoted(value), todo="Leave out the odd letter."
        )
    if len(value.encode()) > _MOST_VALUE_BYTES:
        raise ArgumentError(
            "this is too long for a command line",
            where=where,
            found=f"{len(value.encode())} bytes",
            expected=f"at most {_MOST_VALUE_BYTES}",
            todo="Ask for it in several runs.",
        )
