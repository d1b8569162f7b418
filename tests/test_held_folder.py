"""What is not finished has one maker, and goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopdata.held_folder import AlreadyHeldError, HeldFolder, remove_left


def test_one_process_makes_a_file(tmp_path: Path) -> None:
    target = tmp_path / "pdd_new.jsonl"
    held = HeldFolder(target)
    (held.path / "part").write_text("half")
    with pytest.raises(AlreadyHeldError):
        HeldFolder(target)
    # Others' are left alone, however old they look.
    remove_left(tmp_path)
    assert (held.path / "part").read_text() == "half"
    held.remove()
    assert not held.path.exists()
    HeldFolder(target).remove()


def test_what_a_killed_process_has_left_goes(tmp_path: Path) -> None:
    held = HeldFolder(tmp_path / "pdd_new.jsonl")
    (held.path / "part").write_text("half")
    # As the system does for whoever is killed.
    held._lock.release()
    remove_left(tmp_path)
    assert not held.path.exists()
