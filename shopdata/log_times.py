"""The time in log lines: Asia/Shanghai, as in `status` and on the board, and said in each line."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from shopdata.periods import SHANGHAI


def set_log_times() -> None:
    """LOG_DATEFORMAT names the zone; China has known no summer time since 1991.

    For every formatter of this process: Scrapy makes its own, and offers no place to hand in another."""
    logging.Formatter.converter = staticmethod(_in_shanghai)


def _in_shanghai(seconds: float | None) -> time.struct_time:
    return datetime.fromtimestamp(time.time() if seconds is None else seconds, SHANGHAI).timetuple()
