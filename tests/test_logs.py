"""A log line is one line that no terminal obeys, whoever was quoted in it; tracebacks keep their lines."""

from __future__ import annotations

import io
import logging

import pytest
from scrapy import Request, Spider
from twisted.python.failure import Failure

from shopdata.exceptions import PortalError
from shopdata.logs import PrivateLogFormatter, QueryFilter


@pytest.fixture
def log() -> io.StringIO:
    """What a handler with the filter has written."""
    return io.StringIO()


@pytest.fixture
def logger(log: io.StringIO) -> logging.Logger:
    handler = logging.StreamHandler(log)
    handler.addFilter(QueryFilter())
    logger = logging.Logger("test")  # noqa: LOG001 - of this test alone
    logger.addHandler(handler)
    return logger


def test_what_a_terminal_obeys_is_taken_out(log: io.StringIO, logger: logging.Logger) -> None:
    logger.warning("shop %s: column %s", "one", "\x1b]0;title\x07库存\u202e\x1b[2J\x9b31m\r")
    assert log.getvalue() == "shop one: column 库存31m \n"


def test_so_it_is_in_tracebacks(log: io.StringIO, logger: logging.Logger) -> None:
    said = "\x1b[31m at https://f.example.com/x?" + "Signature=1"
    try:
        raise ValueError(said)
    except ValueError:
        logger.exception("a mistake")
    assert "\x1b" not in log.getvalue()
    assert "Signature" not in log.getvalue()
    assert log.getvalue().count("\n") > 3
    assert log.getvalue().rstrip().endswith("ValueError:  at https://f.example.com/x?…")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(PortalError("refused", found="HTTP 502"), "refused. Found HTTP 502.", id="ours"),
        pytest.param(ValueError("token=17"), "ValueError", id="unknown"),
    ],
)
def test_why_a_request_failed_is_in_its_line(error: Exception, told: str) -> None:
    request = Request("https://f.example.com/x?Signature=1")
    line = PrivateLogFormatter().download_error(Failure(error), request, Spider("any"))  # type: ignore[no-untyped-call]
    assert str(line["msg"]) % line["args"] == f"GET https://f.example.com/x: {told}"
