"""Counters of all runs: a file that a disk or a person has changed begins anew, and ends no run."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopdata.traffic import Traffic


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"5",
        b'{"jd_store": 5}',
        b'{"jd_store": {"requests": "many"}}',
        b"\xff",
        b"[" * 100_000,
        b'{"a": [1]}',
    ],
    ids=lambda content: repr(content[:40]),
)
def test_odd_insides(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "traffic.json").write_bytes(content)
    traffic = Traffic(tmp_path)
    assert traffic.totals() == {}
    traffic.add("jd_store", {"requests": 2})
    traffic.add("jd_store", {"requests": 3})
    assert Traffic(tmp_path).totals() == {"jd_store": {"requests": 5}}
