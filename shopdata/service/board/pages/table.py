"""Which page answers at which address."""

from __future__ import annotations

from collections.abc import Callable

from shopdata.service.board.answers import Answer
from shopdata.service.board.pages import cell, days, downloads, live, partition, run, runs, schedule, sessions, today
from shopdata.service.board.rendering import RenderedPage

#: Addresses below the board's mount, part by part.
PAGES: tuple[tuple[tuple[str, ...], Callable[..., RenderedPage | Answer]], ...] = (
    ((), today.page),
    (("days",), days.first),
    (("days", "*"), days.page),
    (("cell", "*", "*", "*"), cell.page),
    (("cell", "*", "*", "*", "raw"), downloads.raw),
    (("cell", "*", "*", "*", "rejected"), downloads.rejected),
    (("partition", "*", "*"), partition.page),
    (("partition", "*", "*", "workbook"), downloads.workbook),
    (("partition", "*", "*", "parquet"), downloads.parquet),
    (("partition", "*", "*", "receipt"), downloads.receipt),
    (("runs",), runs.page),
    (("runs", "*"), run.page),
    (("runs", "*", "log"), downloads.log),
    (("sessions",), sessions.page),
    (("sessions", "*", "live"), live.page),
    (("sessions", "*", "screenshot"), downloads.screenshot),
    (("schedule",), schedule.page),
)
