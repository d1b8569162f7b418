"""Starts a crawl as `scrapyd.runner` does, on Windows' Python 3.12 too.

There, Twisted 26.10 asks `PureWindowsPath` whether a name is one of Windows' own and imports it for 3.11 only: scrapyd
could look at no egg. The Twisted before has not this mistake, but seven security holes that 26.10 has closed.

A crawl finds our package in its egg, and the egg by what is fixed here. So this file imports nothing of ours, and a
copy of it lies where crawls begin. Where Twisted needs no help, nothing of this is used; a test says when that is so
everywhere and this file can go.
"""

from __future__ import annotations

import sys
from pathlib import Path, PureWindowsPath
from types import ModuleType

from twisted.python import filepath

#: What the copy is called: `python -m NAME`.
COPY = "shopdata_runner"


def fix_filepath(module: ModuleType = filepath) -> None:
    """Gives Twisted's module the name that it forgets to import; does nothing where it has it."""
    if not hasattr(module, "PureWindowsPath"):
        module.PureWindowsPath = PureWindowsPath  # type: ignore[attr-defined]


def is_needed() -> bool:
    """True where Twisted, as it is, could look at no egg."""
    is_affected = sys.platform == "win32" and sys.version_info[:2] == (3, 12)
    return is_affected and not hasattr(filepath, "PureWindowsPath")


def prepare(folder: Path) -> str:
    """The module that runs crawls which begin in this folder, put there if it is ours; fixes this process as well."""
    copy = folder / f"{COPY}.py"
    if not is_needed():
        copy.unlink(missing_ok=True)
        return "scrapyd.runner"
    fix_filepath()
    copy.write_bytes(Path(__file__).read_bytes())
    return COPY


if __name__ == "__main__":
    fix_filepath()
    from scrapyd.runner import main

    main()
