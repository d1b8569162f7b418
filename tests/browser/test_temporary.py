"""What a killed run has left among the temporary files goes with the next one; what others have there stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from filelock import FileLock

from shopdata.browser.temporary import BrowserFolder


def left_over(parent: Path, name: str, *, is_old: bool = True, has_lock: bool = True) -> Path:
    folder = parent / name
    (folder / "profile").mkdir(parents=True)
    if has_lock:
        (folder / "held").touch()
    if is_old:
        os.utime(folder, (time.time() - 3600,) * 2)
    return folder


def test_only_what_nobody_holds_any_more_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR" if os.name == "posix" else "TEMP", str(tmp_path))
    killed, held = left_over(tmp_path, "sdkilled00"), left_over(tmp_path, "sdheld0000", has_lock=False)
    others = [
        left_over(tmp_path, "sdyoung000", is_old=False),
        left_over(tmp_path, "sdnolock00", has_lock=False),
        left_over(tmp_path, "somebodys0"),
    ]
    with FileLock(held / "held"):
        os.utime(held, (time.time() - 3600,) * 2)
        folder = BrowserFolder()
        with folder.for_programs():
            assert not killed.exists()
            assert all(path.exists() for path in (held, *others))
            second = BrowserFolder()
            os.utime(folder.path, (time.time() - 3600,) * 2)
            with second.for_programs():
                assert folder.path.exists()
            second.remove()
        folder.remove()
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (held, *others)}
