"""What a service's folder holds after the project was deployed to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, cast

from shopdata.service.client import Client
from shopdata.service.deploy import deploy
from shopdata.service.options import PROJECT, ServiceOptions

REPO = Path(__file__).parents[2]


class _Shelf:
    """Takes an egg as a service does, and runs nothing of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, page: str, **_: str) -> dict[str, Any]:
        return {"listversions": {"versions": []}, "listjobs": {"running": []}}[page]

    def add_version(self, version: str, egg: bytes) -> list[str]:
        self._folder.mkdir(parents=True)
        (self._folder / f"{version}.egg").write_bytes(egg)
        return ["one"]


def build_project_egg(folder: Path) -> None:
    """Makes the folder. An egg and the note of it are the same on each machine that has these files."""
    options = ServiceOptions(state_dir=folder.parent / f"{folder.name}-state", port=0)
    deploy(cast("Client", _Shelf(options.folder / "eggs" / PROJECT)), options, REPO)
    shutil.move(options.folder, folder)


def lay_project_egg(egg: Path, folder: Path) -> None:
    """Puts it into a service's folder: its start finds what it would deploy."""
    for path in egg.rglob("*"):
        target = folder / path.relative_to(egg)
        if path.is_dir():
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            target.touch(mode=0o600)
            target.write_bytes(path.read_bytes())
