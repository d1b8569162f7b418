"""Files for those who start the service at boot, out of `boot/`: a systemd unit, a compose file; of one or several."""

from __future__ import annotations

import getpass
import importlib.resources
import re
import shutil
import sys
from pathlib import Path
from textwrap import indent

from shopdata.service.options import ServiceOptions

_BOOT = importlib.resources.files("shopdata.service") / "boot"


def systemd_unit(source: Path, options: ServiceOptions, nodes: int = 1) -> str:
    """A unit for this checkout, this user and this state directory.

    With several nodes it is a template, whose instances have a state directory and a port each.
    """
    scrapy = shutil.which("scrapy", path=str(Path(sys.executable).parent)) or f"{sys.executable} -m scrapy"
    state_dir, unit = options.state_dir.absolute(), _read("shopdata.service")
    named, of_each = unit, ""
    if nodes > 1:
        numbers = "".join(f"shopdata@{number} " for number in range(1, nodes + 1)).rstrip()
        named = unit.replace("shopdata.service", "shopdata@.service").replace("--now shopdata", f"--now {numbers}")
        of_each = "-%i"
    pid_file = options.pid_file.absolute().relative_to(state_dir)
    return named.format(
        # The line of the state directory and that of the file below it are of one instance.
        pid_file=f"{_line(state_dir)}{of_each}/{_line(pid_file)}",
        user=getpass.getuser(),
        source=_line(source),
        state_dir=_word(state_dir) + of_each,
        scrapy=_word(Path(scrapy)),
        port="Environment=SHOPDATA_SERVICE_PORT=680%i\n" if of_each else "",
    )


def _line(path: Path) -> str:
    """For settings that are one path to the end of the line: only % is special, it begins a specifier."""
    return str(path).replace("%", "%%")


def _word(path: Path) -> str:
    """For settings that are lists of words: there a blank ends a word, and a backslash begins an escape."""
    return _line(path).replace("\\", "\\\\").replace(" ", "\\x20")


def compose_file(nodes: int = 1) -> str:
    """As docker compose reads it: the service, a PostgreSQL for its ledger and a store that speaks S3; with several
    nodes, so many services on one PostgreSQL, and the store is one that is there already."""
    if nodes == 1:
        return _filled("compose.yaml", {"image.yaml": _read("image.yaml")})
    numbers = range(1, nodes + 1)
    services = "".join(_read("node.yaml").replace("{number}", str(n)).replace("{place}", str(n - 1)) for n in numbers)
    volumes = "".join(f"  state{number}: {{}}\n" for number in numbers)
    return _filled("cluster.yaml", {"image.yaml": _read("image.yaml"), "nodes": services}) + volumes


def _filled(name: str, parts: dict[str, str]) -> str:
    """A file with other texts in the place of its lines `@NAME`, as far to the right as these are."""
    return re.sub(r"^( *)@(\S+)\n", lambda at: indent(parts[at[2]], at[1]), _read(name), flags=re.MULTILINE)


def _read(name: str) -> str:
    return (_BOOT / name).read_text("utf-8")
