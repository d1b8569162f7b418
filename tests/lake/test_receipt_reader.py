"""Who trusts only receipts never sees half a day, however often it is published again and however runs end.

The reader is the one that docs/file-life.md describes ("For readers").
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import publishing
import pyarrow.parquet
import pytest
from minio import Minio
from publishing import DATASET, DT, PLATFORM, SHOPS, Order

from shopdata import config
from shopdata.failpoints import FailPoint
from shopdata.ledger import Ledger
from shopdata.store.errors import StoreConflictError
from shopdata.store.keys import receipt_key
from shopdata.store.object_store import ObjectStore
from shopdata.store.upload import StoredObject

pytestmark = [
    pytest.mark.services,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL to tell by the exit code"),
]

VERSIONS = 30
RECEIPT = receipt_key(PLATFORM, DATASET, DT)
#: Between two things that a reader can see.
KILLS = (
    FailPoint.WORKBOOK_PUT_BEFORE,
    FailPoint.WORKBOOK_PUT_AFTER,
    FailPoint.PARQUET_PUT_AFTER,
    FailPoint.RECEIPT_PUT_AFTER,
    FailPoint.PUBLISHED_AFTER,
)


@dataclass
class Reader:
    """Reads the day on and on, and keeps what it took for whole: receipt, workbook, Parquet; each of them once."""

    store: ObjectStore
    taken: list[tuple[dict[str, Any], bytes, bytes]] = field(default_factory=list)
    #: How often the bytes were not those of the receipt, and the receipt was a newer one a moment later, or was not.
    newer: int = 0
    in_between: int = 0
    looks: int = 0

    def read(self) -> None:
        """One look, as the documentation says."""
        self._look()
        self.looks += 1

    def _look(self) -> None:
        told = self.store.get_bytes(RECEIPT)
        while True:
            receipt = json.loads(told)
            parts = [self.store.get_bytes(receipt[part]["key"]) for part in ("workbook", "parquet")]
            sums = [hashlib.sha256(content).hexdigest() for content in parts]
            if sums == [receipt[part]["sha256"] for part in ("workbook", "parquet")]:
                if not self.taken or self.taken[-1][0] != receipt:
                    self.taken.append((receipt, parts[0], parts[1]))
                return
            told, before = self.store.get_bytes(RECEIPT), told
            if told == before:
                self.in_between += 1
                return
            self.newer += 1


class Publisher:
    """Forks processes that publish, beside whoever reads."""

    def __init__(self, folder: Path, settings: config.ObjectStoreSettings) -> None:
        told = settings.model_dump(exclude={"session_token"}) | {"secret_key": settings.secret_key.get_secret_value()}
        self._process = subprocess.Popen(
            [sys.executable, publishing.__file__, Order(str(folder), told, VERSIONS).as_argument()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()

    def publish(self, first: int, failpoint: str = "") -> tuple[int, int]:
        """Publishes all from this version on, or until the point; gives the exit code and the last that is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{first} {failpoint}\n")
        self._process.stdin.flush()
        done = first - 1
        while (line := self._process.stdout.readline().split())[0] != "ended":
            done = int(line[0])
        return int(line[1]), done


def test_a_reader_never_sees_half_a_day(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings, tmp_path: Path
) -> None:
    with Ledger.at(tmp_path) as ledger:
        publishing.publish(1, tmp_path, ledger, object_store)
    reader, is_over = Reader(object_store), threading.Event()

    def read_on() -> None:
        while not is_over.is_set():
            reader.read()
            # Others shall have the processor too.
            time.sleep(0.002)

    def look() -> None:
        """What lies there now is looked at, from the beginning to the end of one look."""
        seen = reader.looks
        while reader.looks < seen + 2:
            assert thread.is_alive()
            time.sleep(0.002)

    thread = threading.Thread(target=read_on)
    thread.start()
    done, each = 1, VERSIONS // (len(KILLS) + 1)
    try:
        with Publisher(tmp_path, store_settings) as publisher:
            for point in KILLS:
                code, done = publisher.publish(done + 1, f"{point}:{each}")
                assert code == -signal.SIGKILL, point
                look()
            assert publisher.publish(done + 1) == (0, VERSIONS)
    finally:
        is_over.set()
        thread.join()
    reader.read()

    versions = []
    for receipt, workbook, parquet in reader.taken:
        rows = [(row["shop"], row["version"]) for row in pyarrow.parquet.read_table(io.BytesIO(parquet)).to_pylist()]
        version = int(rows[0][1])
        assert rows == [(shop, str(version)) for shop in SHOPS for _ in range(version)]
        assert workbook == f"{version}\n".encode() * len(rows)
        assert receipt["rows"] == len(rows)
        assert receipt["run_id"] == f"run-{version}"
        versions.append(version)
    assert versions == sorted(versions), "an older day came back"
    assert versions[-1] == VERSIONS
    # At least what stood still: whole after three of the kills, and twice not to be taken for whole.
    assert len(versions) >= 4
    assert reader.in_between >= 2


def test_of_two_that_publish_at_once_one_is_there_whole(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings, tmp_path: Path
) -> None:
    class Interrupted(ObjectStore):
        """Another one publishes just before this one's Parquet file arrives."""

        def put_file(self, key: str, path: Path, **how: Any) -> StoredObject:
            if key.endswith(".parquet"):
                publishing.publish(7, other, ledger, object_store)
            return super().put_file(key, path, **how)

    other = tmp_path / "other"
    other.mkdir()
    with Ledger.at(tmp_path) as ledger, Interrupted(store_settings) as store:
        publishing.publish(5, tmp_path, ledger, object_store)
        with pytest.raises(StoreConflictError, match="somebody else wrote this object meanwhile"):
            publishing.publish(6, tmp_path, ledger, store)
    reader = Reader(object_store)
    reader.read()
    assert [receipt["run_id"] for receipt, _, _ in reader.taken] == ["run-7"]


def test_what_is_unchanged_is_not_put_again(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings, tmp_path: Path
) -> None:
    client = Minio(
        store_settings.endpoint,
        store_settings.access_key,
        store_settings.secret_key.get_secret_value(),
        secure=store_settings.secure,
    )

    def put_at() -> dict[str, Any]:
        found = client.list_objects(store_settings.bucket, recursive=True)
        return {item.object_name.partition("/")[0]: item.last_modified for item in found}

    with Ledger.at(tmp_path) as ledger:
        publishing.publish(5, tmp_path, ledger, object_store)
        first = put_at()
        # The store tells whole seconds.
        time.sleep(1.1)
        publishing.publish(5, tmp_path, ledger, object_store)
        again = put_at()
        publishing.publish(6, tmp_path, ledger, object_store)
    assert {name for name in first if again[name] == first[name]} == {"merged", "ods"}
    assert {name for name, moment in put_at().items() if moment == first[name]} == set()
