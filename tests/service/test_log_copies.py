"""Logs in the bucket: of what runs, each minute; of what has ended, all of it; of any machine, for any machine."""

from __future__ import annotations

import gzip
import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from shopdata.exceptions import StoreError
from shopdata.periods import SHANGHAI
from shopdata.service import log_copies
from shopdata.service.cleaner import clean_copies
from shopdata.service.crawls import Crawl, Crawls
from shopdata.service.log_copies import LogCopies, copies_in, fetch_copy, put_copy
from shopdata.service.options import ServiceOptions
from shopdata.store.keys import log_key
from shopdata.store.object_store import ObjectStore

pytestmark = [pytest.mark.services]

JOB, KEY = "20260301T003000Z-1a2b3c.2", "service/logs/jd_store/20260301T003000Z-1a2b3c.2.log.gz"
DAMAGED = gzip.compress(b"x" * 99)[:10] + b"\xff" * 20
WRITTEN = datetime(2026, 3, 1, 8, 35, tzinfo=SHANGHAI)


def write(path: Path, text: str, at: datetime = WRITTEN) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_another_machine_reads_what_one_has_written(object_store: ObjectStore, tmp_path: Path) -> None:
    there, here = tmp_path / "there.log", tmp_path / "here"
    assert fetch_copy(object_store, here, "jd_store", JOB) is None
    assert log_key("jd_store", JOB) == KEY
    put_copy(object_store, "jd_store", JOB, write(there, "回力: password ***\n"))
    first = object_store.listing(KEY)
    put_copy(object_store, "jd_store", JOB, there)
    assert object_store.listing(KEY) == first, "the same log is not put again"
    found = fetch_copy(object_store, here, "jd_store", JOB)
    assert found is not None
    assert (found.path.read_text("utf-8"), found.as_of) == ("回力: password ***\n", WRITTEN)
    put_copy(object_store, "jd_store", JOB, write(there, "more\n", WRITTEN + timedelta(minutes=1)))
    shown = fetch_copy(object_store, here, "jd_store", JOB)
    assert shown is not None
    assert shown.as_of == WRITTEN, "a page that is looked at asks the store now and then"


def test_what_it_shows_is_not_older_than_it_says(
    object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_copies, "_FRESH_SECONDS", -1)
    there = tmp_path / "there.log"
    for minutes in range(2):
        put_copy(object_store, "jd_store", JOB, write(there, f"{minutes}\n", WRITTEN + timedelta(minutes=minutes)))
        found = fetch_copy(object_store, tmp_path / "here", "jd_store", JOB)
        assert found is not None
        assert found.path.read_text("utf-8") == f"{minutes}\n"
        assert found.as_of == WRITTEN + timedelta(minutes=minutes)


def test_of_a_long_one_that_is_still_written_the_end(object_store: ObjectStore, tmp_path: Path) -> None:
    lines = "".join(f"line {number}\n" for number in range(1000))
    log = write(tmp_path / "a.log", lines)
    put_copy(object_store, "jd_store", JOB, log, most_bytes=100)
    kept = gzip.decompress(object_store.get_bytes(KEY)).decode().splitlines()
    assert kept[0].startswith("[what stands before is on the machine")
    assert kept[-1] == "line 999"
    assert kept[1] in lines.splitlines(), "it begins with a whole line"
    put_copy(object_store, "jd_store", JOB, log)
    assert gzip.decompress(object_store.get_bytes(KEY)).decode() == lines


@pytest.mark.parametrize(
    "found", [b"<html>", gzip.compress(b"x" * 99)[:-9], DAMAGED], ids=["other", "cut off", "damaged"]
)
def test_what_is_no_copy_is_told(object_store: ObjectStore, tmp_path: Path, found: bytes) -> None:
    object_store.put_bytes(KEY, found)
    with pytest.raises(StoreError, match=rf"{KEY}: this is no copy of a log.*Remove the object"):
        fetch_copy(object_store, tmp_path / "here", "jd_store", JOB)
    assert [path for path in (tmp_path / "here").rglob("*") if path.is_file()] == []


