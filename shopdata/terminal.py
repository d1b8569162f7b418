"""Output that takes any text, whatever it can show, whoever stops reading it, and however full its disk is."""

from __future__ import annotations

import codecs
import errno
import io
import json
import logging
import os
import sys
import unicodedata
from collections.abc import Iterator
from functools import partial
from typing import Any

#: How the signs that we use are written where an encoding lacks them. The first that it has is taken.
_STAND_INS = {
    "✓": "√+",
    "✗": "×x",
    "●": "*",
    "○": "o",
    "◔": "~",
    "⚿": "!",
    "⊘": "%",
    "·": ".",
    "—": "-",
    "–": "-",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "「": "[",
    "」": "]",
    "→": ">",
    "←": "<",
    "×": "x",
    "√": "+",
    "│": "|",
    "║": "|",
    "┃": "|",
}
_HORIZONTALS = frozenset("─━═╌╍┄┅┈┉╴╶╸╺")

_pipes: list[_Pipe] = []


def fit_streams() -> None:
    """From here on nothing that is printed or logged fails for its encoding, nor because nobody reads it any more."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue  # closed (None), or somebody else's
        # A handler for each: what it is told is "charmap" for dozens of encodings.
        errors = f"shopdata.{stream.encoding}"
        codecs.register_error(errors, partial(_stand_in, stream.encoding))
        stream.reconfigure(errors=errors)
        raw = getattr(stream.buffer, "raw", stream.buffer)
        if type(raw) is io.FileIO and not raw.isatty():
            setattr(sys, name, _on_pipe(stream, is_output=name == "stdout"))


def quiet_logs() -> None:
    """From here on a log whose disk takes no more costs its lines, and no traceback for each of them."""
    if logging.Handler.handleError is not _handle_log_error:
        # Scrapy makes its handlers itself, and anew for each crawler: there is no other place.
        logging.Handler.handleError = _handle_log_error  # type: ignore[assignment, method-assign]


def is_read() -> bool:
    """False once our output gets nowhere: whoever read it has closed it, as `| head` does when it has seen enough, or
    there is no room for it."""
    return not any(pipe.is_closed_there or pipe.trouble for pipe in _pipes)


def output_trouble() -> OSError | None:
    """Why standard output did not take all that was printed until now, for example because its disk is full.

    None if it did, and if nobody reads it any more: that is no trouble.
    """
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    return next((pipe.trouble for pipe in _pipes if pipe.is_output and pipe.trouble), None)


def json_text(value: Any) -> str:
    """JSON that means the same in every encoding: what UTF-8 alone could carry is escaped for the others."""
    is_utf8 = codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name == "utf-8"
    return json.dumps(value, ensure_ascii=not is_utf8, indent=2)


_told_by_logging = logging.Handler.handleError


def _handle_log_error(handler: logging.Handler, record: logging.LogRecord) -> None:
    if not isinstance(sys.exc_info()[1], OSError):
        _told_by_logging(handler, record)


class _Pipe(io.FileIO):
    """A file or pipe that takes what is written also when its reader or its disk does not: the work has its own end."""

    is_output = False
    is_closed_there = False
    #: What the system said first.
    trouble: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # Windows says EINVAL for a pipe that was closed.
            if error.errno == errno.EPIPE or (os.name == "nt" and error.errno == errno.EINVAL):
                self.is_closed_there = True
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.fileno())
                os.close(nowhere)
            else:
                # What comes later may find room: a service's log goes on once somebody has made some.
                self.trouble = self.trouble or error
            return len(memoryview(data).cast("B"))


def _on_pipe(stream: io.TextIOWrapper, *, is_output: bool) -> io.TextIOWrapper:
    stream.flush()
    pipe = _Pipe(stream.fileno(), "w", closefd=False)
    pipe.is_output = is_output
    _pipes.append(pipe)
    return io.TextIOWrapper(
        # Where nothing is to be held back (python -u), nothing is: so does Python itself.
        pipe if stream.write_through else io.BufferedWriter(pipe),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _stand_in(encoding: str, error: UnicodeError) -> tuple[str, int]:
    """An error handler of `codecs`: each sign that the encoding lacks becomes one or two that it has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_sign(sign, encoding) for sign in error.object[error.start : error.end]), error.end


def _sign(sign: str, encoding: str) -> str:
    for candidate in _candidates(sign):
        try:
            candidate.encode(encoding)
        except UnicodeEncodeError:
            continue
        return candidate
    return ""


def _candidates(sign: str) -> Iterator[str]:
    yield from _STAND_INS.get(sign, "")
    if "\u2500" <= sign <= "\u257f":
        yield "-" if sign in _HORIZONTALS else "+"
    if "\u2580" <= sign <= "\u259f":
        yield "#"
    plain = unicodedata.normalize("NFKD", sign)
    yield plain
    yield "".join(part for part in plain if not unicodedata.combining(part))
    if unicodedata.category(sign) not in ("Mn", "Me", "Cf"):
        # As wide as what is missing, so that columns stay columns.
        yield "??" if unicodedata.east_asian_width(sign) in "WF" else "?"
