"""What every command, the service and its crawls do before anything else."""

from __future__ import annotations

from shopdata import private, terminal
from shopdata.log_times import set_log_times


def enter() -> None:
    """Output takes any text, files are their owner's alone, log lines say the time of the board."""
    terminal.fit_streams()
    private.begin()
    set_log_times()