def test_when_a_service_copies(object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ServiceOptions(state_dir=tmp_path)
    crawls = Crawls(options.folder)
    copies = LogCopies(options, crawls, lambda: object_store, set)
    log = options.logs / "shopdata" / "jd_store" / f"{JOB}.log"

    def kept() -> str:
        found = object_store.stat(KEY)
        return "" if found is None else gzip.decompress(object_store.get_bytes(KEY)).decode()

    crawls.put(Crawl(job=JOB, project="shopdata", spider="jd_store", started_at=datetime.now(SHANGHAI)))
    write(log, "")
    copies.look({JOB})
    assert kept() == "", "an empty one would be all there is for a minute"
    write(log, "begun\n")
    copies.look(set())
    assert kept() == "", "what was cut off here may be at work on another machine"
    copies.look({JOB})
    assert kept() == "begun\n"
    write(log, "begun\ngoes on\n")
    monkeypatch.setattr(log_copies, "_SECOND_AFTER_SECONDS", 10_000)
    copies.look({JOB})
    assert kept() == "begun\n", "the time is not over"
    monkeypatch.setattr(log_copies, "COPY_EVERY_SECONDS", 0)
    copies.look({JOB})
    assert kept() == "begun\ngoes on\n"
    monkeypatch.setattr(log_copies, "COPY_EVERY_SECONDS", 10_000)
    write(log, "begun\ngoes on\nended\n")
    crawls.end(JOB, 0)
    copies.look(set())
    assert kept().endswith("ended\n")
    # The service ended at once, or the store was away: the next one makes up for it.
    object_store.remove(KEY)
    copies.look(set())
    assert kept() == ""
    LogCopies(options, crawls, lambda: object_store, set).look(set())
    assert kept().endswith("ended\n")


def test_the_first_copies_follow_soon(
    object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run that has just begun has written is little; later a minute more or less says nothing."""
    now = 1000.0
    monkeypatch.setattr(log_copies, "time", SimpleNamespace(monotonic=lambda: now, time=time.time))
    options = ServiceOptions(state_dir=tmp_path)
    crawls = Crawls(options.folder)
    crawls.put(Crawl(job=JOB, project="shopdata", spider="jd_store", started_at=datetime.now(SHANGHAI)))
    copies = LogCopies(options, crawls, lambda: object_store, set)
    copied: list[float] = []
    monkeypatch.setattr(log_copies, "put_copy", lambda *_, **__: copied.append(now - 1000))
    while now < 1300:
        write(options.logs / "shopdata" / "jd_store" / f"{JOB}.log", f"{now}\n", datetime.fromtimestamp(now, SHANGHAI))
        copies.look({JOB})
        now += 1
    assert copied == [0, 5, 15, 35, 75, 135, 195, 255]


def test_only_what_is_named_like_a_copy_is_one(object_store: ObjectStore) -> None:
    for key in (
        KEY,
        "service/logs/x/.hidden.log.gz",
        "service/logs/a/b/c.log.gz",
        "service/logs/x.log.gz",
    ):
        object_store.put_bytes(key, b"")
    assert [(log.spider, log.job, log.path) for log in copies_in(object_store)] == [("jd_store", JOB, None)]


def test_old_copies_go_as_logs_do(object_store: ObjectStore) -> None:
    for number in range(3):
        object_store.put_bytes(log_key("jd_store", f"run-{number}"), b"x" * 100)
        time.sleep(1.1)  # the store's times are whole seconds
    assert clean_copies(object_store) == 0
    assert clean_copies(object_store, keep_bytes=250) == 1
    assert object_store.list_keys("service/") == [log_key("jd_store", f"run-{number}") for number in (1, 2)]
    assert clean_copies(object_store, keep_days=-1) == 2
