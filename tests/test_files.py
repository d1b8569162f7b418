"""Files that another program holds open: Windows replaces none. A folder in its place refuses a rename everywhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shopdata import files
from shopdata.exceptions import ArgumentError, DiskError
from shopdata.files import HeldError, beside_of, move, put_in_place, put_in_place_or_beside, write_durably
from shopdata.long_paths import require_room

Held = Callable[[str], Path]


@pytest.fixture(autouse=True)
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_RETRY_SECONDS", 0.0)


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """Makes something in the folder that nothing can be put in place of."""

    def make(name: str) -> Path:
        path = tmp_path / name
        path.mkdir()
        (path / "inside").touch()
        return path

    return make


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new"
    path.write_text("new")
    return path


def test_in_place(new: Path, tmp_path: Path) -> None:
    old = tmp_path / "report.xlsx"
    old.write_text("old")
    assert put_in_place(new, old) == old
    assert old.read_text() == "new"


def test_what_is_held_is_named_and_stays(new: Path, held: Held) -> None:
    there = held("report.xlsx")
    with pytest.raises(HeldError) as refusal:
        put_in_place(new, there)
    assert refusal.value.filename == str(there)
    assert new.read_text() == "new"
    with pytest.raises(DiskError) as told:
        move(new, there)
    assert str(told.value).startswith(
        f"{there}: another program does not let go of this file, or it is write-protected. Found "
    )
    assert "Close it there (a workbook: in Excel)" in str(told.value)
    with pytest.raises(DiskError, match="another program does not let go of this file"):
        write_durably(there, b"session")
    assert sorted(path.name for path in there.parent.iterdir()) == ["new", "report.xlsx"]


def test_beside_it_while_it_is_held(new: Path, held: Held, tmp_path: Path) -> None:
    there = held("report.xlsx")
    assert put_in_place_or_beside(new, there) == tmp_path / "report.new.xlsx" == beside_of(there)
    new.write_text("newer")
    assert move(new, there, put_in_place_or_beside).read_text() == "newer"
    (there / "inside").unlink()
    there.rmdir()
    new.write_text("newest")
    assert put_in_place_or_beside(new, there) == there
    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"], "what lay beside is gone"


def test_both_are_held(new: Path, held: Held) -> None:
    there = held("report.xlsx")
    held("report.new.xlsx")
    with pytest.raises(HeldError) as refusal:
        put_in_place_or_beside(new, there)
    assert refusal.value.filename == str(there)
    assert new.read_text() == "new"


def test_a_moment_is_waited_for_whoever_looks_at_each_new_file(
    new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virus scanner."""
    there = tmp_path / "report.xlsx"
    there.touch()
    replace, refused = Path.replace, []

    def refuse_twice(path: Path, target: Path) -> Path:
        if len(refused) < 2:
            refused.append(path)
            raise PermissionError(13, "Access is denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse_twice)
    monkeypatch.setattr(files, "_RETRY_SECONDS", 60.0)
    put_in_place(new, there)
    assert (there.read_text(), len(refused)) == ("new", 2)


def test_paths_that_windows_does_not_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("long" * 25) / ("long" * 25) / ("long" * 25)
    monkeypatch.setattr("shopdata.long_paths.are_limited", lambda: False)
    require_room(deep, "SHOPDATA_STATE_DIR")
    monkeypatch.setattr("shopdata.long_paths.are_limited", lambda: True)
    require_room(Path("/short"), "SHOPDATA_STATE_DIR")
    with pytest.raises(ArgumentError, match=r"SHOPDATA_STATE_DIR: .* more than 260 signs\. .*LongPathsEnabled"):
        require_room(deep, "SHOPDATA_STATE_DIR")
    with pytest.raises(DiskError, match=r"this path is too long\. Found [34]\d\d signs, expected at most 259"):
        write_durably(deep / "session", b"")
    with pytest.raises(DiskError, match="the state directory can't be used"):
        write_durably(tmp_path / "not-there" / "session", b"")


def test_a_file_that_windows_lets_nobody_read(tmp_path: Path) -> None:
    refusal = PermissionError(13, "The process cannot access the file", str(tmp_path / "jd_flagship.session"))
    refusal.winerror = 32  # type: ignore[attr-defined]
    with pytest.raises(DiskError) as told, files.as_disk_error(tmp_path / "jd_flagship.session"):
        raise refusal
    assert str(told.value).startswith(
        f"{tmp_path / 'jd_flagship.session'}: another program does not let go of this file"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows says it of files that are held, too")
def test_no_right_to_write_is_no_file_that_is_held(new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DiskError, match="Give this user the right to write there"):
        move(new, tmp_path / "not-there.xlsx")
