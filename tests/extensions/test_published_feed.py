"""An export that can't be written is told before anything is collected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shopdata.exceptions import ArgumentError
from shopdata.extensions.published_feed import check_targets


def test_files_that_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "old.csv").touch()
    check_targets(["-", "stdout:", "s3://bucket/out.csv", "ftp://host/out.csv", str(tmp_path / "old.csv")])
    check_targets([str(tmp_path / "new" / "deep" / "out.csv"), (tmp_path / "a b.json").as_uri(), "out.csv"])


@pytest.mark.parametrize("name", ["", "file.txt/out.csv"], ids=["a folder", "below a file"])
def test_places_that_are_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(ArgumentError, match="the export can't be written there"):
        check_targets([str(tmp_path / name)])


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="whoever is root may write anywhere")
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ArgumentError, match="may not write to"):
        check_targets([str(tmp_path / "out.csv")])
