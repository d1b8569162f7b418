"""The log on a run's page: one zone, its end, and what failed of all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopdata.service.board.log_lines import LogLine, read_log

DAY = "2026-11-24"


def log_of(folder: Path, *lines: str) -> Path:
    path = folder / "run.log"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{DAY} 08:31:02+08:00 WARNING slow", LogLine("warning", "11-24 08:31:02", "slow")),
        (f"{DAY} 00:31:02+00:00 ERROR   no", LogLine("error", "11-24 08:31:02", "no")),
        (f"{DAY} 20:31:02Z INFO    late", LogLine("info", "11-25 04:31:02", "late")),
        (f"{DAY} 02:01:02+0530 INFO    far", LogLine("info", "11-24 04:31:02", "far")),
        (f"{DAY} 08:31:02,123+08:00 DEBUG   fine", LogLine("debug", "11-24 08:31:02", "fine")),
    ],
    ids=["ours", "UTC", "Z, another day", "India", "with milliseconds"],
)
def test_all_times_are_shanghais(tmp_path: Path, line: str, expected: LogLine) -> None:
    log = read_log(log_of(tmp_path, line))
    assert log.lines == (expected,)
    assert log.has_zone


def test_what_an_earlier_version_has_written_is_shown_as_it_stands(tmp_path: Path) -> None:
    log = read_log(log_of(tmp_path, f"{DAY} 08:31:02 [scrapy.core.engine] ERROR: Spider broke", "  File x, line 3"))
    assert log.lines == (LogLine("error", "11-24 08:31:02", "Spider broke"), LogLine("error", "", "  File x, line 3"))
    assert not log.has_zone


def test_odd_lines_are_shown_all_the_same(tmp_path: Path) -> None:
    path = log_of(tmp_path, "printed before anything", f"{DAY} 99:99:99+08:00 ERROR   no time", "")
    path.write_bytes(path.read_bytes() + b"\xff\xfe\x00")
    assert [line.text for line in read_log(path).lines][:2] == [
        "printed before anything",
        f"{DAY} 99:99:99+08:00 ERROR   no time",
    ]


def test_failures_of_all_of_it_and_the_end(tmp_path: Path) -> None:
    first = [f"{DAY} 08:30:00+08:00 ERROR   shop {number}" for number in range(40)]
    first.insert(1, "Traceback (most recent call last):")
    log = read_log(log_of(tmp_path, *first, *[f"{DAY} 08:31:00+08:00 INFO    fine {'x' * 100}"] * 2000))
    assert (len(log.failures), log.more_failures) == (31, 10)
    assert [line.text for line in log.failures[:3]] == ["shop 0", "Traceback (most recent call last):", "shop 1"]
    assert log.is_cut
    assert all(line.text.startswith("fine x") for line in log.lines)
    assert 300 < len(log.lines) < 400


def test_there_is_no_log(tmp_path: Path) -> None:
    assert read_log(None).lines == read_log(tmp_path / "gone.log").lines == ()
