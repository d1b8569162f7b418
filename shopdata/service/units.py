"""Files for those who start the service at boot, out of `boot/`: a systemd unit, a compose file."""

from __future__ import annotations

import getpass
import importlib.resources
import shutil
import sys
from pathlib import Path

from shopdata.service.options import ServiceOptions

_BOOT = importlib.resources.files("shopdata.service") / "boot"


def systemd_unit(source: Path, options: ServiceOptions) -> str:
    """A unit for this checkout, this user and this state directory."""
    scrapy = shutil.which("scrapy", path=str(Path(sys.executable).parent)) or f"{sys.executable} -m scrapy"
    return (
        (_BOOT / "shopdata.service")
        .read_text("utf-8")
        .format(
            pid_file=_line(options.pid_file.absolute()),
            user=getpass.getuser(),
            source=_line(source),
            state_dir=_word(options.state_dir.absolute()),
            scrapy=_word(Path(scrapy)),
        )
    )


def _line(path: Path) -> str:
    """For settings that are one path to the end of the line: only % is special, it begins a specifier."""
    return str(path).replace("%", "%%")


def _word(path: Path) -> str:
    """For settings that are lists of words: there a blank ends a word, and a backslash begins an escape."""
    return _line(path).replace("\\", "\\\\").replace(" ", "\\x20")


def compose_file() -> str:
    """The service, a PostgreSQL for its ledger and a store that speaks S3, as docker compose reads it."""
    return (_BOOT / "compose.yaml").read_text("utf-8")
