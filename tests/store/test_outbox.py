"""The outbox while another run on this machine is at the same files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopdata.exceptions import LedgerError, StoreError
from shopdata.files import sha256_of
from shopdata.lake.raw_tables import raw_bytes
from shopdata.ledger import CellKey, Ledger, RawFile
from shopdata.store import outbox as outbox_module
from shopdata.store.object_store import ObjectStore
from shopdata.store.outbox import Outbox
from shopdata.store.staging import Staging

KEY = CellKey("jd_store", "2026-03-01", "flagship")
CONTENT = b"as the portal sent it"


class DownStore(ObjectStore):
    """A store that takes nothing, and holds what it is told."""

    def __init__(self, held: bytes = b"") -> None:
        self._held = held

    def ensure_bucket(self) -> None:
        raise StoreError("the store is down", todo="Start it.")

    def get_file(self, key: str, path: Path) -> None:
        path.write_bytes(self._held)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.at(tmp_path) as ledger:
        yield ledger


@pytest.fixture
def raw(ledger: Ledger) -> RawFile:
    raw = RawFile(
        key="raw/jd/jd_store/dt=2026-03-01/flagship.xlsx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
        ext="xlsx",
        rows=1,
        fetched_at=datetime(2026, 3, 2, 0, 30, tzinfo=UTC),
    )
    ledger.add_cells("jd", [KEY])
    ledger.settle(KEY, raw.state, raw=raw)
    return raw


@pytest.fixture
def staging(tmp_path: Path, raw: RawFile) -> Staging:
    staging = Staging(tmp_path)
    staging.raw(raw.key).write_bytes(CONTENT)
    return staging


@pytest.fixture
def other_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is looked at has been sent and removed by another run just before."""

    def look(path: Path) -> str:
        path.unlink()
        return sha256_of(path)

    monkeypatch.setattr(outbox_module, "sha256_of", look)


def test_what_was_sent_is_removed(ledger: Ledger, staging: Staging, raw: RawFile) -> None:
    ledger.mark_in_store(KEY, raw.sha256)
    Outbox(staging, ledger, DownStore()).offer_all()
    assert not staging.raw(raw.key).exists()


@pytest.mark.usefixtures("other_is_faster")
def test_another_run_removes_it_first(ledger: Ledger, staging: Staging, raw: RawFile) -> None:
    ledger.mark_in_store(KEY, raw.sha256)
    Outbox(staging, ledger, DownStore()).offer_all()
    assert not staging.raw(raw.key).exists()


@pytest.mark.usefixtures("other_is_faster")
def test_a_file_that_is_gone_is_not_taken_for_a_damaged_one(
    ledger: Ledger, staging: Staging, raw: RawFile, tmp_path: Path
) -> None:
    Outbox(staging, ledger, DownStore()).offer(KEY, raw)
    cell = ledger.cell(KEY)
    assert cell is not None
    assert cell.raw == raw
    assert not (tmp_path / "rejected").exists()


@pytest.mark.parametrize("kept", [CONTENT, b"damaged", None], ids=["kept", "damaged", "sent"])
def test_raw_bytes_are_those_of_the_ledger(staging: Staging, raw: RawFile, kept: bytes | None) -> None:
    place = staging.raw(raw.key)
    place.unlink() if kept is None else place.write_bytes(kept)
    with raw_bytes(raw, staging, DownStore(CONTENT)) as path:
        place.unlink(missing_ok=True)
        assert path.read_bytes() == CONTENT
        assert path.suffix == ".xlsx"


def test_old_tables_that_another_run_drops_at_the_same_time(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    table = staging.table(KEY.dataset, KEY.dt, KEY.shop, "00" * 32)
    table.write_bytes(b"")
    stat = Path.stat

    def gone(path: Path, **options: bool) -> object:
        if path == table:
            table.unlink(missing_ok=True)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", gone)
    staging.drop_old_tables(0)
    assert not table.exists()


class TestALedgerThatIsAway:
    def test_nothing_is_lost_and_nobody_is_stopped(
        self,
        ledger: Ledger,
        staging: Staging,
        raw: RawFile,
        object_store: ObjectStore,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        outbox, away = Outbox(staging, ledger, object_store), LedgerError("the database is away", todo="Wait.")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ledger, "mark_in_store", raising(away))
            outbox.offer(KEY, raw)
        assert "the database is away" in caplog.text
        assert staging.raw(raw.key).is_file()
        assert object_store.get_bytes(raw.key) == CONTENT

        outbox.offer_all()
        assert [*staging.outbox()] == []
        cell = ledger.cell(KEY)
        assert cell is not None
        assert cell.raw is not None
        assert cell.raw.in_store

    def test_a_damaged_file_is_given_up_when_it_is_back(self, ledger: Ledger, staging: Staging, raw: RawFile) -> None:
        staging.raw(raw.key).write_bytes(b"damaged")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ledger, "forget_unsent", raising(LedgerError("the database is away", todo="Wait.")))
            Outbox(staging, ledger, DownStore()).offer(KEY, raw)
        assert staging.raw(raw.key).is_file()
        Outbox(staging, ledger, DownStore()).offer(KEY, raw)
        assert not staging.raw(raw.key).exists()


def raising(error: Exception) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse
