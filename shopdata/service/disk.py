"""How much room the state directory takes, and how much is left."""

from __future__ import annotations

import shutil
from pathlib import Path

from shopdata.service.control import Disk
from shopdata.service.options import ServiceOptions


def measure(options: ServiceOptions) -> Disk:
    """Walks over the whole state directory."""
    usage = shutil.disk_usage(options.state_dir)
    logs = _bytes_below(options.logs) + _bytes_below(options.log)
    return Disk(state=_bytes_below(options.state_dir), logs=logs, free=usage.free, total=usage.total)


def _bytes_below(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    total = 0
    for file in path.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:
            continue  # removed while we looked
    return total
