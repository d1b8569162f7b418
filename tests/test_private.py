"""What we write is its owner's alone, and what a person asks for by name is as that person's other files are."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from test_reference import rows_of

from shopdata.private import _OURS, close_to_others

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
REPO = Path(__file__).parents[1]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def old_state(folder: Path) -> Path:
    """A state directory as versions before made it under the usual umask."""
    for name in ("ledger.sqlite3", "traffic.json", "raw/jd/jd_store/dt=2026-03-01/one.xlsx", "merged/x.xlsx"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        path.chmod(0o644)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    return folder


def test_an_old_state_directory_is_closed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = old_state(tmp_path / "state")
    close_to_others(folder)
    assert {mode(path) & 0o077 for path in (folder, *folder.rglob("*"))} == {0}
    assert mode(folder / "ledger.sqlite3") == 0o600
    assert caplog.messages == [f"{folder}: others on this machine could read it; it is its owner's alone now"]
    close_to_others(folder)
    assert len(caplog.messages) == 1


def test_a_folder_in_which_others_live_stays_open(tmp_path: Path) -> None:
    """A state directory that was pointed at a place with other things in it: only what is ours is closed."""
    folder = old_state(tmp_path / "srv")
    other = folder / "somebody-elses.txt"
    other.write_text("x")
    other.chmod(0o644)
    close_to_others(folder)
    assert (mode(folder), mode(other)) == (0o755, 0o644)
    assert {mode(folder / name) for name in ("raw", "merged")} == {0o700}
    assert mode(folder / "ledger.sqlite3") == 0o600


def test_links_lead_nowhere(tmp_path: Path) -> None:
    folder = old_state(tmp_path / "state")
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    outside.chmod(0o755)
    (folder / "merged" / "x.xlsx").unlink()
    (folder / "merged" / "x.xlsx").symlink_to(outside)
    (folder / "tables").symlink_to(outside)
    close_to_others(folder)
    assert mode(outside) == 0o755


def test_all_that_lies_in_a_state_directory_is_known() -> None:
    """What is added to the reference is closed too."""
    assert {row[0] for row in rows_of("State directory")} <= _OURS


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_nothing_to_do(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir(mode=0o755)
    close_to_others(tmp_path / folder)
    assert (tmp_path / "empty").is_dir()


def test_umask_of_a_command_and_of_what_a_person_asks_for(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from shopdata import doorway, private; doorway.enter(); doorway.enter()\n"
        "Path('ours').touch(); Path('folder').mkdir()\n"
        "with private.as_the_user_wants():\n    Path('theirs').touch()\n"
        "Path('ours-again').touch()"
    )
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPO)}, umask=0o027, check=True
    )
    modes = {path.name: mode(path) for path in tmp_path.iterdir()}
    assert modes == {"ours": 0o600, "folder": 0o700, "theirs": 0o640, "ours-again": 0o600}
