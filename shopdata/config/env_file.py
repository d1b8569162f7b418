"""`.env`: one `NAME=value` a line, which means the same to us, to a shell, to systemd and to docker compose.

They agree on plain values and on quoted ones without tricks. What they would read differently is refused by its line:
a password that one of them takes with its quotes goes to a portal, and the account is locked.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import parse_stream

from shopdata.config.env_values import blemish
from shopdata.exceptions import ConfigError, UsageError

_ALIKE = re.compile(
    r"""[ \t]*
    (?:\#(?:.*[^\\])?                                       # a remark; systemd goes on with it after a backslash
    | [A-Za-z_][A-Za-z0-9_]*=
      (?: (?![\#~]) (?: (?<!:)~ | [^\s~'"\\$`;&|<>()] )+      # a ~ here would be a home folder to a shell
        | '[^'\\]*'                                         # a backslash between these is one thing to a shell only
        | "(?: [^"\\$`] | \\[\\"] )*"
      )? [ \t]*
    )?""",
    re.VERBOSE,
)
_QUOTE = "Put the value between single quotes, and remarks on lines of their own."
_WIDE_QUOTES = frozenset("“”‘’＂＇")
#: Why a line is refused, by what it looks like; the first that fits.
_WHY = (
    (r"\s*export\s", "`export` is nothing that systemd knows", "Take it away; `set -a` does the same."),
    (r"\s*#", "this remark ends with a backslash, and systemd goes on with it", "Take the backslash away."),
    (r"\s*[A-Za-z_][A-Za-z0-9_]*\s*＝", "a full-width ＝ stands where = belongs", "Type it in English mode."),
    (r"[^=]*$", "not NAME=value", "Write one, or begin the line with # if it is a remark."),
    (r"\s*[A-Za-z_][A-Za-z0-9_]*\s+=|[^=]*=\s+\S", "blanks stand beside the =", "Take them away."),
    (r"(?!\s*[A-Za-z_][A-Za-z0-9_]*=)", "what stands before the = is no name", "Letters, digits and _ make a name."),
    (r"[^=]*='[^']*$|[^=]*=\"[^\"]*$", "a quote is not closed on this line", "Close it; a value has one line."),
    (r"[^=]*='[^']*'\s*$", "programs differ about backslashes here", 'Write it twice, between double quotes: "\\\\".'),
    (
        r"[^=]*=\"(?:[^\"\\]|\\.)*\"\s*$",
        "between double quotes a shell replaces what begins with $, ` or a backslash",
        _QUOTE,
    ),
    (r"[^=]*=.*\s#", "a remark stands behind the value", "Give it a line of its own."),
    (r"[^=]*=['\"]", "something stands behind the closing quote", _QUOTE),
    (r"", "a shell takes blanks, quotes and $ \\ ` ; & | < > ( ) ~ # in it for something else", _QUOTE),
)


@dataclass
class EnvFile:
    """What a file sets, the last value of each name, and which lines are refused."""

    values: dict[str, str] = field(default_factory=dict)
    problems: list[UsageError] = field(default_factory=list)
    #: What a person should know although nothing is wrong with the lines.
    hints: list[str] = field(default_factory=list)


def read_env_file(path: Path, *, is_windows: bool = os.name == "nt") -> EnvFile:
    """Reads `path`; empty if it is not there. No message holds anything of a line.

    Args:
        is_windows: no shell reads the file there, so its line ends and byte order mark are as its editors write them.
    """
    found = EnvFile()
    try:
        content = path.read_bytes()
        mode = path.stat().st_mode
    except FileNotFoundError:
        return found
    except OSError as error:
        found.hints.append(f"{path.name} can't be read ({error.strerror}): only what is set already counts.")
        return found
    if not is_windows and mode & (stat.S_IRWXG | stat.S_IRWXO):
        found.hints.append(f"{path.name} can be read by others on this machine: `chmod 600 {path.name}`.")
    try:
        text = content.decode("utf-8-sig" if is_windows else "utf-8")
    except UnicodeDecodeError as error:
        where = content[: error.start].count(b"\n") + 1
        problem = UsageError("this is not UTF-8", where=f"{path.name}:{where}", todo="Save the file as UTF-8.")
        found.problems.append(problem)
        return found
    found.problems += _of_whole(path, text, is_windows=is_windows)
    for number, line in enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), 1):
        place = f"{path.name}:{number}"
        if not _ALIKE.fullmatch(line):
            what, todo = next((what, todo) for looks, what, todo in _WHY if re.match(looks, line))
            found.problems.append(UsageError(what, where=place, todo=todo))
            continue
        for binding in parse_stream(io.StringIO(line)):
            if binding.key is not None and binding.value is not None:
                if odd := blemish(binding.value):
                    problem = UsageError(f"the value {odd}", where=place, todo="Write it anew without that.")
                    found.problems.append(problem)
                elif {binding.value[:1], binding.value[-1:]} <= _WIDE_QUOTES and len(binding.value) > 1:
                    what = "full-width quotes stand around the value, and all take them for a part of it"
                    found.problems.append(
                        UsageError(what, where=place, todo="Take them away, or write ' in their place.")
                    )
                found.values[binding.key] = binding.value
    return found


def _of_whole(path: Path, text: str, *, is_windows: bool) -> Iterator[UsageError]:
    if not is_windows and text.startswith("\ufeff"):
        yield UsageError(
            "the file begins with a byte order mark, which a shell takes for a part of the name",
            where=f"{path.name}:1",
            todo="Save it as UTF-8 without one.",
        )
    if not is_windows and "\r\n" in text:
        yield UsageError(
            "lines end as on Windows, and to a shell that is a part of each value",
            where=f"{path.name}:{text[: text.index(chr(13))].count(chr(10)) + 1}",
            todo="Save it with Unix line ends (LF).",
        )


def fill_from(env_file: EnvFile, environ: MutableMapping[str, str]) -> bool:
    """Sets what is not set yet; True if that was anything.

    Raises:
        ConfigError: a line is refused; nothing was set.
    """
    if env_file.problems:
        raise ConfigError(env_file.problems)
    new = {name: value for name, value in env_file.values.items() if name not in environ}
    environ.update(new)
    return bool(new)
