"""What every command, the service and its crawls do before anything else, and what a command does last."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from shopdata import private, terminal
from shopdata.exceptions import UsageError
from shopdata.log_times import set_log_times


def enter() -> None:
    """Output takes any text, files are their owner's alone, log lines say the time of the board; the end is quick."""
    terminal.fit_streams()
    terminal.quiet_logs()
    private.begin()
    set_log_times()
    # Before it ends, Python looks for rubbish in all that was imported, several times: a quarter of a short command.
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def report_lost_output() -> None:
    """At the end of this process: if what it was asked to show could not be written, it says so and ends with 2."""
    atexit.unregister(_leave)
    atexit.register(_leave)


def begin_work() -> None:
    """From here on the exit code tells of the work, whatever becomes of the output.

    Raises:
        UsageError: what was printed until now could not be written.
    """
    # Whoever calls this tells it, and ends with 2.
    atexit.unregister(_leave)
    check_output()


def check_output() -> None:
    """Raises UsageError if what was printed until now could not be written."""
    trouble = terminal.output_trouble()
    if trouble is not None:
        raise UsageError(
            "what was to be shown can't be written",
            where="standard output",
            found=trouble.strerror or type(trouble).__name__,
            todo="Make room there, or let it go somewhere else",
        )


def _leave() -> None:
    try:
        check_output()
    except UsageError as error:
        print(error, file=sys.stderr, flush=True)
        # Nothing else can change the exit code any more.
        os._exit(2)
