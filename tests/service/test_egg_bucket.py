"""Eggs that one service gets, all have; what was not put into the bucket by one of them, none uses."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from shopdata.config import ObjectStoreSettings
from shopdata.service.egg_bucket import EggBucket
from shopdata.service.shared_eggs import Eggs, SharedEggs
from shopdata.store.keys import EGGS
from shopdata.store.object_store import ObjectStore

pytestmark = pytest.mark.services

KEY = "a key for tests"


class Machine:
    """A service's folder of eggs, as scrapyd sees it."""

    def __init__(self, folder: Path, store: ObjectStore, key: str = KEY) -> None:
        self.store = store
        self.bucket = EggBucket(folder, lambda: self.store, key)
        inside = SimpleNamespace(eggs=Eggs(self.bucket))
        self.storage = SharedEggs(SimpleNamespace(inside=inside, get=lambda *_: str(folder)))
        self.eggs = inside.eggs

    def put(self, version: str, content: bytes = b"an egg") -> None:
        with self.bucket.adding("shopdata", version):
            self.storage.put(io.BytesIO(content), "shopdata", version)

    def get(self, version: str) -> bytes:
        _, file = self.storage.get("shopdata", version)
        with file:
            return file.read()

    @property
    def versions(self) -> list[str]:
        return self.storage.list("shopdata")


@pytest.fixture
def store(store_settings: ObjectStoreSettings) -> Iterator[ObjectStore]:
    """On a bucket that does not exist yet."""
    with ObjectStore(store_settings) as store:
        yield store


@pytest.fixture
def machines(store: ObjectStore, tmp_path: Path) -> list[Machine]:
    return [Machine(tmp_path / name, store) for name in "ab"]


@pytest.fixture
def away(store_settings: ObjectStoreSettings) -> Iterator[ObjectStore]:
    nowhere = replace_settings(store_settings)
    with ObjectStore(nowhere) as store:
        yield store


def replace_settings(settings: ObjectStoreSettings) -> ObjectStoreSettings:
    return settings.model_copy(update={"endpoint": "127.0.0.1:9", "max_tries": 1})


def test_what_one_has_all_have(machines: list[Machine]) -> None:
    here, there = machines
    assert (here.bucket.sync(), here.storage.list_projects()) == (False, [])
    here.put("1")
    here.put("10", b"another")
    assert there.bucket.sync() is False, "nothing was sent yet"
    here.bucket.sync()
    assert there.bucket.sync() is True
    assert (there.versions, there.get("10"), there.storage.list_projects()) == (["1", "10"], b"another", ["shopdata"])
    assert there.bucket.sync() is False, "all is the same"
    # The same version once more, with something else in it.
    there.put("10", b"better")
    there.bucket.sync()
    assert here.bucket.sync() is True
    assert here.get("10") == b"better"
    # What a crawl runs from stays until its end.
    there.storage.delete("shopdata", "10")
    there.bucket.sync()
    assert (here.bucket.sync({"10"}), here.bucket.sync(None), here.versions) == (False, False, ["1", "10"])
    assert (here.bucket.sync(), here.versions) == (True, ["1"])
    here.storage.delete("shopdata")
    here.bucket.sync()
    there.bucket.sync()
    assert (there.storage.list_projects(), here.store.list_keys(EGGS)) == ([], [])


def test_what_does_not_work_is_nobody_elses(machines: list[Machine]) -> None:
    here, there = machines
    here.put("1", b"good")
    here.bucket.sync()
    with contextlib.suppress(ZeroDivisionError), here.bucket.adding("shopdata", "2"):
        here.storage.put(io.BytesIO(b"bad"), "shopdata", "2")
        here.bucket.sync()
        here.storage.delete("shopdata", "2")
        raise ZeroDivisionError
    here.bucket.sync()
    there.bucket.sync()
    assert (here.versions, there.versions) == (["1"], ["1"])


def test_where_the_bucket_is_away_what_is_here_goes_on(
    machines: list[Machine], away: ObjectStore, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = machines
    here.put("1")
    here.bucket.sync()
    there.bucket.sync()
    there.store = away
    there.put("2")
    for _ in range(2):
        assert there.bucket.sync() is False
    told = [message for message in caplog.messages if "not read" in message]
    assert len(told) == 1
    assert told[0].startswith("eggs in the bucket not read; what is here goes on (shopdata 1, shopdata 2): 127.0.0.1:9")
    assert there.bucket.problem()
    assert (there.get("1"), there.eggs.prepare("shopdata", {"_job": "x", "_version": "1"})) == (b"an egg", True)
    # Of a version that others may have, it takes no job; for the moment it looks for no such.
    job = {"_job": "x", "_version": "3"}
    assert there.eggs.may_start("shopdata", job)
    assert not there.eggs.prepare("shopdata", job)
    assert not there.eggs.may_start("shopdata", job)
    there.storage.delete("shopdata", "1")
    there.store = here.store
    there.bucket.sync()
    here.bucket.sync()
    assert (here.versions, there.versions, there.bucket.problem()) == (["2"], ["2"], "")
    assert there.eggs.prepare("shopdata", {"_job": "x", "_version": "2"})
    gone = {"_job": "x", "_version": "1"}
    assert there.eggs.prepare("shopdata", gone)
    assert gone == {"_job": "x"}, "the newest runs"


def test_a_job_fetches_what_it_names(machines: list[Machine], monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = machines
    here.put("1")
    here.bucket.sync()
    with monkeypatch.context() as slow:
        slow.setattr("shopdata.service.shared_eggs._MOST_SECONDS", 0)
        assert not there.eggs.prepare("shopdata", {"_job": "x", "_version": "1"}), "another may have the job by now"
    assert there.eggs.may_start("shopdata", {"_job": "x", "_version": "1"})
    assert there.eggs.prepare("shopdata", {"_job": "x", "_version": "1"})
    assert there.get("1") == b"an egg"


def test_what_nobody_with_the_key_has_put_there_is_not_run(
    machines: list[Machine], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = machines
    Machine(tmp_path / "foreign", here.store, "another key").put("9", b"somebody else's")
    foreign = Machine(tmp_path / "foreign", here.store, "another key")
    foreign.bucket.sync()
    here.put("1")
    here.bucket.sync()
    here.store.put_bytes(f"{EGGS}shopdata/1.egg", b"changed by somebody")
    here.store.put_bytes(f"{EGGS}shopdata/2.egg", b"without a sum")
    for _ in range(2):
        there.bucket.sync()
        here.bucket.sync()
    assert (there.versions, here.versions, here.get("1")) == ([], ["1"], b"an egg")
    refused = [message for message in caplog.messages if "not put there by a machine" in message]
    assert sorted(message.partition(": ")[0].rpartition("/")[2] for message in refused) == ["1.egg", "9.egg", "9.egg"]


def test_an_outage_in_between_is_no_removal(machines: list[Machine]) -> None:
    here, there = machines
    here.put("1")
    here.bucket.sync()
    there.bucket.sync()
    # The folder is lost, with all that it knew: the eggs come again, and none goes.
    for path in sorted(there.bucket._folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    there.bucket.sync()
    assert there.versions == ["1"]
    # Or the eggs alone.
    (there.bucket._folder / "shopdata" / "1.egg").unlink()
    there.bucket.sync()
    assert (there.versions, here.store.stat(f"{EGGS}shopdata/1.egg") is not None) == (["1"], True)
