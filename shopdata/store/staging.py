"""Where a file lies in the state directory on its way from the portal to the lake.

::

    incoming/     a download that may not be whole
    raw/          checked and staged, not yet in the object store (the outbox)
    rejected/     what a portal sent instead of a report, kept for inspection
    doubtful/     files that checks have found doubtful, until another answer comes or somebody lets them through
    screenshots/  what a portal asked of a person
    tables/       parsed raw files, so that a later run of the same day need not read them again
    merged/       the workbook and the Parquet file as published

Below each, paths are those of the keys (docs/reference.md#keys-in-the-bucket): made of ids and dates only.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.files import as_disk_error, move, put_in_place_or_beside
from shopdata.store.keys import raw_key
from shopdata.store.node import node_of

if TYPE_CHECKING:
    from shopdata.ledger import CellKey


@dataclass(frozen=True)
class Staging:
    """Paths and moves; every move is a rename on one file system, durable before it returns."""

    state_dir: Path

    @property
    def node(self) -> str:
        """What this state directory is called in a ledger that several share. Raises DiskError."""
        return node_of(self.state_dir)

    def incoming(self, dataset: str, dt: str, shop_id: str) -> Path:
        """A path to download to."""
        return self._place("incoming", dataset, dt, f"{shop_id}.part")

    def half_way(self) -> Path:
        """A folder for files without a name: what is just coming."""
        return self._place("incoming", "any").parent

    def raw(self, raw_key: str) -> Path:
        """The outbox's path for a key."""
        return self._made(self.state_dir / raw_key)

    def outbox(self) -> Iterator[tuple[CellKey, Path]]:
        """Every file in the outbox, and whose it is."""
        # Here only: processes that read files and move none need no database, which takes half a second to import.
        from shopdata.ledger import CellKey

        for path in sorted((self.state_dir / "raw").glob("*/*/dt=*/*.*")):
            yield CellKey(path.parts[-3], path.parts[-2].removeprefix("dt="), path.stem), path

    def left_over(self, platform: str, dataset: str, dt: str, shop_id: str) -> Path | None:
        """A whole download that a run, killed before the ledger knew of it, has left: in `incoming/` or in the outbox.

        Only for a cell that has no staged file: that one is found as well.
        """
        path = self.incoming(dataset, dt, shop_id)
        if path.is_file():
            return path
        outbox = (self.state_dir / raw_key(platform, dataset, dt, shop_id, "any")).parent
        return max(outbox.glob(f"{shop_id}.*"), key=lambda found: found.stat().st_mtime, default=None)

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
        """Keeps a file that is not what it should be; returns where. Somebody may look at the one before it."""
        kept = self._place("rejected", dataset, dt, f"{shop_id}.{extension or 'bin'}")
        return move(path, kept, put_in_place_or_beside)

    def doubtful(self, dataset: str, dt: str, shop_id: str, extension: str) -> Path:
        """Where a doubtful file is put aside."""
        return self._place("doubtful", dataset, dt, f"{shop_id}.{extension}")

    def drop_old_tables(self, days: float) -> None:
        """Removes parsed tables that nobody has touched for so long."""
        oldest = time.time() - days * 86400
        for path in (self.state_dir / "tables").glob("*/*/*.arrow"):
            # Another run may be at the same.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _place(self, *parts: str) -> Path:
        return self._made(self.state_dir.joinpath(*parts))

    @staticmethod
    def _made(path: Path) -> Path:
        with as_disk_error(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        return path
