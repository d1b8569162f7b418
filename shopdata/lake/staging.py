"""Where a file lies in the state directory on its way from the portal to the lake.

::

    incoming/     a download that may not be whole
    raw/          checked and staged, not yet in the object store (the outbox)
    rejected/     what a portal sent instead of a report, kept for inspection
    screenshots/  what a portal asked of a person
    tables/       parsed raw files, so that a later run of the same day need not read them again
    merged/       the workbook and the Parquet file as published

Below each, paths are those of the keys (DESIGN 5.5): made of ids and dates, never of a display name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Staging:
    """Paths and moves; every move is a rename on one file system, durable before it returns."""

    state_dir: Path

    def incoming(self, dataset: str, dt: str, shop_id: str) -> Path:
        """A path to download to."""
        return self._place("incoming", dataset, dt, f"{shop_id}.part")

    def raw(self, raw_key: str) -> Path:
        """The outbox's path for a key."""
        return self._made(self.state_dir / raw_key)

    def table(self, dataset: str, dt: str, shop_id: str, sha256: str) -> Path:
        """The parsed form of exactly these bytes."""
        return self._place("tables", dataset, dt, f"{shop_id}.{sha256[:16]}.arrow")

    def merged(self, dataset: str, dt: str, extension: str) -> Path:
        """The local copy of a published file."""
        return self._place("merged", dataset, f"{dataset}_{dt}.{extension}")

    def screenshot(self, platform: str, shop_id: str) -> Path:
        """What the login page showed when it asked for a person."""
        return self._place("screenshots", f"{platform}_{shop_id}.png")

    def reject(self, path: Path, dataset: str, dt: str, shop_id: str, extension: str) -> Path:
        """Keeps a file that is not what it should be; returns where."""
        kept = self._place("rejected", dataset, dt, f"{shop_id}.{extension or 'bin'}")
        return move(path, kept)

    def drop_old_tables(self, days: float) -> None:
        """Removes parsed tables that nobody has touched for so long."""
        oldest = time.time() - days * 86400
        for path in (self.state_dir / "tables").glob("*/*/*.arrow"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _place(self, *parts: str) -> Path:
        return self._made(self.state_dir.joinpath(*parts))

    @staticmethod
    def _made(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def write_durably(path: Path, content: bytes) -> None:
    """Writes beside, flushes to the disk, then replaces."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def move(source: Path, target: Path) -> Path:
    """Renames a file, over an older one of the same name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError:
        # Another file system: a rename can't cross it.
        shutil.copyfile(source, target)
        source.unlink()
    return target


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
