"""What a killed run has left of a cell, wherever it lies."""

from __future__ import annotations

import os
from pathlib import Path

from shopdata.store.keys import raw_key
from shopdata.store.staging import Staging

CELL = ("jd_store", "2026-03-01", "one")


def put(path: Path, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a file")
    os.utime(path, (seconds, seconds))
    return path


def test_of_several_the_newest_and_before_all_what_is_still_incoming(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    assert staging.left_over("jd", *CELL) is None
    old, new = (put(tmp_path / raw_key("jd", *CELL, ext), at) for ext, at in (("csv", 1000.0), ("xlsx", 2000.0)))
    assert staging.left_over("jd", *CELL) == new
    assert old.is_file()
    assert staging.left_over("jd", *CELL[:2], "on") is None
    incoming = put(staging.incoming(*CELL), 500.0)
    assert staging.left_over("jd", *CELL) == incoming
