"""What a recording holds, whatever pages load besides."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from kept_journals import HOSTS, dialects, journal_of

from shopdata.recording.journal import Call, Entry, read_journal
from shopdata.recording.redaction.proof import SecretFoundError, prove_clean
from shopdata.recording.redaction.stand_ins import StandIns
from shopdata.recording.room import Room
from shopdata.recording.saving import Recording, infer_again

DATASET, MOST = "pdd_kpi_days", 1 << 18


def noise(number: int) -> Call:
    """One megabyte, of which no two are the same."""
    answer = {"json": {"feed": f"marker-{number}-{'x' * (1 << 20)}"}}
    return Call(10**6 + number, 1, 2, "GET", "https://mms.example", ("feed",), answer=answer)


def test_noise_is_neither_held_nor_written(tmp_path: Path) -> None:
    journal, known = journal_of(DATASET), dialects(DATASET)
    hosts = [address.partition("://")[2] for address in HOSTS.values()]
    recordings = [
        Recording(tmp_path / name, [take.day for take in journal.takes], hosts, [], known, room=Room(MOST))
        for name in ("quiet.jsonl", "noisy.jsonl")
    ]
    tracemalloc.start()
    try:
        for take in journal.takes:
            for recording in recordings:
                recording.begin(take.day)
            entries: list[Entry] = [*take.calls, *take.downloads]
            for number, entry in enumerate(entries):
                for recording in recordings:
                    recording.note(entry)
                for more in range(20):
                    recordings[1].note(noise(100 * number + more))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(len(take.calls) for take in recordings[1].journal.takes) > 100
    assert held < 4 * MOST
    quiet, noisy = (recording.save(DATASET) for recording in recordings)
    assert noisy.recipe == quiet.recipe
    assert [line.code for line in noisy.doubts if line not in quiet.doubts] == ["dropped"]
    assert "marker" not in "".join(one.path.read_text("utf-8") for one in recordings)
    again = infer_again(read_journal(recordings[1].path), known, DATASET)
    assert (again.recipe, again.doubts[-1].code) == (noisy.recipe, "dropped")


def test_what_is_small_fits_long_after_what_is_large() -> None:
    room, small = Room(), Call(1, 1, 2, "GET", "", (), answer={"json": {"token": "t" * 9000}})
    fitted = [room.fitted(replace(noise(1), answer={"json": "x" * (1 << 19)})) for _ in range(100)]
    kept = [one.answer or {} for one in fitted if isinstance(one, Call)]
    assert sum(len(json.dumps(one)) for one in kept) <= 8 << 20
    assert kept[-1] == {"opaque": (1 << 19) + 11, "dropped": True}
    assert room.fitted(small) == small


def test_a_take_that_is_forgotten_gives_its_room_back(tmp_path: Path) -> None:
    journal, room = journal_of(DATASET), Room()
    recording = Recording(tmp_path / "j.jsonl", [], [], [], dialects(DATASET), room=room)
    recording.begin(journal.takes[0].day)
    before, left = recording.path.read_bytes(), room.left
    recording.begin(journal.takes[1].day)
    for entry in journal.takes[1].calls:
        recording.note(replace(entry, answer={"json": {"a": "b"}}))
    assert room.left < left
    recording.forget_take()
    assert (recording.path.read_bytes(), room.left, len(recording.journal.takes)) == (before, left, 1)


def test_a_number_is_told_from_what_stands_for_one() -> None:
    """Among thousands of numbers some stand-in is by chance what another number was."""
    by = StandIns(b"key", [date(2026, 3, 1)], datetime(2026, 11, 29, tzinfo=UTC))
    written = json.dumps([by.value(number) for number in range(100_000, 104_000)])
    assert any(str(number) in written for number in range(100_000, 104_000))
    prove_clean([written], by.replaced, given=by.given)
    free = next(text for number in range(100_000, 104_000) if (text := str(number)) not in by.given)
    with pytest.raises(SecretFoundError):
        prove_clean([f"{written[:-1]}, {free}]"], by.replaced, given=by.given)
    with pytest.raises(SecretFoundError):
        prove_clean([written], (), [next(iter(by.given))], by.given)


def test_a_line_of_a_page_is_not_one_of_the_journal(tmp_path: Path) -> None:
    journal = journal_of(DATASET)
    recording = Recording(tmp_path / "j.jsonl", [], [], [], dialects(DATASET))
    recording.begin(journal.takes[0].day)
    recording.note(replace(journal.takes[0].calls[0], answer={"json": {"note": "a\u2028b\x85c\ud800"}}))
    assert len(read_journal(recording.path).takes[0].calls) == 1
