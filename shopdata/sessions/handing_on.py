"""A shop is given another id: what is kept of its sign-ins goes along."""

from __future__ import annotations

from pathlib import Path

from shopdata.files import alone, as_disk_error, move

#: Of the moment only.
_LOCKS = frozenset({".lock", ".writing"})


def files_of(folder: Path, platform: str, shop_id: str) -> list[Path]:
    """What lies in the sessions' folder of a shop: session, device and whatever else bears its id."""
    found = folder.glob(f"{platform}_{shop_id}.*")
    return sorted(path for path in found if path.suffix not in _LOCKS and path.name.count(".") == 1)


def hand_on(folder: Path, platform: str, old: str, new: str) -> None:
    """Renames them, over what the new id has; may be done again.

    Raises:
        DiskError: the folder can't be written, or another process does not let go of a file.
    """
    for path in files_of(folder, platform, old):
        target = path.with_name(f"{platform}_{new}{path.suffix}")
        with alone(path.with_suffix(".writing")), alone(target.with_suffix(".writing")), as_disk_error(path):
            if path.is_file():
                move(path, target)


def forget(folder: Path, platform: str, shop_id: str) -> None:
    """Removes them. Raises DiskError."""
    for path in files_of(folder, platform, shop_id):
        with alone(path.with_suffix(".writing")), as_disk_error(path):
            path.unlink(missing_ok=True)
