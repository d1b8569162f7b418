"""Mail in alerts.yaml: the server, addresses, and when a workbook is sent."""

from __future__ import annotations

import re
from datetime import time
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, model_validator

from shopdata.config.model import Model

_EXAMPLE = "smtps://USER:PASSWORD@smtp.example.com:465"


def _clock(value: Any) -> Any:
    """`22:00` without quotes is 1320 to YAML, and a number of seconds to pydantic."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    if isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value.zfill(5))
    raise ValueError('write hours and minutes in quotes, for example "22:00"')


def _when(value: Any) -> Any:
    return value if value == "complete" else _clock(value)


ClockTime = Annotated[time, BeforeValidator(_clock)]


class WorkbookMail(Model):
    """When the merged workbook of a period is sent, once: as soon as it is complete, or at a time with what is there.

    Times are those of Shanghai, of the day on which the period is to be there.
    """

    when: Annotated[Literal["complete"] | time, BeforeValidator(_when)] = "complete"
    #: Then it is sent although shops are missing.
    at_latest: ClockTime | None = None
    #: A larger one is not sent: the mail says where it lies. Mail servers add a third to it.
    at_most_mb: Annotated[float, Field(gt=0, le=100)] = 15

    @model_validator(mode="after")
    def _one_time(self) -> WorkbookMail:
        if self.when != "complete" and self.at_latest is not None:
            raise ValueError("when is a time already: leave at_latest out, or write `when: complete`")
        return self


def is_address(address: str) -> bool:
    """True for `name@example.com`, and for `王芳 <name@example.com>`."""
    found = parseaddr(address)[1]
    try:
        # What the mail's own head is made of is stricter.
        Address(addr_spec=found)
    except (ValueError, MessageError, IndexError):
        return False
    return found.isascii() and re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+", found) is not None


def check_address(address: str) -> None:
    """Raises ValueError for what is none."""
    if not is_address(address):
        raise ValueError(f"{address!r} is no address: write name@example.com, or 王芳 <name@example.com>")


def sender_in(url: str) -> str:
    """The user name of a server's address."""
    return unquote(urlsplit(url).username or "")


def check_server(url: str) -> None:
    """Never tells the address: it holds a password. Raises ValueError."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("smtps", "smtp") or not parts.hostname or port == 0 or re.search(r"\s", url):
        raise ValueError(f"url is no mail server: write {_EXAMPLE}, or smtp://… for one that begins without TLS")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("url has something behind the server: write the signs / ? # @ : of a password as %2F %3F …")
    if parts.username and not parts.password:
        raise ValueError(f"url has a user name without a password: write {_EXAMPLE}")
