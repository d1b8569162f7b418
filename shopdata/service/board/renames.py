"""Shops that get another id from here: the command does it, in a process of its own, for as long as it takes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shopdata.service.options import OF_THE_SERVICE

_MOST = 5
_LONGEST = 600


@dataclass(frozen=True)
class Rename:
    """One of them; `code` is the command's exit code, None while it runs, `said` its last line."""

    old: str
    new: str
    code: int | None = None
    said: str = ""


class Renames:
    """The latest, while the service runs. What is cut off is begun again by the same button."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[Rename] = []

    def recent(self) -> Sequence[Rename]:
        """The newest first."""
        with self._lock:
            return list(reversed(self._all))

    def start(self, old: str, new: str, platform: str) -> bool:
        """Begins one; False if that shop gets another id already."""
        with self._lock:
            if any(one.code is None and one.old == old for one in self._all):
                return False
            self._all = [*self._all[-_MOST + 1 :], Rename(old, new)]
        threading.Thread(target=self._run, args=(old, new, platform), daemon=True).start()
        return True

    def _run(self, old: str, new: str, platform: str) -> None:
        done = subprocess.run(  # noqa: S603 - the ids are checked
            [sys.executable, "-m", "scrapy", "shops", "rename", old, new, "--platform", platform],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        said = lines[-1][:_LONGEST] if lines else ""
        with self._lock:
            self._all = [
                replace(one, code=done.returncode, said=said) if (one.old, one.code) == (old, None) else one
                for one in self._all
            ]


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in OF_THE_SERVICE}
    # The service stands in a folder of its own, where the project is not found by itself.
    paths = [str(Path(__file__).parents[3]), *filter(None, [own.get("PYTHONPATH")])]
    project = {"SCRAPY_SETTINGS_MODULE": "shopdata.settings", "PYTHONPATH": os.pathsep.join(paths)}
    return {**own, **project, "PYTHONUTF8": "1"}
